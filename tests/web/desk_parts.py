"""What the desk consists of, read from its code: the routes, the pages, and the buttons with their names."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

from functions.desk import app
from heed.entrypoints.http.paths import is_path_of_route

DESK = Path(__file__).parents[2] / "layers" / "brand" / "desk"

_BUTTON = re.compile(r"<button[^>]*>(.*?)</button>", re.DOTALL)
_TEXT = re.compile(r"text\.(\w+)(?:\.(\w+)|\[[^\]]*\])")


def list_buttons() -> set[str]:
    """Returns the names of all buttons of all pages, in English. Where a page chooses a name, all choices."""
    texts: dict[str, dict[str, str]] = {}
    for file in sorted((DESK / "locales" / "en").glob("*.toml")):
        texts |= tomllib.loads(file.read_text(encoding="utf-8"))
    names: set[str] = set()
    for page in sorted((DESK / "pages").glob("*.html")):
        for button in _BUTTON.findall(page.read_text(encoding="utf-8")):
            found = _TEXT.findall(button)
            assert found, f"{page.name}: a button without a text"
            for section, key in found:
                names |= {texts[section][key]} if key else set(texts[section].values())
    return names


def find_routes_without_request(requests: Iterable[str]) -> set[str]:
    """Returns the routes that none of the requests, such as `GET /desk/cases`, belongs to."""
    sent = [request.split(" ") for request in requests]
    return {
        f"{method} {route}"
        for method, route in app.desk.access
        if not any(how == method and is_path_of_route(route, path) for how, path in sent)
    }
