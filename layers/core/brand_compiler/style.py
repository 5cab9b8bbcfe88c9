"""The style sheet as it stands in every page, and its hash for the Content-Security-Policy."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING

from brand_compiler.fault import BrandFault

if TYPE_CHECKING:
    from pathlib import Path

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_ELSEWHERE = re.compile(r"@import|url\(|image-set\(|</style", re.IGNORECASE)
_SPACE = re.compile(r"\s+")
_AROUND = re.compile(r"\s*([{};,])\s*")


def read_style(file: Path) -> str:
    """The style sheet without comments and needless space.

    Raises:
        Fault: it loads something from elsewhere, which the pages never do.
    """
    if not file.is_file():
        raise BrandFault(file, 1, "there is no style sheet")
    source = file.read_text(encoding="utf-8")
    if found := _ELSEWHERE.search(source):
        line = source.count("\n", 0, found.start()) + 1
        raise BrandFault(file, line, f"`{found[0]}`: the pages load nothing")
    return _AROUND.sub(r"\1", _SPACE.sub(" ", _COMMENT.sub("", source))).strip()


def style_hash(style: str) -> str:
    """SHA-256 of the text between the style tags, base64, as the policy writes it."""
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
