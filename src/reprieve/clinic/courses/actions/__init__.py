"""Verbs on courses: start, plan, change, end; chairs and shifts."""

from reprieve.clinic.courses.actions.life import (
    change_dose,
    change_phase,
    finish_course,
    move_to_version,
    pause,
    record_review,
    resume,
    stop_course,
)
from reprieve.clinic.courses.actions.places import (
    add_chair,
    add_shift,
    change_chair,
    remove_shift,
)
from reprieve.clinic.courses.actions.schedule import cancel, miss, plan_sessions, reschedule
from reprieve.clinic.courses.actions.start import start_course

__all__ = [
    "add_chair",
    "add_shift",
    "cancel",
    "change_chair",
    "change_dose",
    "change_phase",
    "finish_course",
    "miss",
    "move_to_version",
    "pause",
    "plan_sessions",
    "record_review",
    "remove_shift",
    "reschedule",
    "resume",
    "start_course",
    "stop_course",
]
