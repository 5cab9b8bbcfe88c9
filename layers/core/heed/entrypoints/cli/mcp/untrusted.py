"""Prepares words of strangers for a language model: bounded, and without characters that nobody sees."""

from __future__ import annotations

import json
import unicodedata

_KEPT = "\n\t"
_HIDDEN = {"Cc", "Cf", "Cn", "Co", "Cs"}
"""Categories of characters that nobody sees: controls, formats, and code points without a character. The tags
of Unicode (U+E0041) are formats, and can spell an instruction."""
_IGNORABLE = frozenset(
    chr(point)
    for first, last in (
        (0x034F, 0x034F),
        (0x115F, 0x1160),
        (0x17B4, 0x17B5),
        (0x180B, 0x180F),
        (0x3164, 0x3164),
        (0xFE00, 0xFE0F),
        (0xFFA0, 0xFFA0),
        (0xE0100, 0xE01EF),
    )
    for point in range(first, last + 1)
)
"""The marks and letters without a glyph (Default_Ignorable_Code_Point of Unicode), which are in none of these
categories. The 256 selectors of variations can spell any text of bytes."""

_MAX_EVIDENCE = 1_000  # characters


def clean_text(text: str) -> str:
    """Returns a text without hidden characters. Line breaks and tabs stay."""
    return "".join(char for char in text if char in _KEPT or not _is_hidden(char))


def _is_hidden(char: str) -> bool:
    return unicodedata.category(char) in _HIDDEN or char in _IGNORABLE


def format_evidence(evidence: object) -> str:
    """Returns evidence of the API as one bounded line of JSON, or "" if there is none."""
    text = "" if evidence is None else clean_text(json.dumps(evidence, ensure_ascii=False))
    return text if len(text) <= _MAX_EVIDENCE else f"{text[:_MAX_EVIDENCE]} …"
