"""Every address × every role × signed out × another clinic, asked one by one.

What is expected comes from the permission that each view states and from the one table of roles;
nothing about a single page is written here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse

from clinic import cast
from clinic.world import Address, World, addresses
from reprieve.clinic.access import DUTIES, PERMISSIONS, Role, allowed
from reprieve.clinic.accounts.models import User

ALL = addresses()
OURS = [a for a in ALL if a.ours]
PRIVATE = [a for a in OURS if getattr(a.view, "permission", "")]
BACKEND = "django.contrib.auth.backends.ModelBackend"

# allauth's own pages: signing in and out, and one's own factors; they show no patient
LIBRARY = {
    "account_login",
    "account_logout",
    "account_inactive",
    "account_reauthenticate",
    "account_change_password",
}


@pytest.fixture
def world(db: None) -> World:
    with transaction.atomic():
        return World()


@contextmanager
def taken_back() -> Iterator[None]:
    """Whatever a request did is undone, so that each is asked of the same clinic."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def ask(who: Client, method: str, path: str) -> HttpResponseBase:
    with taken_back():
        answer: HttpResponseBase = getattr(who, method)(path)
    return answer


def client_of(user: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user, BACKEND)
    return client


def permission_of(address: Address, arguments: dict[str, Any]) -> str:
    """What the view states; an event's kind has a permission of its own, also to correct it."""
    from reprieve.clinic.treatments.models import SessionEvent
    from reprieve.clinic.treatments.record import PERMISSION

    if "event_id" in arguments:
        return str(PERMISSION[SessionEvent.objects.get(pk=arguments["event_id"]).kind])
    if "kind" in arguments:
        return str(PERMISSION[arguments["kind"]])
    return str(address.view.permission)


def path_of(address: Address, world: World) -> tuple[str, dict[str, Any]]:
    arguments = world.arguments(address.route, address.names)
    return reverse(address.name, kwargs=arguments), arguments


def test_every_view_of_the_project_states_its_permission() -> None:
    for address in OURS:
        stated = getattr(address.view, "permission", None)
        assert stated is not None, f"{address}: no @page and no @public"
        assert stated == "" or stated in PERMISSIONS, address


def test_what_is_not_ours_is_signing_in_and_ones_own_factors() -> None:
    for address in ALL:
        if not address.ours:
            assert address.name in LIBRARY or address.name.startswith("mfa_"), address


def test_every_address_has_a_name() -> None:
    assert [a.route for a in ALL if not a.name] == []


@pytest.mark.parametrize("address", PRIVATE, ids=repr)
def test_each_role_gets_what_the_table_says_and_nobody_an_error(
    address: Address, world: World
) -> None:
    path, arguments = path_of(address, world)
    permission = permission_of(address, arguments)
    wrong = []
    for role in Role:
        client = client_of(world.people[role.value])
        for method in ("get", "post"):
            status = ask(client, method, path).status_code
            may = allowed([role], permission)
            if status == 405:
                continue  # not a method of this page, whoever asks
            if status >= 500 or (status in (403, 404)) is may:
                wrong.append(f"{role.value} {method} {status}, {permission}: {may}")
    assert wrong == []


@pytest.mark.parametrize("address", PRIVATE, ids=repr)
def test_signed_out_every_page_leads_to_signing_in(address: Address, world: World) -> None:
    path, _ = path_of(address, world)
    for method in ("get", "post"):
        answer = ask(Client(), method, path)
        if answer.status_code == 405:
            continue
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("address", [a for a in PRIVATE if a.names], ids=repr)
def test_a_person_of_another_clinic_finds_nothing_here(address: Address, world: World) -> None:
    path, arguments = path_of(address, world)
    if set(arguments) <= {"shipped_name", "protocol_name"}:
        pytest.skip("names what ships with the program, not what a clinic holds")
    elsewhere = cast.make_clinic("Another clinic")
    stranger = User.objects.create_user(
        "stranger", password=None, clinic=elsewhere, printed_name="S", roles=list(Role)
    )
    client = client_of(stranger)
    answers = {method: ask(client, method, path).status_code for method in ("get", "post")}
    # 400: the queue of a cockpit is told in words that there is no such session
    assert set(answers.values()) <= {400, 404, 405}, answers
    assert set(answers.values()) != {405}, answers


@pytest.mark.parametrize(
    "address", [a for a in OURS if not getattr(a.view, "permission", "")], ids=repr
)
def test_a_public_page_answers_anybody_without_an_error(address: Address, world: World) -> None:
    path, _ = path_of(address, world)
    for method in ("get", "post"):
        client = Client(raise_request_exception=False)
        answer = ask(client, method, path)
        assert answer.status_code < 500
        assert world.clinic.patients.get().family_name.encode() not in getattr(
            answer, "content", b""
        )


@pytest.mark.parametrize("address", [a for a in ALL if not a.ours], ids=repr)
def test_pages_of_signing_in_never_break(address: Address, world: World) -> None:
    path, _ = path_of(address, world)
    for client in (Client(raise_request_exception=False), client_of(world.people["nurse"])):
        for method in ("get", "post"):
            assert ask(client, method, path).status_code < 500


def test_every_role_is_explained_and_can_do_something() -> None:
    assert set(DUTIES) == set(Role)
    for role in Role:
        assert any(role in holders for holders in PERMISSIONS.values())


def test_a_misspelt_permission_never_passes() -> None:
    with pytest.raises(KeyError):
        allowed([Role.OWNER], "chart.raed")


@pytest.mark.parametrize("role", list(Role))
def test_home_leads_each_role_to_a_page_that_answers(role: Role, world: World) -> None:
    client = client_of(world.people[role.value])
    answer = client.get(reverse("home"))
    assert answer.status_code == 302
    assert client.get(answer.headers["Location"]).status_code == 200
