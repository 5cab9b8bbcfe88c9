"""What proves a change: small canonical text, and never an address."""

from __future__ import annotations

import json
import re

MAX_TEXT = 200  # characters of a free text that are kept

# Anything with an @ between two visible runs. Wider than an address, on purpose.
_ADDRESS_LIKE = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+")
_TOKEN_LIKE = re.compile(r"[A-Za-z0-9_-]{50,}")


def scrub(text: str) -> str:
    """Free text as a person wrote it, without what must not be on record, cut to 200 characters.

    An opt-out is never refused because a note about it holds an address; the address goes.
    """
    text = _ADDRESS_LIKE.sub("[address]", text)
    return _TOKEN_LIKE.sub("[token]", text).replace("@", "[at]")[:MAX_TEXT]


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
