"""Prepares words of strangers for a language model: bounded, and without characters that nobody sees."""

from __future__ import annotations

import json
import unicodedata

_KEPT = "\n\t"
_HIDDEN = {"Cc", "Cf", "Cn", "Co", "Cs"}
"""Categories of characters that nobody sees: controls, formats, and code points without a character. The tags
of Unicode (U+E0041) are formats, and can spell an instruction."""

_MAX_EVIDENCE = 1_000  # characters


def clean_text(text: str) -> str:
    """Returns a text without hidden characters. Line breaks and tabs stay."""
    return "".join(char for char in text if char in _KEPT or unicodedata.category(char) not in _HIDDEN)


def format_evidence(evidence: object) -> str:
    """Returns evidence of the API as one bounded line of JSON, or "" if there is none."""
    text = "" if evidence is None else clean_text(json.dumps(evidence, ensure_ascii=False))
    return text if len(text) <= _MAX_EVIDENCE else f"{text[:_MAX_EVIDENCE]} …"
