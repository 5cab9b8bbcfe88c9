"""The e-mail choices of a signed-in customer, on a page of your own (docs/recipes/account-page.md).

It is a WSGI application that needs only the standard library. Your own code signs people in: it gives the
session of a request, with the verified address of the customer and a secret for the form.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from http.client import HTTPException
from typing import Any
from urllib.parse import parse_qs
from urllib.request import HTTPRedirectHandler, Request, build_opener

Session = dict[str, Any]
"""What your application knows of a signed-in customer: `address`, `form_secret`, and what this page adds."""
MAX_FORM = 20_000  # bytes
WORDING = "Send me {topic} by e-mail"
HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    # No other website may show this page in a frame, and so have somebody press Save without knowing it.
    "Content-Security-Policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'",
}
NOTES = {
    "complained": "You reported an e-mail as spam. Write to us if you want this again.",
    "paused": "Paused until {until}.",
    "undeliverable": "Our e-mails to your address came back.",
    "hold": "We cannot change this now. Write to us.",
    "minor": "We cannot change this now. Write to us.",
}


class HeedUnavailable(Exception):
    """Heed did not answer, or refused the request. Whether it saved anything is not known."""


class NoRedirect(HTTPRedirectHandler):
    """Takes a redirect for a failure. Another server must not get the key."""

    def redirect_request(self, *_: object) -> None:
        """Returns no request."""


OPENER = build_opener(NoRedirect)


@dataclass(frozen=True)
class HeedApi:
    """The routes that the page needs.

    Attributes:
        url: The URL of the deployment.
        key: An API key with the scopes `check` and `write`.
        patience: How many seconds an answer may take.
    """

    url: str
    key: str
    patience: float = 10

    def topics(self) -> dict[str, str]:
        """Returns the titles of the topics that a person may choose, by name."""
        topics = self._call("GET", "/v1/topics")["topics"]
        return {
            topic["name"]: topic["names"]["en"]
            for topic in topics
            if topic["kind"] == "marketing" and not topic["retired"]
        }

    def check(self, address: str, topic: str) -> dict[str, Any]:
        """Returns whether a topic may be sent to a person, and why not."""
        (result,) = self._call("POST", "/v1/check", {"topic": topic, "addresses": [address]})["results"]
        return dict(result)

    def save(self, changes: list[dict[str, str]]) -> None:
        """Records choices. All of them are stored when it returns."""
        self._call("POST", "/v1/changes", {"changes": changes})

    def _call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        request = Request(self.url + path, data, headers, method=method)  # noqa: S310 - your API
        try:
            with OPENER.open(request, timeout=self.patience) as answer:
                return dict(json.load(answer))
        except (OSError, HTTPException, ValueError) as error:  # OSError: also every status but 2xx
            raise HeedUnavailable from error


@dataclass(frozen=True)
class AccountPage:
    """The page.

    Attributes:
        heed: The API.
        session_of: Returns the session of a request, or None if nobody is signed in.
    """

    heed: HeedApi
    session_of: Callable[[dict[str, Any]], Session | None]

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
        """Answers a request."""
        status, headers, text = self._answer(environ)
        headers = {**HEADERS, **headers}
        start_response(status, list(headers.items()))
        return [text.encode()]

    def _answer(self, environ: dict[str, Any]) -> tuple[str, dict[str, str], str]:
        session = self.session_of(environ)
        if session is None:
            return "303 See Other", {"Location": "/sign-in"}, ""
        try:
            if environ["REQUEST_METHOD"] == "POST":
                return self._save(session, environ)
            return "200 OK", {}, self._show(session)
        except HeedUnavailable:
            return "503 Service Unavailable", {"Retry-After": "60"}, _page(UNAVAILABLE)

    def _show(self, session: Session) -> str:
        titles, saved = self.heed.topics(), session.pop("saved", {})
        results = {name: self.heed.check(session["address"], name) for name in titles}
        notice = ""
        if saved:  # what Heed answers now decides, and not that it was sent
            counts = all(
                name in results and results[name]["sendable"] == state for name, state in saved.items()
            )
            notice = SAVED if counts else WITHOUT_EFFECT
        rows = "".join(_row(name, titles[name], result) for name, result in results.items())
        token = f"<input type=hidden name=token value='{escape(session['form_secret'], quote=True)}'>"
        return _page(f"{notice}<form method=post>{token}{rows}<button>Save</button></form>")

    def _save(self, session: Session, environ: dict[str, Any]) -> tuple[str, dict[str, str], str]:
        form = _read_form(environ)
        if not hmac.compare_digest(form.get("token", "").encode(), session["form_secret"].encode()):
            return "403 Forbidden", {}, _page(STALE)
        shown = {name.removeprefix("was."): was for name, was in form.items() if name.startswith("was.")}
        titles = self.heed.topics()
        if not shown or not titles.keys() >= shown.keys():
            return "422 Unprocessable Content", {}, _page(STALE)
        wanted = {name: "in" if form.get(f"topic.{name}") == "in" else "out" for name in shown}
        changed = {name: state for name, state in wanted.items() if state != shown[name]}
        if changed:
            self.heed.save([_change(session, name, state, titles[name]) for name, state in changed.items()])
        session["saved"] = {name: state == "in" for name, state in changed.items()}
        return "303 See Other", {"Location": "?"}, ""  # this page, under whatever path it was requested


def evidence(title: str) -> str:
    """Returns what proves a choice: the words beside the box. Keep each version of this file."""
    wording = WORDING.format(topic=title)
    version = hashlib.sha256(wording.encode()).hexdigest()[:12]
    return f"account page, wording {version}: {wording}"[:200]


def _change(session: Session, topic: str, state: str, title: str) -> dict[str, str]:
    change = {"address": session["address"], "scope": topic, "state": state}  # never an address of the form
    if state == "in":  # a stop counts from its arrival, whatever the clock of this machine says
        change["occurred_at"] = datetime.now(UTC).isoformat(timespec="milliseconds")
    return {**change, "source": "api", "reference": evidence(title)}


def _read_form(environ: dict[str, Any]) -> dict[str, str]:
    length = environ.get("CONTENT_LENGTH") or ""
    is_form = length.isascii() and length.isdecimal() and len(length) <= len(str(MAX_FORM))
    body = environ["wsgi.input"].read(int(length)) if is_form and int(length) <= MAX_FORM else b""
    fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
    return {name: values[0] for name, values in fields.items() if len(values) == 1}


def _row(name: str, title: str, result: dict[str, Any]) -> str:
    state, field = ("in" if result["sendable"] else "out"), escape(name, quote=True)
    note = NOTES.get(result["reason"], "").format(until=(result["until"] or "")[:10])
    return (
        f"<p><label><input type=checkbox name='topic.{field}' value=in{' checked' * result['sendable']}> "
        f"{escape(WORDING.format(topic=title))}</label> {escape(note)}"
        f"<input type=hidden name='was.{field}' value={state}></p>"
    )


def _page(content: str) -> str:
    return f"<!doctype html><html lang=en><title>Your e-mail</title><h1>Your e-mail</h1>{content}</html>"


SAVED = "<p role=status>Your choices are saved.</p>"
WITHOUT_EFFECT = "<p role=alert>Not all of your choices have an effect. This is what counts now:</p>"
STALE = "<p role=alert>This form is out of date. Nothing was saved. <a href=''>Show it again</a></p>"
UNAVAILABLE = (
    "<p role=alert>We cannot reach the system that keeps your choices. If you pressed Save, it may not be "
    "saved: please look again in a minute. The unsubscribe link of each e-mail works meanwhile.</p>"
)
