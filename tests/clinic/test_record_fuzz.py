"""Whatever is sent, it is stored or refused in words; nothing else ever comes out."""

from contextlib import suppress
from datetime import timedelta

import pytest
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic import cast
from clinic.chair import Chair
from reprieve.clinic.actor import Actor
from reprieve.clinic.audit.chain import faults
from reprieve.clinic.errors import NotAllowedError, RefusedError
from reprieve.clinic.ledger import postings
from reprieve.clinic.treatments.forms import FORMS
from reprieve.clinic.treatments.models import SessionEvent, TreatmentSession
from reprieve.clinic.treatments.record import record, state_of

NAMES = sorted({name for form in FORMS.values() for name in form.base_fields})
ODD = [
    "",
    " ",
    "0",
    "-1",
    "1e9",
    "NaN",
    "Infinity",
    "1.23456",
    "70",
    "124",
    "true",
    "go",
    "snooze",
    "2026-11-02T09:05",
    "0001-01-01T00:00+14:00",
    "9999-12-31T23:59-14:00",
    "[]",
    "{}",
    "null",
    '{"sbp": 1.5}',
    '{"a": "b\\u0000"}',
    "\x00",
    "é" * 300,
    "00000000-0000-0000-0000-000000000000",
    "nausea",
    "severe",
    "cadss6",
    "nursing",
    "identity",
    "reviewed",
    "drop table",
]
values = st.one_of(
    st.sampled_from(ODD),
    st.text(max_size=20),
    st.lists(st.sampled_from(ODD), max_size=3),
    st.decimals(allow_nan=True).map(str),
)


def sent(data):
    """As a form sends it: text, one or several of a name."""
    made = QueryDict(mutable=True)
    for name, value in data.items():
        made.setlist(name, value if isinstance(value, list) else [value])
    return made


minutes = st.one_of(st.none(), st.floats(-10_000, 200))


@pytest.mark.parametrize("begun", [False, True])
def test_any_entry_is_stored_or_refused_in_words(session, people, vial, begun):
    chair = Chair(session, people, vial)
    if begun:
        chair.started()
    chair.clock = 60

    @settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(sorted(FORMS)), st.dictionaries(st.sampled_from(NAMES), values), minutes)
    def ask(kind, data, happened):
        at = None if happened is None else cast.NOW + timedelta(minutes=happened)
        by = Actor.as_user(people["prescriber"], chair.now)
        with suppress(RefusedError, NotAllowedError):
            record(by, session.pk, kind, sent(data), at=at)

    ask()
    kept = TreatmentSession.objects.get(pk=session.pk)
    state = state_of(kept)
    assert kept.phase == state.phase
    assert postings.held(session) == state.left_over
    assert list(faults(SessionEvent.objects.all())) == []
