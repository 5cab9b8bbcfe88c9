"""What the page behind an unsubscribe link does with a visitor who only opens it."""

from __future__ import annotations

from collections.abc import Iterator

from heed.doctor.findings import CheckName, DoctorFinding, passed, quote_foreign, warned
from heed.doctor.html_elements import HtmlElement, html_elements
from heed.doctor.unsubscribe_header import host_of
from heed.doctor.web_client import WebAnswer

_LOADED = {
    **dict.fromkeys(
        ("audio", "embed", "iframe", "img", "input", "script", "source", "track", "video"), "src"
    ),
    "link": "href",
    "object": "data",
}
_NOT_LOADED_RELATIONS = {"alternate", "author", "canonical", "help", "license", "next", "prev"}
_SUBMITS_ITSELF = ".submit("


def check_page(answer: WebAnswer, host: str) -> Iterator[DoctorFinding]:
    """Checks the page that a GET of the link returned.

    Args:
        answer: the answer to the GET.
        host: the host of the link.
    """
    if answer.headers.get_content_type() != "text/html":
        mend = "answer a GET with a page that has a form, and change nothing before it is sent"
        seen = f"the answer is no page but {quote_foreign(answer.headers.get_content_type())}"
        yield warned(CheckName.GET_CHANGES_NOTHING, seen, mend)
        return
    markup = answer.body.decode("utf-8", "replace")
    elements = list(html_elements(markup))
    yield _check_waits(elements, markup)
    yield _check_loads(elements, host)


def _check_waits(elements: list[HtmlElement], markup: str) -> DoctorFinding:
    name = CheckName.GET_CHANGES_NOTHING
    mend = "change nothing on a GET: link scanners open each link of a mail. Ask with a form by POST"
    refreshes = any(
        element.name == "meta" and element.attributes.get("http-equiv", "").lower() == "refresh"
        for element in elements
    )
    if refreshes or _SUBMITS_ITSELF in markup:
        return warned(name, "the page goes on by itself, without a press", mend)
    if any(
        element.name == "form" and element.attributes.get("method", "").lower() == "post"
        for element in elements
    ):
        return passed(name, "the page asks by a form")
    return warned(name, "the page has no form by POST: the visit alone may have unsubscribed somebody", mend)


def _check_loads(elements: list[HtmlElement], host: str) -> DoctorFinding:
    name = CheckName.GET_LOADS_NOTHING
    hosts = {loaded for element in elements if (loaded := _loaded_host(element)) and loaded != host}
    if not hosts:
        return passed(name, "nothing from another host")
    seen = f"the page loads from other hosts: {len(hosts)}, such as {quote_foreign(min(hosts))}"
    return warned(name, seen, "serve the page alone: other hosts learn who unsubscribes, by the link")


def _loaded_host(element: HtmlElement) -> str:
    """Returns the other host from which a browser loads something for this element, or ""."""
    if element.name == "link" and element.attributes.get("rel", "").lower() in _NOT_LOADED_RELATIONS:
        return ""
    url = element.attributes.get(_LOADED.get(element.name, ""), "").strip()
    return host_of(url) if url.lower().startswith(("http://", "https://", "//")) else ""
