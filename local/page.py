"""The page `/_local/`, which shows and triggers what happens inside the stack. It has no scripts."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio.to_thread
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from local import sample
from local.adapt import MAIL_DOMAIN
from local.api_page.contract import Contract
from local.api_page.render import POLICY, Home, render_page
from local.feedback import make_bounce_event, make_complaint_event
from local.inbound_mail import CHECKS, CHILD, SAMPLES, VERDICTS
from local.listing import ROWS, ListSource, take_page
from local.mail_form import MailRefused, parse_mail_form
from local.mails import find_one_click_url, get_part
from local.person import CASES, REASONS, describe_change, describe_record, last_change, parse_person

if TYPE_CHECKING:
    from starlette.requests import Request

    from heed.domain.preferences.catalogue import Catalogue
    from local.listing import Item, Listing
    from local.stack_client import LocalStackClient

_HERE = Path(__file__).parent
_HEADERS = {
    # Mails have styles in attributes, and the frame of a mail inherits this policy.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
_API_POLICY = f"{POLICY}; frame-ancestors 'none'"
# The message after a click on a button, by the value of `?done=`.
_NOTES = {
    "one-click": "The answer to the one-click POST was 200: the opt-out is on record.",
    "refused": "The answer to the one-click POST was not 200.",
    "bounce": "The bounce reached the record.",
    "complaint": "The complaint reached the record.",
    "late": "The report was published but has not reached the record yet.",
    "handled": "The mailbox handled the mail. Below are the changes that it caused, and the cases.",
    "waits": "The mail was delivered, but the mailbox has not handled it yet.",
    "no-mail": "This is not a mail: it has no header field, such as From.",
    "elsewhere": f"SES would not receive this mail: its recipient has no address of {MAIL_DOMAIN}.",
}


class _Views:
    """What the page shows.

    Args:
        client: Calls the stack.
        catalogue: The topics of the sample brand.
    """

    def __init__(self, client: LocalStackClient, catalogue: Catalogue) -> None:
        self._client = client
        self._catalogue = catalogue
        self._templates = Environment(
            loader=FileSystemLoader(_HERE / "pages"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._sources = {
            "mails": ListSource(client.sent_mails, lambda mail: mail["at"], lambda _: ""),
            "changes": ListSource(
                client.entries, lambda entry: (entry["recorded_at"], entry["seq"]), self._describe_entry
            ),
            "records": ListSource(
                client.records,
                last_change,
                lambda record: " ".join(text for _, text in self._facts(record)),
            ),
            "cases": ListSource(
                client.cases, lambda case: case["received_at"], lambda case: CASES[case["kind"]]
            ),
        }
        self._templates.filters["moment"] = _format_moment
        self._templates.globals |= {
            "style": Markup((_HERE / "style.css").read_text("utf-8")),  # noqa: S704 - a file of this folder
            "describe": describe_change,
            "get_part": get_part,
            "reasons": REASONS,
            "cases": CASES,
            "checks": CHECKS,
            "verdicts": VERDICTS,
            "mail_domain": MAIL_DOMAIN,
            "rows_shown": ROWS,
        }

    def home(self, request: Request) -> Response:
        """Shows the newest rows of each list, or all about the person whom the search names."""
        search = _search(request)
        person = parse_person(search)
        if person is not None:
            return self._render(request, "person.html", **self._explain(person))
        return self._render(
            request,
            "home.html",
            lists={name: self._list(name, search) for name in self._sources},
            check=self._client.check(),
            sample=sample,
            child=CHILD,
        )

    def one_list(self, request: Request) -> Response:
        """Shows a page of one list."""
        name = request.url.path.rpartition("/")[2]
        page = request.query_params.get("page", "1")
        number = int(page) if page.isdecimal() and len(page) < 10 else 1
        return self._render(
            request, "list.html", name=name, listing=self._list(name, _search(request), number)
        )

    def campaign(self, request: Request) -> Response:
        """Shows the campaign mail that the platform would send now."""
        made = self._client.make_mail()
        message = EmailMessage()
        message.set_content(
            self._templates.get_template("campaign.html").render(mail=made), "html", cte="8bit"
        )
        for name, value in made.headers:
            if name not in message:
                message[name] = value
        return self._render(request, "mail.html", mail=message, press="one-click", sent_at=None)

    def mail(self, request: Request) -> Response:
        """Shows a mail that the functions sent."""
        mail = self._client.sent_mail(message_id := request.path_params["id"])
        if mail is None:
            return PlainTextResponse("No such mail.", 404)
        sent_at = next(item["at"] for item in self._client.sent_mails() if item["id"] == message_id)
        press = f"mails/{message_id}/one-click" if find_one_click_url(mail) else None
        return self._render(request, "mail.html", mail=mail, press=press, sent_at=sent_at)

    def api(self, request: Request) -> Response:
        """Shows the API on one page, which is that of `docs/api` without links to documents."""
        text = render_page(self._contract, Home(_root(request), "Heed on this machine"), None)
        return HTMLResponse(text, headers={**_HEADERS, "Content-Security-Policy": _API_POLICY})

    @cached_property
    def _contract(self) -> Contract:
        return Contract()

    def _list(self, name: str, search: str, page: int = 1) -> Listing:
        return take_page(self._sources[name], search, page)

    def _describe_entry(self, entry: Item) -> str:
        return describe_change(entry["register"], self._catalogue.scope_name(entry["scope"]))

    def _facts(self, record: Item) -> list[tuple[int, str]]:
        return describe_record(record, self._catalogue)

    def _explain(self, person: dict[str, str]) -> dict[str, Any]:
        found = self._client.look_up(person)
        address = person.get("address", "")
        return {
            "address": address,
            "found": found,
            "registers": found["registers"][::-1],
            "history": found["history"][::-1],
            "mails": self._list("mails", address) if address else None,
        }

    def _render(self, request: Request, template: str, **values: object) -> Response:
        text = self._templates.get_template(template).render(
            root=_root(request),
            search=_search(request),
            note=_NOTES.get(request.query_params.get("done", "")),
            facts=self._facts,
            describe_entry=self._describe_entry,
            **values,
        )
        return HTMLResponse(text, headers=_HEADERS)


def make_page(client: LocalStackClient, catalogue: Catalogue) -> Starlette:
    """Returns the application: the page, its lists and mails, and its buttons."""
    views = _Views(client, catalogue)

    def press_campaign(_: Request) -> Response:
        return _redirect("./", _press(find_one_click_url(dict(client.make_mail().headers))))

    def press_mail(request: Request) -> Response:
        message_id = request.path_params["id"]
        mail = client.sent_mail(message_id)
        return _redirect(f"../{message_id}", _press(find_one_click_url(mail) if mail else None))

    def _press(url: str | None) -> str:
        return "one-click" if url and client.press_one_click(url) == 200 else "refused"

    def send_bounce(_: Request) -> Response:
        return _redirect("./", "bounce" if client.send_feedback(make_bounce_event) else "late")

    def send_complaint(_: Request) -> Response:
        return _redirect("./", "complaint" if client.send_feedback(make_complaint_event) else "late")

    def send_sample(request: Request) -> Response:
        mail = SAMPLES[request.url.path.rpartition("/")[2]](client.make_mail())
        return _redirect("./", "handled" if client.deliver(mail) else "waits")

    async def deliver(request: Request) -> Response:
        try:
            mail = parse_mail_form(request.headers.get("content-type", ""), await request.body())
        except MailRefused as refused:
            return _redirect("./", str(refused))
        is_handled = await anyio.to_thread.run_sync(client.deliver, mail)
        return _redirect("./", "handled" if is_handled else "waits")

    return Starlette(
        routes=[
            Route("/", views.home),
            Route("/api", views.api),
            Route("/campaign", views.campaign),
            Route("/mails/{id}", views.mail),
            Route("/mails/{id}/one-click", press_mail, methods=["POST"]),
            Route("/one-click", press_campaign, methods=["POST"]),
            Route("/bounce", send_bounce, methods=["POST"]),
            Route("/complaint", send_complaint, methods=["POST"]),
            Route("/deliver", deliver, methods=["POST"]),
            *(Route(f"/{name}", send_sample, methods=["POST"]) for name in SAMPLES),
            *(Route(f"/{name}", views.one_list) for name in ("mails", "changes", "records", "cases")),
        ]
    )


def _root(request: Request) -> str:
    """Returns the path of the page itself."""
    return f"{request.scope.get('root_path', '')}/"


def _search(request: Request) -> str:
    """Returns what the person searches for, or ""."""
    return request.query_params.get("q", "").strip()


def _redirect(path: str, done: str) -> Response:
    return RedirectResponse(f"{path}?done={done}", 303)


def _format_moment(moment: int | str) -> Markup:
    """Returns an instant as a `time` element.

    Args:
        moment: Milliseconds since 1970, or a time as the API writes it.
    """
    at = (
        datetime.fromtimestamp(moment / 1000, UTC)
        if isinstance(moment, int)
        else datetime.fromisoformat(moment)
    )
    return Markup('<time datetime="{}">{}</time>').format(
        at.isoformat(timespec="milliseconds"), f"{at:%-d %b %Y, %H:%M:%S} UTC"
    )
