"""The first account of an empty clinic: by a token from the terminal, once."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from clinic import cast
from reprieve.clinic.accounts import first
from reprieve.clinic.accounts.models import Clinic, User
from reprieve.clinic.audit.models import AuditEvent

ASKED = {
    "clinic": "North clinic",
    "time_zone": "Europe/London",
    "printed_name": "Ada Owner",
    "credential": "MD",
    "username": "ada",
    "password": "a phrase that is long",
    "again": "a phrase that is long",
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any, db: None) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path


def test_the_token_opens_a_page_that_makes_clinic_and_owner_and_goes_on_to_the_second_factor() -> (
    None
):
    path = first.setup_path()
    assert path is not None
    client = Client()
    page = client.get(path).content.decode()
    assert "at least 12 characters" in page, "the rules for passwords are shown"
    answer = client.post(path, ASKED)
    assert answer.url == reverse("accounts:second_factor")
    owner = User.objects.get()
    assert (owner.username, owner.roles) == ("ada", ["owner"])
    assert owner.clinic.name == "North clinic"
    assert client.get(answer.url).status_code == 200, "signed in already"
    assert AuditEvent.objects.order_by("seq")[0].verb == "make the clinic and its first owner"


def test_afterwards_the_page_is_gone_and_says_so() -> None:
    path = first.setup_path()
    Client().post(path, ASKED)
    answer = Client().get(path)
    assert answer.status_code == 404
    assert "This clinic is set up" in answer.content.decode()
    assert Client().post(path, {**ASKED, "username": "eve"}).status_code == 404
    assert User.objects.count() == 1
    assert first.setup_path() is None


def test_a_wrong_an_old_and_a_replaced_token_open_nothing(folder: Path, monkeypatch: Any) -> None:
    older = first.setup_path()
    path = first.setup_path()
    assert Client().get(older).status_code == 404
    assert Client().get(reverse("accounts:first", args=["guess"])).status_code == 404
    assert Client().get(path).status_code == 200
    kept = json.loads((folder / "first.json").read_text())
    (folder / "first.json").write_text(json.dumps({**kept, "expires_at": "2020-01-01T00:00+00:00"}))
    answer = Client().post(path, ASKED)
    assert answer.status_code == 404
    assert "prints a new link" in answer.content.decode()
    assert not Clinic.objects.exists()


@pytest.mark.parametrize("text", ["", "{}", "[]", "not json", '{"digest": 1, "expires_at": 2}'])
def test_a_spoilt_file_opens_nothing(folder: Path, text: str) -> None:
    path = first.setup_path()
    (folder / "first.json").write_text(text)
    assert Client().get(path).status_code == 404


def test_the_file_holds_no_token_and_is_for_its_owner_only(folder: Path) -> None:
    token = first.open_set_up()
    assert token is not None
    kept = folder / "first.json"
    assert token not in kept.read_text()
    assert kept.stat().st_mode & 0o077 == 0


def test_where_a_clinic_exists_no_token_is_made() -> None:
    cast.make_clinic()
    assert first.setup_path() is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"password": "short", "again": "short"}, "too short"),
        ({"again": "another phrase"}, "differ"),
        ({"time_zone": "Mars/Base"}, "valid choice"),
        ({"username": "a b"}, "username"),
        ({"clinic": ""}, "required"),
    ],
)
def test_what_cannot_be_used_is_said_beside_its_field(change: dict[str, str], said: str) -> None:
    path = first.setup_path()
    answer = Client().post(path, {**ASKED, **change})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Clinic.objects.exists()


def test_the_sign_in_page_of_an_empty_clinic_says_where_to_begin() -> None:
    assert "no clinic here yet" in Client().get(reverse("account_login")).content.decode()
    cast.make_clinic()
    assert "no clinic here yet" not in Client().get(reverse("account_login")).content.decode()
