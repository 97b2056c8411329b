"""A tablet of one person: signs in as people do, keeps its cookies, asks by HTTP.

Written on `http.client`, one connection kept open, because the load that it makes must not cost
more processor time than the server that is measured.
"""

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode

GONE = (OSError, HTTPException)  # no answer: the server is not there, or went away meanwhile
IDLE_S = 10.0  # a server closes a connection that nobody uses; a browser opens another by itself
TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def json(self) -> dict[str, Any]:
        """The body of an answer to a script."""
        found: dict[str, Any] = json.loads(self.body)
        return found


class Tablet:
    """One person's browser without its screen."""

    def __init__(self, port: int, username: str, timeout_s: float = 30.0) -> None:
        self.port, self.username, self.timeout_s = port, username, timeout_s
        self.cookies: dict[str, str] = {}
        self._open: HTTPConnection | None = None
        self._used = 0.0

    def sign_in(self, password: str) -> None:
        """By the sign-in page, with its token.

        Raises
        ------
        RuntimeError
            The page did not let the person in.
        """
        page = self.get("/accounts/login/")
        token = TOKEN.search(page.body)
        assert token is not None, page.body[:400]
        form = {"login": self.username, "password": password}
        answer = self.post("/accounts/login/", form | {"csrfmiddlewaretoken": token[1].decode()})
        if answer.status != 302 or "sessionid" not in self.cookies:
            raise RuntimeError(f"{self.username} could not sign in: status {answer.status}")

    def get(self, path: str, **headers: str) -> Answer:
        """Ask for a page; `headers` with underscores for hyphens."""
        return self._ask("GET", path, None, headers)

    def post(self, path: str, form: Mapping[str, Any], **headers: str) -> Answer:
        """Send a form."""
        given = {k: v for k, v in form.items() if v not in (None, "", {})}
        told = {k: json.dumps(v) if isinstance(v, dict) else v for k, v in given.items()}
        body = urlencode(told, doseq=True)
        headers = {"Content_Type": "application/x-www-form-urlencoded", **headers}
        if "csrftoken" in self.cookies:
            headers["X_CSRFToken"] = self.cookies["csrftoken"]
        return self._ask("POST", path, body, headers)

    def close(self) -> None:
        """Forget the connection: the next request opens another."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def _ask(self, verb: str, path: str, body: str | None, headers: Mapping[str, str]) -> Answer:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        if time.monotonic() - self._used > IDLE_S:
            self.close()
        self._used = time.monotonic()
        if self._open is None:
            self._open = HTTPConnection("127.0.0.1", self.port, timeout=self.timeout_s)
        try:
            self._open.request(verb, path, body, sent)
            response = self._open.getresponse()
            answer = Answer(response.status, response.read(), response.headers)  # type: ignore[arg-type]
        except GONE:
            self.close()
            raise
        for line in response.headers.get_all("Set-Cookie") or ():
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        if response.will_close:
            self.close()
        return answer
