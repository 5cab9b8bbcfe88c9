"""`/_local/`: what a newcomer wants to see, as one page without scripts."""

from __future__ import annotations

import json
from email.utils import parseaddr
from html import escape
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import Binary
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from local import mails, sample
from local.feedback import bounce, complaint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from starlette.requests import Request

    from local.sender import Sender

_TEMPLATE = Template(Path(__file__).with_name("page.html").read_text("utf-8"))
_STYLE = Path(__file__).with_name("style.css").read_text("utf-8")

# What a press comes back with, by the name in `?done=`.
_NOTES = {
    "one-click": "The one-click POST was answered with 200: the opt-out is on record.",
    "refused": "The one-click POST was not answered with 200.",
    "bounce": "The bounce reached the record.",
    "complaint": "The complaint reached the record.",
    "late": "The report was published but has not reached the record yet.",
}


def page(sender: Sender) -> Starlette:
    """The page, its three buttons, each of which comes back to it, and the mails that were sent."""

    def show(request: Request) -> Response:
        return HTMLResponse(render(sender, request.query_params.get("done", "")))

    def open_mail(request: Request) -> Response:
        text = mails.opened(sender.sent(), request.path_params["id"])
        return PlainTextResponse("No such mail.", 404) if text is None else HTMLResponse(text)

    def one_click(_: Request) -> Response:
        return _back("one-click" if sender.press_one_click() == 200 else "refused")

    def send_bounce(_: Request) -> Response:
        return _back("bounce" if sender.feedback(bounce) else "late")

    def send_complaint(_: Request) -> Response:
        return _back("complaint" if sender.feedback(complaint) else "late")

    return Starlette(
        routes=[
            Route("/", show),
            Route("/mails/{id}", open_mail),
            Route("/one-click", one_click, methods=["POST"]),
            Route("/bounce", send_bounce, methods=["POST"]),
            Route("/complaint", send_complaint, methods=["POST"]),
        ]
    )


def render(sender: Sender, done: str) -> str:
    """The page as it is now."""
    mail, check = sender.mail(), sender.check()
    name, from_address = parseaddr(sample.SENDER)
    note = _NOTES.get(done)
    return _TEMPLATE.substitute(
        style=_STYLE,
        note=f'<p class="note" role="status">{escape(note)}</p>' if note else "",
        name=escape(name),
        from_address=escape(from_address),
        address=escape(sample.ADDRESS),
        subject=escape(sample.SUBJECT),
        topic=escape(sample.TOPIC),
        unsubscribe_url=escape(mail.unsubscribe_url),
        preferences_url=escape(mail.preferences_url),
        headers="\n".join(f"<b>{escape(name)}:</b> {escape(value)}" for name, value in mail.headers),
        verdict="yes" if check["sendable"] else "no",
        words="Yes." if check["sendable"] else f"No: {escape(check['reason'])}.",
        check=escape(json.dumps(check, indent=2, ensure_ascii=False)),
        preferences=_preferences(sender.preferences()),
        ledger=_ledger(sender.ledger()),
        sent=mails.listed(sender.sent()),
    )


def _back(done: str) -> Response:
    return RedirectResponse(f"./?done={done}", 303)


def _preferences(items: Iterable[Mapping[str, Any]]) -> str:
    rows = [(str(item["id"]), "\n".join(_lines(item, 0))) for item in items]
    return _table(("Recipient", "What is stored"), rows, "Empty: nobody has chosen anything yet.")


def _ledger(items: Iterable[Mapping[str, Any]]) -> str:
    newest = sorted(items, key=lambda item: (item["recorded_at"], item["seq"]), reverse=True)
    rows = [(f"{item['id'][:16]}…", "\n".join(_lines(item, 0))) for item in newest]
    return _table(("Entry", "What it says"), rows, "Empty: nothing has been changed yet.")


def _table(heads: tuple[str, str], rows: list[tuple[str, str]], none: str) -> str:
    if not rows:
        return f'<p class="quiet">{escape(none)}</p>'
    head = "".join(f"<th>{escape(each)}</th>" for each in heads)
    body = "".join(
        f"<tr><td><pre>{escape(left)}</pre></td><td><pre>{escape(right)}</pre></td></tr>"
        for left, right in rows
    )
    return f'<div class="scroll"><table><tr>{head}</tr>{body}</table></div>'


def _lines(stored: Mapping[str, Any], depth: int) -> Iterator[str]:
    """A line an attribute, those of a map below it; sets as lists, bytes in hex."""
    for name, value in sorted(stored.items()):
        head = "    " * depth + f"{name}:"
        if name == "id":
            continue
        if isinstance(value, dict):
            yield head
            yield from _lines(value, depth + 1)
        elif isinstance(value, set):
            yield f"{head} {', '.join(map(str, sorted(value)))}"
        elif isinstance(value, Binary):
            yield f"{head} {value.value.hex()}"  # type: ignore[attr-defined]  # stubs lack it
        else:
            yield f"{head} {value}"
