"""Values that cannot be are refused with what was expected; those that may be are told apart."""

import pytest

from clinic import cast
from clinic.chair import CALM, Chair
from clinic.streams import revised
from reprieve.clinic.patients.models import WeightReading
from reprieve.clinic.treatments.floor import session_view
from reprieve.clinic.treatments.models import SessionEvent, TreatmentSession
from reprieve.clinic.treatments.refusals import EntryRefusedError
from reprieve.evidence.practice import protocol_toml


@pytest.fixture
def chair(session, people, vial):
    found = Chair(session, people, vial)
    found.arrives()
    return found


@pytest.mark.parametrize(("changed", "field", "expected"), [
    ({"sbp": "1400"}, "sbp", "Systolic pressure 1400 mmHg came; expected 40 to 300 mmHg"),
    ({"sbp": "80", "dbp": "120"}, "dbp", "Diastolic 120 is not below systolic 80 mmHg"),
    ({"dbp": "124"}, "dbp", "Diastolic 124 is not below systolic 124"),
    ({"spo2": "140"}, "spo2", "expected 40 to 100 %"),
    ({"moaas": "6"}, "moaas", "expected 0 to 5"),
    ({"moaas": "4.5"}, "moaas", "expected a whole score"),
    ({"temp": "98.6"}, "temp", "expected 30 to 43 °C"),
    ({"hr": "-3"}, "hr", "expected 20 to 250"),
    ({"o2_l_min": "-5"}, "o2_l_min", "expected 0 to 60 L/min"),
    ({"o2_l_min": "5000"}, "o2_l_min", "expected 0 to 60 L/min"),
])  # fmt: skip
def test_an_impossible_reading_is_refused_with_what_was_expected(chair, changed, field, expected):
    before = SessionEvent.objects.count()
    with pytest.raises(EntryRefusedError) as refused:
        chair.does("nurse", "vitals", 4, **(CALM | changed))
    assert expected in " ".join(refused.value.fields[field])
    assert SessionEvent.objects.count() == before


def test_oxygen_is_a_reading_and_no_rating(chair):
    chair.does("nurse", "vitals", 4, o2_l_min="2")
    with pytest.raises(EntryRefusedError, match="is not rated here"):
        chair.does("nurse", "rating", 4, instrument="o2_l_min", value="2")


def test_an_empty_set_is_refused(chair):
    with pytest.raises(EntryRefusedError, match="enter at least one"):
        chair.does("nurse", "vitals", 4, note="asleep")


def test_words_where_a_number_belongs_are_refused(chair):
    with pytest.raises(EntryRefusedError) as refused:
        chair.does("nurse", "vitals", 4, sbp="12o")
    assert "sbp" in refused.value.fields


def test_a_weight_in_pounds_is_refused(chair):
    with pytest.raises(EntryRefusedError, match=r"looks like pounds.*155 lb is 70\.3 kg"):
        chair.does("nurse", "weight", 4, kg="155")


@pytest.mark.parametrize("kg", ["8", "900"])
def test_a_weight_that_nobody_has_is_refused(chair, kg):
    with pytest.raises(EntryRefusedError, match="expected"):
        chair.does("nurse", "weight", 4, kg=kg)


def test_a_real_weight_is_never_capped_and_goes_into_the_patients_history(chair):
    chair.does("nurse", "weight", 4, kg="182.5")
    assert chair.state.weight_kg == WeightReading.objects.order_by("-pk").first().kg


def test_limits_of_entry_come_from_the_protocols_text(patient, clinic, people, vial):
    tall = protocol_toml(revised("iv_racemic", range__sbp_possible_high=190))
    version = cast.make_protocol(clinic, text=tall)
    session = cast.make_session(cast.make_course(patient, version, people["prescriber"]))
    chair = Chair(session, people, vial)
    chair.arrives()
    with pytest.raises(EntryRefusedError, match="expected 40 to 190"):
        chair.does("nurse", "vitals", 4, sbp="195", dbp="80")


def test_abnormal_and_critical_are_not_refused_and_not_alike(chair):
    chair.does("nurse", "vitals", 4, **(CALM | {"hr": "112", "sbp": "190", "spo2": "97"}))
    session = TreatmentSession.objects.get(pk=chair.session.pk)
    row = session_view(session, chair.now).table[-1]
    verdicts = {name: cell.verdict for name, cell in row.cells.items()}
    assert (verdicts["hr"], verdicts["sbp"], verdicts["spo2"]) == ("abnormal", "critical", "usual")


def test_a_side_effect_is_one_of_the_protocols(chair):
    with pytest.raises(EntryRefusedError, match="is not listed"):
        chair.does("nurse", "observation", 4, symptom="boredom", severity="mild")
    with pytest.raises(EntryRefusedError, match="has a severity"):
        chair.does("nurse", "observation", 4, symptom="nausea")
    chair.does("nurse", "observation", 4, symptom="nausea", severity="mild")


def test_a_rating_is_one_that_has_a_range(chair):
    with pytest.raises(EntryRefusedError, match="is not rated here"):
        chair.does("nurse", "rating", 4, instrument="happiness", value="5")
    with pytest.raises(EntryRefusedError, match="expected 0 to 24"):
        chair.does("nurse", "rating", 4, instrument="cadss6", value="25")


def test_one_identifier_is_not_two(session, people, vial):
    with pytest.raises(EntryRefusedError, match="compare two"):
        Chair(session, people, vial).does("nurse", "check_in", 1, identifiers=["name", "name"])
