"""Checks what each page of the desk must be."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser

_VOID = {"meta", "input", "br", "wbr", "link", "img", "hr"}
_REFERENCES = ("aria-describedby", "aria-labelledby", "for", "aria-controls")
_UNLABELLED = {"hidden", "submit"}


class _Elements(HTMLParser):
    """The elements of a page. It fails if a tag is not closed in order, or has an attribute twice."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.within_label: list[bool] = []
        self.drawn: list[str] = []  # the tags within drawings, which have titles of their own
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == [], self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"an attribute twice in <{tag}>"
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self.within_label.append("label" in self._open)
        if "svg" in self._open:
            self.drawn.append(tag)
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open and self._open.pop() == tag, f"</{tag}> closes another element"


def check_page(html: str) -> None:
    """Checks that a page is well formed, runs and loads nothing, and that each field has a name."""
    page = _Elements(html)
    names = Counter(tag for tag, _ in page.elements) - Counter(page.drawn)
    assert names["h1"] == names["main"] == names["title"] == 1, names
    ids = Counter(attributes["id"] for _, attributes in page.elements if "id" in attributes)
    assert max(ids.values(), default=0) <= 1, ids.most_common(3)
    assert sum("autofocus" in attributes for _, attributes in page.elements) <= 1
    assert not {"script", "iframe", "object", "embed", "img"} & names.keys()
    labelled = {
        attributes["for"] for tag, attributes in page.elements if tag == "label" and "for" in attributes
    }
    for (tag, attributes), within_label in zip(page.elements, page.within_label, strict=True):
        assert not any(name.startswith("on") or name == "style" for name in attributes), (tag, attributes)
        for reference in _REFERENCES:
            for name in attributes.get(reference, "").split():
                assert name in ids, f"{reference} of <{tag}> names no id: {name}"
        for name in ("href", "action", "src"):
            value = attributes.get(name, "")
            assert value.startswith(("/", "#", "https://", "http://", "mailto:")) or not value, value
        if attributes.get("href", "").startswith("#"):
            assert attributes["href"][1:] in ids, attributes["href"]
        if tag in ("input", "select", "textarea") and attributes.get("type") not in _UNLABELLED:
            is_named = within_label or attributes.get("id") in labelled or "aria-label" in attributes
            assert is_named, attributes
        if tag == "form" and attributes.get("method") != "get":
            assert attributes.get("action", "").startswith("/desk"), attributes
