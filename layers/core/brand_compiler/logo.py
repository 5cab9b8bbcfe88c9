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
_ID = r"#([\w.-]+)"
_REFERENCE = re.compile(rf"url\({_ID}\)")
_LOADS = re.compile(r"[\\:]|url|src|image", re.IGNORECASE)  # a backslash may hide a letter from this check
_ELEMENTS = frozenset(
    """
    svg g path circle ellipse rect line polyline polygon title desc defs lineargradient
    radialgradient stop clippath mask use
    """.split()  # noqa: SIM905 - a list has a line for each
)
_ATTRIBUTES = frozenset(
    """
    viewbox width height preserveaspectratio version id href x y d points cx cy r rx ry fx fy fr x1
    y1 x2 y2 offset pathlength transform gradienttransform gradientunits spreadmethod clippathunits
    maskunits maskcontentunits fill fill-opacity fill-rule clip-path clip-rule mask mask-type color
    opacity display visibility stop-color stop-opacity stroke stroke-dasharray stroke-dashoffset
    stroke-linecap stroke-linejoin stroke-miterlimit stroke-opacity stroke-width paint-order
    vector-effect shape-rendering color-interpolation {http://www.w3.org/xml/1998/namespace}space
    """.split()  # noqa: SIM905 - a list has a line for each
)
_SPACE = re.compile(r">\s+<")

ET.register_namespace("", _SVG[1:-1])


def read_logo(folders: Folders, faults: Faults) -> str:
    """Returns the logo as SVG that screen readers skip, without comments and unnecessary space.

    It adds a fault if the file is no SVG with a `viewBox`, is too large, or has anything but shapes and their
    colours. Names are compared in lower case, because a browser reads the logo as HTML.
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
        if name.lower() not in _ELEMENTS:
            faults.add(file, 1, f"pages cannot use <{name}>")
        for key, value in element.items():
            if key.lower() in _ATTRIBUTES and _is_safe(key.lower(), value):
                element.set(key, _with_own_ids(key.lower(), value))
            else:
                faults.add(file, 1, f"pages cannot use `{key}` of <{name}>")
    root.attrib |= {"aria-hidden": "true", "focusable": "false"}
    logo = _SPACE.sub("><", ET.tostring(root, encoding="unicode"))
    if len(logo.encode()) > MAX_LOGO_BYTES:
        faults.add(file, 1, f"has {len(logo.encode()):,} bytes: at most {MAX_LOGO_BYTES:,} are allowed")
    return logo


def _is_safe(key: str, value: str) -> bool:
    """Whether the value of a known attribute loads nothing from outside of the logo."""
    if key == "href":
        return bool(re.fullmatch(_ID, value))
    return key == "id" or not _LOADS.search(_REFERENCE.sub("", value))


def _with_own_ids(key: str, value: str) -> str:
    """Returns a value whose ids begin with `logo-`, because a page has ids too."""
    if key == "id":
        return f"logo-{value}"
    return (
        re.sub(f"^{_ID}$", r"#logo-\1", value) if key == "href" else _REFERENCE.sub(r"url(#logo-\1)", value)
    )
