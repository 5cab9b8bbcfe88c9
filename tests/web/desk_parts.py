"""What the desk consists of, read from its code: the texts, the buttons and the routes."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

from functions.desk import app
from heed.entrypoints.http.paths import is_path_of_route

DESK = Path(__file__).parents[2] / "layers" / "brand" / "desk"

_BUTTON = re.compile(r"<button[^>]*>(.*?)</button>", re.DOTALL)
_TEXT = re.compile(r"text\.(\w+)(?:\.(\w+)|\[[^\]]*\])")


def read_texts() -> dict[str, str]:
    """Returns the English texts by their names, such as `home.look_up`."""
    files = (DESK / "locales" / "en").glob("*.toml")
    sections = [tomllib.loads(file.read_text(encoding="utf-8")).items() for file in files]
    return {f"{name}.{key}": text for name, section in chain(*sections) for key, text in section.items()}


def list_buttons() -> set[str]:
    """Returns the texts of all buttons of all pages, by name. Where a page chooses a text, all choices."""
    texts, names = read_texts(), set[str]()
    for page in sorted((DESK / "pages").glob("*.html")):
        for button in _BUTTON.findall(page.read_text(encoding="utf-8")):
            found = _TEXT.findall(button)
            assert found, f"{page.name}: a button without a text"
            for section, key in found:
                name = f"{section}.{key}"
                names |= {name} if key else {each for each in texts if each.startswith(name)}
    return names


def find_routes_without_request(requests: Iterable[str]) -> set[str]:
    """Returns the routes that none of the requests, such as `GET /desk/cases`, belongs to."""
    sent = [request.split(" ") for request in requests]
    return {
        f"{method} {route}"
        for method, route in app.desk.access
        if not any(how == method and is_path_of_route(route, path) for how, path in sent)
    }
