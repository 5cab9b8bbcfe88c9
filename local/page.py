"""The page `/_local/`, which shows and triggers what happens inside the stack. It has no scripts."""

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
from local.feedback import make_bounce_event, make_complaint_event

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from starlette.requests import Request

    from local.sender import Sender

_TEMPLATE = Template(Path(__file__).with_name("page.html").read_text("utf-8"))
_STYLE = Path(__file__).with_name("style.css").read_text("utf-8")

# The message after a click on a button, by the value of `?done=`.
_NOTES = {
    "one-click": "The answer to the one-click POST was 200: the opt-out is on record.",
    "refused": "The answer to the one-click POST was not 200.",
    "bounce": "The bounce reached the record.",
    "complaint": "The complaint reached the record.",
    "late": "The report was published but has not reached the record yet.",
}


def make_page(sender: Sender) -> Starlette:
    """Returns the application: the page, its three buttons and the mails that were sent."""

    def show(request: Request) -> Response:
        return HTMLResponse(render_local_page(sender, request.query_params.get("done", "")))

    def open_mail(request: Request) -> Response:
        text = mails.format_mail(sender.sent_mails(), request.path_params["id"])
        return PlainTextResponse("No such mail.", 404) if text is None else HTMLResponse(text)

    def one_click(_: Request) -> Response:
        return _redirect_to_page("one-click" if sender.press_one_click() == 200 else "refused")

    def send_bounce(_: Request) -> Response:
        return _redirect_to_page("bounce" if sender.send_feedback(make_bounce_event) else "late")

    def send_complaint(_: Request) -> Response:
        return _redirect_to_page("complaint" if sender.send_feedback(make_complaint_event) else "late")

    return Starlette(
        routes=[
            Route("/", show),
            Route("/mails/{id}", open_mail),
            Route("/one-click", one_click, methods=["POST"]),
            Route("/bounce", send_bounce, methods=["POST"]),
            Route("/complaint", send_complaint, methods=["POST"]),
        ]
    )


def render_local_page(sender: Sender, done: str) -> str:
    """Returns the current page as HTML."""
    mail, check = sender.make_mail(), sender.check()
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
        preferences=_format_preferences(sender.preferences()),
        ledger=_format_ledger(sender.ledger()),
        sent=mails.format_mail_list(sender.sent_mails()),
    )


def _redirect_to_page(done: str) -> Response:
    return RedirectResponse(f"./?done={done}", 303)


def _format_preferences(items: Iterable[Mapping[str, Any]]) -> str:
    rows = [(str(item["id"]), "\n".join(_format_item(item, 0))) for item in items]
    return _format_table(("Recipient", "What is stored"), rows, "Empty: there is no choice on record yet.")


def _format_ledger(items: Iterable[Mapping[str, Any]]) -> str:
    newest = sorted(items, key=lambda item: (item["recorded_at"], item["seq"]), reverse=True)
    rows = [(f"{item['id'][:16]}…", "\n".join(_format_item(item, 0))) for item in newest]
    return _format_table(("Entry", "What it contains"), rows, "Empty: there is no change yet.")


def _format_table(headers: tuple[str, str], rows: list[tuple[str, str]], empty_text: str) -> str:
    if not rows:
        return f'<p class="quiet">{escape(empty_text)}</p>'
    head = "".join(f"<th>{escape(header)}</th>" for header in headers)
    body = "".join(
        f"<tr><td><pre>{escape(left)}</pre></td><td><pre>{escape(right)}</pre></td></tr>"
        for left, right in rows
    )
    return f'<div class="scroll"><table><tr>{head}</tr>{body}</table></div>'


def _format_item(item: Mapping[str, Any], depth: int) -> Iterator[str]:
    """Yields one line per attribute. A map is indented, a set is a list, and bytes are in hex."""
    for name, value in sorted(item.items()):
        label = "    " * depth + f"{name}:"
        if name == "id":
            continue
        if isinstance(value, dict):
            yield label
            yield from _format_item(value, depth + 1)
        elif isinstance(value, set):
            yield f"{label} {', '.join(map(str, sorted(value)))}"
        elif isinstance(value, Binary):
            yield f"{label} {value.value.hex()}"  # type: ignore[attr-defined]  # stubs lack it
        else:
            yield f"{label} {value}"
