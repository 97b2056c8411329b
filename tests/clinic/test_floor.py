"""One reading of the floor for every page, in a number of queries that does not grow."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test.utils import CaptureQueriesContext

from clinic import cast
from clinic.chair import CALM, Chair
from reprieve.clinic.treatments.floor import floor_views, session_view
from reprieve.clinic.treatments.models import TreatmentSession


@pytest.fixture
def chair(session, people, vial):
    found = Chair(session, people, vial)
    found.started()
    return found


def seen(chair, minute):
    session = TreatmentSession.objects.get(pk=chair.session.pk)
    return session_view(session, cast.NOW + timedelta(minutes=minute))


def test_a_view_has_everything_that_a_page_asks(chair):
    view = seen(chair, 30)
    assert view.elapsed == timedelta(minutes=20)
    assert view.given_ml == 25
    assert view.given_mg == Decimal("17.5")
    assert view.next_due.key == "vitals@20"
    assert view.worst.key == "overdue:vitals"
    assert view.holds == ()
    assert view.criteria


def test_before_the_dose_a_view_has_holds_and_no_criteria(session, people, vial):
    chair = Chair(session, people, vial)
    chair.arrives()
    view = seen(chair, 4)
    assert view.holds
    assert view.criteria == ()
    assert view.elapsed is None


def test_the_floor_is_read_in_as_many_queries_for_many_chairs_as_for_one(
    chair, clinic, people, protocol, django_assert_num_queries
):
    from django.db import connection

    with CaptureQueriesContext(connection) as one:
        assert len(floor_views(clinic, chair.now)) == 1
    for number in range(2, 7):
        patient = cast.make_patient(clinic, people["nurse"], f"T-{number:03}")
        course = cast.make_course(patient, protocol, people["prescriber"])
        other = Chair(cast.make_session(course), people, chair.vial)
        other.arrives()
        other.does("nurse", "vitals", 4, **CALM)
    with django_assert_num_queries(len(one)):
        assert len(floor_views(clinic, chair.now)) == 6
    assert len(one) <= 3


def test_who_has_left_is_no_longer_on_the_floor(chair, clinic):
    assert len(floor_views(clinic, chair.now)) == 1
    chair.recovered()
    chair.does("nurse", "discharge")
    assert floor_views(clinic, chair.now) == ()
