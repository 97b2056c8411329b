"""Verbs on patients and on what is known of them: plain functions that take who acts first."""

from reprieve.clinic.patients.actions.assessing import (
    answer_screen,
    decide,
    enter_result,
    go_past,
    strike_result,
)
from reprieve.clinic.patients.actions.history import (
    add_allergy,
    add_contact,
    add_diagnosis,
    add_trial,
    change_row,
    end_row,
)
from reprieve.clinic.patients.actions.medicines import change_dose, start_medicine, stop_medicine
from reprieve.clinic.patients.actions.people import change_patient, register, replace_weight, weigh
from reprieve.clinic.patients.actions.rems import set_rems

__all__ = [
    "add_allergy",
    "add_contact",
    "add_diagnosis",
    "add_trial",
    "answer_screen",
    "change_dose",
    "change_patient",
    "change_row",
    "decide",
    "end_row",
    "enter_result",
    "go_past",
    "register",
    "replace_weight",
    "set_rems",
    "start_medicine",
    "stop_medicine",
    "strike_result",
    "weigh",
]
