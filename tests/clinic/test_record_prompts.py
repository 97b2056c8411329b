"""Answers to prompts as people send them: to one that there is, and quiet within its bounds."""

import pytest

from clinic.chair import CALM, Chair
from reprieve.clinic.treatments.floor import session_view
from reprieve.clinic.treatments.models import SessionEvent, TreatmentSession
from reprieve.clinic.treatments.refusals import EntryRefusedError

FAST = CALM | {"hr": "112"}
HIGH = CALM | {"sbp": "230", "dbp": "120"}
QUICK = "abnormal.hr:high"


@pytest.fixture
def chair(session, people, vial):
    found = Chair(session, people, vial)
    found.started()
    return found


def status(chair, key):
    view = session_view(TreatmentSession.objects.get(pk=chair.session.pk), chair.now)
    return next(p.status for p in view.prompts if p.key == key)


def snooze(chair, minute, key=QUICK, minutes="10", **more):
    chair.does("nurse", "prompt", minute, key=key, action="snooze", minutes=minutes, **more)


@pytest.mark.parametrize("key", ["stop.sbp:high", "nonsense!!", QUICK])
@pytest.mark.parametrize("action", ["snooze", "acknowledge", "resolve", "take"])
def test_what_is_not_there_is_not_answered(chair, key, action):
    with pytest.raises(EntryRefusedError, match="has no prompt"):
        chair.does("nurse", "prompt", 11, key=key, action=action, minutes="10", note="x")
    assert not SessionEvent.objects.filter(kind="prompt").exists()


def test_what_is_over_is_not_made_quiet_for_the_next_time(chair):
    chair.does("nurse", "vitals", 12, **FAST)
    chair.does("nurse", "vitals", 14, **CALM)
    with pytest.raises(EntryRefusedError, match="nothing to be quiet about"):
        snooze(chair, 15)


def test_snoozes_of_one_episode_count_together(chair):
    chair.does("nurse", "vitals", 12, **FAST)
    snooze(chair, 13)
    snooze(chair, 22)
    with pytest.raises(EntryRefusedError, match="allows 20 min in all, so until 09:33"):
        snooze(chair, 31)
    chair.clock = 33
    assert status(chair, QUICK) != "snoozed"
    chair.does("nurse", "vitals", 34, **CALM)
    chair.does("nurse", "vitals", 36, **FAST)
    snooze(chair, 37)


def test_a_critical_prompt_that_was_escalated_is_not_made_quiet(chair):
    chair.does("nurse", "vitals", 12, **HIGH)
    snooze(chair, 13, "critical.sbp:high", "2")
    chair.clock = 21
    assert status(chair, "critical.sbp:high") == "escalated"
    for happened in (21, 13.5):
        with pytest.raises(EntryRefusedError, match="went to the next person"):
            snooze(chair, 21, "critical.sbp:high", "10", happened=happened)
    chair.does("nurse", "prompt", 21, key="critical.sbp:high", action="take")
    assert status(chair, "critical.sbp:high") == "acknowledged"


def test_an_answer_that_waited_on_a_tablet_is_taken_though_the_prompt_is_over(chair):
    chair.does("nurse", "vitals", 12, **FAST)
    chair.does("nurse", "vitals", 16, **CALM)
    snooze(chair, 20, happened=13)
    chair.does("nurse", "prompt", 20, key=QUICK, action="acknowledge", happened=13)
