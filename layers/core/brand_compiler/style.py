"""Reads the colours and the style sheet of each page, and the hash for the Content-Security-Policy."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING

from brand_compiler.sources import find_file, read_source

if TYPE_CHECKING:
    from pathlib import Path

    from brand_compiler.fault import Faults
    from brand_compiler.sources import Folders

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_EXTERNAL = re.compile(r"@import|url\(|image-set\(|</style", re.IGNORECASE)
_SPACE = re.compile(r"\s+")
_SPACE_AROUND_SIGNS = re.compile(r"\s*([{};,])\s*")
_VARIABLES = re.compile(r"(@media[^{]*\bdark\b[^{]*\{)?:root\{([^{}]*)\}")
_USE = re.compile(r"var\(--([a-z-]+)")
_HEX = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)
_PAINT = re.compile(r"(?<![\w-])(?:color|background(?:-color)?)\s*:\s*([^;{}]+)", re.IGNORECASE)
_NO_NEW_COLOUR = re.compile(r"var\(|(?:transparent|none|inherit|currentcolor|canvastext)\s*$", re.IGNORECASE)

_TEXT, _CONTROL = 4.5, 3.0  # WCAG 2.2, success criteria 1.4.3 and 1.4.11
_CONTRASTS = (
    *((text, ground, _TEXT) for text in ("ink", "soft") for ground in ("card", "paper")),
    *((text, "tint", _TEXT) for text in ("ink", "accent")),
    *(("on-accent", ground, _TEXT) for ground in ("accent", "accent-deep")),
    *((text, "card", _TEXT) for text in ("accent", "wrong")),
    ("edge", "card", _CONTROL),
)
_COMPARED = {name for text, ground, _ in _CONTRASTS for name in (text, ground)}


def read_style(folders: Folders, faults: Faults) -> tuple[str, dict[str, str]]:
    """Returns the style sheet without comments and unnecessary space, and its light variables by name.

    It adds a fault if a file is missing or loads an external resource, which the pages never do, if the style
    sheet uses a variable that is not set, and for each colour that is hard to read on another one. It
    warns of each colour whose contrast it cannot check.
    """
    file = find_file(folders, "colours.css")
    source = read_source(file, faults) or ""
    colours = _to_sheet(file, source, faults)
    sheet = find_file(folders, "style.css")
    rules = read_source(sheet, faults) or ""
    style = _to_sheet(sheet, rules, faults)
    for paint in _PAINT.finditer(rules):
        if not _NO_NEW_COLOUR.match(paint[1]):
            message = f"the contrast of `{paint[0].strip()}` is not checked; use a colour of colours.css"
            faults.warn(sheet, rules.count("\n", 0, paint.start()) + 1, message)
    light: dict[str, str] = {}
    dark: dict[str, str] = {}
    for is_dark, block in _VARIABLES.findall(colours):
        pairs = (each.partition(":") for each in block.split(";") if each.startswith("--"))
        (dark if is_dark else light).update((name[2:], value.strip()) for name, _, value in pairs)
    if colours:
        for name in sorted(set(_USE.findall(style)) - light.keys()):
            faults.add(file, 1, f"`--{name}` is missing; style.css uses it")
        for scheme, variables in (("light", light), ("dark", {**light, **dark})):
            _check_contrasts(file, source, scheme, variables, faults)
    return colours + style, {name.replace("-", "_"): value for name, value in light.items()}


def hash_style(style: str) -> str:
    """Returns the SHA-256 of the text between the style tags in base64, as the policy needs it."""
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()


def _to_sheet(file: Path, source: str, faults: Faults) -> str:
    for external in _EXTERNAL.finditer(source):
        line = source.count("\n", 0, external.start()) + 1
        faults.add(file, line, f"`{external[0]}`: the pages load nothing external")
    return _SPACE_AROUND_SIGNS.sub(r"\1", _SPACE.sub(" ", _COMMENT.sub("", source))).strip()


def _check_contrasts(file: Path, source: str, scheme: str, colours: dict[str, str], faults: Faults) -> None:
    def find_line(name: str) -> int:
        find = source.rfind if scheme == "dark" else source.find
        return source.count("\n", 0, find(f"--{name}:")) + 1

    for name, value in colours.items():
        if name in _COMPARED and not _HEX.fullmatch(value):
            message = f"the contrast of `{value}` is not checked; write it as #rrggbb"
            faults.warn(file, find_line(name), message)
    for text, ground, least in _CONTRASTS:
        first, second = (colours.get(name, "") for name in (text, ground))
        if _HEX.fullmatch(first) and _HEX.fullmatch(second):
            low, high = sorted((_luminance(first), _luminance(second)))
            contrast = (high + 0.05) / (low + 0.05)
            if contrast < least:
                found = f"{contrast:.1f} in the {scheme} scheme, less than {least}"
                faults.add(file, find_line(text), f"the contrast of `--{text}` on `--{ground}` is {found}")


def _luminance(colour: str) -> float:
    """Returns the relative luminance of a colour, as WCAG 2.2 defines it."""
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    shares = (int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
