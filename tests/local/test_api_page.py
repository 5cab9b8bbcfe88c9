"""The page about the API: it is current, it says all that the contract has, and it loads nothing."""

from __future__ import annotations

import base64
import hashlib
import re
from html import unescape

import pytest

from local.api_page.__main__ import make_pages
from local.api_page.contract import ROOT, Contract
from local.api_page.fields import Schemas
from local.api_page.markdown import Markdown
from local.api_page.render import POLICY, Home, render_page
from tests.support.html_check import check_page
from tests.support.openapi import document, operations
from tests.support.template import template

FOLDER = ROOT / "docs" / "api"
PAGE = (FOLDER / "index.html").read_text("utf-8")
ALONE = render_page(Contract(), Home("/_local/", "Home"), None)


def text_of(html: str) -> str:
    """Returns the text of a page, without its examples and style."""
    html = re.sub(r"<(pre|style)>.*?</\1>", "", html, flags=re.DOTALL)
    return unescape(re.sub(r"<[^>]+>", "", html))


def test_the_pages_are_current() -> None:
    for path, text in make_pages():
        assert path.read_text("utf-8") == text, "run: .venv/bin/python -m local.api_page"


def test_the_page_has_each_route_with_its_scopes_and_its_throttle() -> None:
    api = template()["Resources"]["HttpApi"]["Properties"]
    for (method, path), operation in operations().items():
        section = re.search(rf'<h3 id="{operation["operationId"]}">.*?</section>', PAGE, re.DOTALL)
        assert section
        text = text_of(section[0])
        own = api["RouteSettings"].get(f"{method} {path}", api["DefaultRouteSettings"])
        assert text.startswith(f"{method} {path}\n{operation['summary']}\nScope")
        assert f"{own['ThrottlingRateLimit']:,} requests per second" in text
        assert all(
            scope in text.splitlines()[2] for each in operation["security"] for scope in each["apiKey"]
        )
        assert all(f"\n{status}\n" in text for status in operation["responses"])


def test_the_page_has_each_field_and_each_object() -> None:
    named = set(re.findall(r"<dt><code>(.+?)</code>", PAGE.replace("<wbr>", "")))
    shown = {part for name in named for part in re.split(r"\[\]\.|\.\*\.|\.", name)}

    def fields(node: object) -> set[str]:
        if isinstance(node, list):
            return set().union(*map(fields, node))
        if not isinstance(node, dict):
            return set()
        own = {name for name, value in node.get("properties", {}).items() if isinstance(value, dict)}
        return own.union(*map(fields, node.values()))

    bodies = [document()["paths"], *document()["components"]["schemas"].values()]
    assert fields(bodies) - {"title", "detail", "status", "errors", "pointer"} - shown == set()


def test_the_page_has_an_example_of_each_error_that_an_answer_names() -> None:
    named = set(re.findall(r'href="#error-([\w-]+)"', PAGE))
    assert named == set(document()["components"]["examples"])
    for error in Contract().errors:
        assert bool(error.example) == (error.name in named)


@pytest.mark.parametrize("html", [PAGE, ALONE], ids=["beside the documents", "alone"])
def test_no_markdown_is_left(html: str) -> None:
    assert not re.findall(r".*(?:`|\*\*|\]\().*", text_of(html))


def test_the_page_runs_and_loads_nothing() -> None:
    check_page(ALONE)
    for html in (PAGE, ALONE):
        style = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
        hashes = [base64.b64encode(hashlib.sha256(each.encode()).digest()).decode() for each in style]
        assert [f"'sha256-{each}'" for each in hashes] == re.findall(r"'sha256-[^']+'", POLICY)
        assert f'content="{POLICY}"' in html
        assert not re.search(r"url\(|@import", html)


def test_each_link_to_a_document_has_a_target() -> None:
    for target in re.findall(r'href="([^"#]*)(?:#([^"]*))?"', PAGE):
        path, anchor = target
        found = (FOLDER / path).resolve() if path else FOLDER / "index.html"
        assert found.exists(), target
        if anchor and found.suffix == ".md":
            headings = re.findall(r"^#+ (.+)$", found.read_text("utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings}


def test_a_page_without_the_documents_has_no_link_to_one() -> None:
    assert set(re.findall(r'href="([^#"][^"]*)"', ALONE)) == {"/_local/"}


def test_html_in_a_text_is_escaped() -> None:
    assert Markdown(None, {}).line("a <b> & `<i>`") == "a &lt;b&gt; &amp; <code>&lt;i&gt;</code>"


def test_the_name_of_a_route_is_a_link_to_it() -> None:
    for name, anchor in (("/v1/check", "check"), ("GET /v1/cases/{id}", "showCase")):
        assert f'<a href="#{anchor}"><code>{name}</code></a>' in PAGE


def test_an_object_whose_fields_depend_on_each_other_needs_a_description() -> None:
    schema = {"type": "object", "properties": {}, "dependentRequired": {"a": ["b"]}}
    schemas = Schemas({"paths": {}, "components": {"schemas": {}}})

    with pytest.raises(ValueError, match="dependentRequired"):
        schemas.describe_body(schema)
