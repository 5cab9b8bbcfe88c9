"""What the page behind an unsubscribe link does with a visitor who only opens it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

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
_SUBMITS_ITSELF = (".submit(", ".requestSubmit(")
# In a style: what it imports, and its images and fonts.
_LOADED_BY_STYLE = re.compile(
    r"""(?:url\(|@import\s)\s{0,20}(?:["']|&quot;|&\#39;)?((?:https?:)?//[^\s"'()<>&;]{1,300})""",
    re.IGNORECASE,
)


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
    yield _check_waits(elements, markup, refreshes="Refresh" in answer.headers)
    loaded = {url for element in elements for url in _loaded_urls(element)}
    loaded.update(_LOADED_BY_STYLE.findall(_without_comments(markup)))
    yield _check_loads(loaded, host)


def _check_waits(elements: list[HtmlElement], markup: str, *, refreshes: bool) -> DoctorFinding:
    name = CheckName.GET_CHANGES_NOTHING
    mend = "change nothing on a GET: link scanners open each link of a mail. Ask with a form by POST"
    refreshes = refreshes or any(
        element.name == "meta" and element.attributes.get("http-equiv", "").lower() == "refresh"
        for element in elements
    )
    if refreshes or any(call in markup for call in _SUBMITS_ITSELF):
        return warned(name, "the page goes on by itself, without a press", mend)
    if any(
        element.name == "form" and element.attributes.get("method", "").lower() == "post"
        for element in elements
    ):
        return passed(name, "the page asks by a form")
    return warned(name, "the page has no form by POST: the visit alone may have unsubscribed somebody", mend)


def _check_loads(urls: Iterable[str], host: str) -> DoctorFinding:
    name = CheckName.GET_LOADS_NOTHING
    hosts = {host_of(url) for url in urls if url.lower().startswith(("http://", "https://", "//"))}
    hosts -= {host, ""}
    if not hosts:
        return passed(name, "nothing from another host")
    seen = f"the page loads from other hosts: {len(hosts)}, such as {quote_foreign(min(hosts))}"
    return warned(name, seen, "serve the page alone: other hosts learn who unsubscribes, by the link")


def _loaded_urls(element: HtmlElement) -> Iterator[str]:
    """Yields the URLs from which a browser loads something for this element."""
    if element.name == "link" and element.attributes.get("rel", "").lower() in _NOT_LOADED_RELATIONS:
        return
    yield element.attributes.get(_LOADED.get(element.name, ""), "").strip()
    yield element.attributes.get("poster", "").strip()
    for candidate in element.attributes.get("srcset", "").split(","):
        yield from candidate.split(maxsplit=1)[:1]


def _without_comments(markup: str) -> str:
    first, *others = markup.split("<!--")
    return "".join([first, *(other.partition("-->")[2] for other in others)])
