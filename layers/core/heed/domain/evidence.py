"""What proves a change: small canonical text, and never an address."""

from __future__ import annotations

import json
import re

MAX_TEXT = 200  # characters of a free text that are kept
LONGEST = 10_000
"""Characters of the canonical text at most: more than every part that we write can come to, escaped."""

_READ = 4 * MAX_TEXT  # of what is longer nothing behind is looked at: the patterns are quadratic

# Anything with an @ between two visible runs, however written. Wider than an address, on purpose.
_ADDRESS_LIKE = re.compile(r"[^\s@＠<>,;]+(?:\s*[@＠]\s*|%40)[^\s@＠<>,;]+")
_TOKEN_LIKE = re.compile(r"[A-Za-z0-9_-]{50,}")
_LAST_WORD = re.compile(r"[^\s@＠<>,;]*\Z")


def scrub(text: str) -> str:
    """Free text as a person wrote it, without what must not be on record, cut to 200 characters.

    An opt-out is never refused because a note about it holds an address, or half a character (a lone
    surrogate, that no store takes); those go.
    """
    if len(text) > _READ:
        text = _LAST_WORD.sub("", text[:_READ])  # half an address would not look like one
    text = text.encode(errors="replace").decode()
    text = _TOKEN_LIKE.sub("[token]", _ADDRESS_LIKE.sub("[address]", text))
    return re.sub("[@＠]", "[at]", text)[:MAX_TEXT]


def evidence(**parts: str | int | None) -> str:
    """Canonical JSON of what is known: sorted, compact, without what is None; texts scrubbed.

    The same event gives the same text, so that a redelivery is the same entry.
    """
    known = {
        name: scrub(part) if isinstance(part, str) else part
        for name, part in parts.items()
        if part is not None
    }
    return json.dumps(known, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
