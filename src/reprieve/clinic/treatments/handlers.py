"""For each kind: how an entry is checked and completed, and what else its storing moves."""

from collections.abc import Callable
from typing import Any

from reprieve.clinic.treatments import (
    answering,
    arriving,
    closing,
    correcting,
    giving,
    preparing,
    readings,
)
from reprieve.clinic.treatments.entry import Entry
from reprieve.clinic.treatments.models import SessionEvent

# the entry's data as the record keeps it; kinds that are not here keep what the form took
ENTERED: dict[str, Callable[[Entry], dict[str, Any]]] = {
    "check_in": arriving.entered_check_in,
    "weight": arriving.entered_weight,
    "vitals": readings.entered_vitals,
    "observation": readings.entered_observation,
    "rating": readings.entered_rating,
    "decision": arriving.entered_decision,
    "prepare": preparing.entered_prepare,
    "second_check": preparing.entered_second_check,
    "start": giving.entered_start,
    "device": giving.entered_device,
    "pause": giving.entered_pause,
    "resume": giving.entered_resume,
    "rate": giving.entered_rate,
    "stop": giving.entered_stop,
    "waste": preparing.entered_waste,
    "put_back": preparing.entered_put_back,
    "criterion": closing.entered_criterion,
    "discharge": closing.entered_discharge,
    "sign": closing.entered_signature,
    "countersign": closing.entered_signature,
    "correction": correcting.entered_correction,
    "prompt": answering.entered_prompt,
    "assign": arriving.entered_assign,
}
# what moves with the event, in its transaction
EFFECTS: dict[str, Callable[[Entry, SessionEvent], None]] = {
    "weight": arriving.keep_weight,
    "prepare": preparing.draw,
    "start": preparing.give,
    "device": preparing.give,
    "stop": preparing.give,
    "waste": preparing.waste,
    "put_back": preparing.put_back,
    "correction": correcting.keep_corrected,
    "assign": arriving.keep_nurse,
}
