"""Renders the page about the API, and the short page beside it that a forge shows."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from local.api_page.contract import Contract, Throttle
from local.api_page.fields import enumerate_names
from local.api_page.markdown import Markdown

_HERE = Path(__file__).parent
_STYLE = (_HERE / "style.css").read_text("utf-8")
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'"
"""The content security policy of the page."""
_REFERENCE = "docs/reference"


@dataclass(frozen=True)
class Home:
    """The page to which the page about the API leads back."""

    url: str
    title: str


def render_page(contract: Contract, home: Home, folder: str | None) -> str:
    """Returns the page.

    Args:
        contract: What the page says.
        home: The link at its top.
        folder: The folder of the page, so that it can link to documents. None: it has no documents beside it.
    """
    markdown = Markdown(folder, _find_anchors(contract))
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "block": markdown.block,
        "line": markdown.line,
        "sentence": lambda text: markdown.line(_end_sentence(text)),
        "advice": partial(markdown.line, source=_REFERENCE),
        "anchor": make_anchor,
        "breakable": _break_name,
        "rate": describe_rate,
        "scopes": partial(enumerate_names, conjunction="or"),
    }
    return environment.get_template("page.html").render(
        title="The API of Heed",
        policy=Markup(POLICY),  # noqa: S704 - it has no special character of HTML
        style=Markup(_STYLE),  # noqa: S704 - a file of this folder
        home=home,
        contract=markdown.line("[openapi.yaml](openapi.yaml)"),
        errors_page=markdown.line("`docs/reference/errors.md`"),
        introduction=contract.introduction,
        sections=contract.sections,
        limits=contract.limits,
        groups=contract.groups,
        objects=contract.objects,
        errors=contract.errors,
    )


def render_index(contract: Contract) -> str:
    """Returns the Markdown page that lists the routes."""
    rows = [
        f"| `{each.method} {each.path}` | {each.summary} | {enumerate_names(each.scopes, 'or')} "
        f"| {each.throttle.rate:,} |\n"
        for group in contract.groups
        for each in group.operations
    ]
    return (_HERE / "index.md").read_text("utf-8") + "".join(rows)


def describe_rate(throttle: Throttle) -> str:
    """Returns a throttle in words."""
    return f"{throttle.rate:,} requests per second, in bursts of {throttle.burst:,}"


def make_anchor(title: str) -> str:
    """Returns the id of a section."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def _find_anchors(contract: Contract) -> dict[str, str]:
    """Returns the id of each route by its method and path. A path alone is the first route that has it."""
    anchors: dict[str, str] = {}
    for group in contract.groups:
        for each in group.operations:
            anchors.setdefault(each.path, each.name)
            anchors[f"{each.method} {each.path}"] = each.name
    return anchors


def _end_sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", ":", "?")) else f"{text}."


def _break_name(name: str) -> Markup:
    """Returns a name that may be broken after the parts of a path."""
    return Markup("<wbr>").join(escape(part) for part in re.split(r"(?<=[./\]_])(?=.)", name))
