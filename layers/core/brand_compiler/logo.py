"""Reads the logo, which each page includes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from brand_compiler.sources import find_file

if TYPE_CHECKING:
    from brand_compiler.fault import Faults
    from brand_compiler.sources import Folders

MAX_LOGO_BYTES = 8_000
"""A page with its logo must stay below 30 kB."""

_SVG = "{http://www.w3.org/2000/svg}"
_FORBIDDEN = re.compile(r"script|style|a|image|use|foreignObject|animate\w*|set")
_SPACE = re.compile(r">\s+<")

ET.register_namespace("", _SVG[1:-1])


def read_logo(folders: Folders, faults: Faults) -> str:
    """Returns the logo as SVG that screen readers skip, without comments and unnecessary space.

    It adds a fault if the file is no SVG with a `viewBox`, is too large, or has anything that runs, loads or
    styles: the Content-Security-Policy of the pages would block it.
    """
    file = find_file(folders, "logo.svg")
    try:
        root = ET.fromstring(file.read_bytes())  # noqa: S314 - a file of the brand's owner
    except (OSError, ET.ParseError):
        faults.add(file, 1, "there is no SVG that can be read")
        return ""
    if root.tag != f"{_SVG}svg" or "viewBox" not in root.attrib:
        faults.add(file, 1, "needs an <svg> with a viewBox")
    for element in root.iter():
        name = element.tag.removeprefix(_SVG)
        if _FORBIDDEN.fullmatch(name):
            faults.add(file, 1, f"pages cannot use <{name}>")
        for key, value in element.items():
            if key.startswith("on") or key == "style" or "href" in key or re.search(r"url\((?!#)", value):
                faults.add(file, 1, f"pages cannot use `{key}` of <{name}>")
    root.attrib |= {"aria-hidden": "true", "focusable": "false"}
    logo = _SPACE.sub("><", ET.tostring(root, encoding="unicode"))
    if len(logo.encode()) > MAX_LOGO_BYTES:
        faults.add(file, 1, f"has {len(logo.encode()):,} bytes: at most {MAX_LOGO_BYTES:,} are allowed")
    return logo
