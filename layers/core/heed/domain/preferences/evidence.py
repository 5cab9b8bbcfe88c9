"""What proves a change: small canonical text, and never an address."""

from __future__ import annotations

import json
import re

MAX_EVIDENCE_TEXT = 200  # characters of a free text that are kept
MAX_EVIDENCE = 10_000
"""Characters of the canonical text at most: more than every part that we write can come to, escaped."""

_READ = 4 * MAX_EVIDENCE_TEXT  # of what is longer nothing behind is looked at: the patterns are quadratic

# What stands for an @: its wide and small forms, what HTML, URLs, quoted-printable and programs write,
# and what people write so that no program finds it.
_AT = re.compile(
    r"[<({\[]\s*(?:at|[@＠﹫])\s*[\])}>]"
    r"|[＠﹫]"
    r"|%(?:25)*40"
    r"|&(?:amp;)*(?:\#0*64|\#x0*40|commat);?"
    r"|\\(?:u0040|u\{0*40\}|x40)"
    r"|=40(?=[a-z0-9][\w-]*\.)",
    re.IGNORECASE,
)
# Anything with an @ between two visible runs. Wider than an address, on purpose.
_ADDRESS_LIKE = re.compile(r"[^\s@<>,;]+[\s<>]*@[\s<>]*[^\s@<>,;]+")
_LAST_WORD = re.compile(r"[^\s@<>,;]*\Z")

_TOKEN_LIKE = re.compile(r"[A-Za-z0-9_-]{50,}|heed_[A-Za-z0-9_-]{16,}")
# One that a mail program or somebody's hand has split: pieces as no word is spelt, one behind another.
_BETWEEN = r"[\s=>\xad\u200b-\u200f\u2060\ufeff]{1,6}"
_PIECE = (
    r"(?:(?=[A-Za-z_-]*[0-9])(?=[0-9_-]*[A-Za-z])"  # letters and digits
    r"|(?=.[a-z0-9_-]*[A-Z])(?=[A-Z0-9_-]*[a-z])"  # a capital within
    r"|(?=[A-Za-z0-9-]*_))[A-Za-z0-9_-]{4,}"
)
_SPLIT_TOKEN = re.compile(rf"(?<![A-Za-z0-9_-]){_PIECE}(?:{_BETWEEN}{_PIECE})*")
_SPLIT_LENGTH = 40  # signs, with what is between them


def scrub_text(text: str) -> str:
    """Free text as a person wrote it, without what must not be on record, cut to 200 characters.

    An opt-out is never refused because a note about it holds an address, or half a character (a lone
    surrogate, that no store takes); those go.
    """
    text = _beginning(text).encode(errors="replace").decode()
    text = _ADDRESS_LIKE.sub("[address]", _AT.sub("@", text))
    text = _SPLIT_TOKEN.sub(_without_token, _TOKEN_LIKE.sub("[token]", text))
    return text.replace("@", "[at]")[:MAX_EVIDENCE_TEXT]


def _beginning(text: str) -> str:
    """What is looked at of a text: no address at its end is cut where it would not look like one."""
    if len(text) <= _READ:
        return text
    words = _LAST_WORD.sub("", text[:_READ]).rsplit(None, 2)  # `joan (at) exam` is three words
    return words[0] if len(words) > 2 else "".join(words[:1])


def _without_token(found: re.Match[str]) -> str:
    return "[token]" if len(found[0]) >= _SPLIT_LENGTH else found[0]


def evidence(**parts: str | int | None) -> str:
    """Canonical JSON of what is known: sorted, compact, without what is None; texts scrubbed.

    The same event gives the same text, so that a redelivery is the same entry.
    """
    known = {
        name: scrub_text(part) if isinstance(part, str) else part
        for name, part in parts.items()
        if part is not None
    }
    return json.dumps(known, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def has_evidence_flag(text: str, part: str) -> bool:
    """Whether a part of canonical evidence is true; no free text looks like it: its quotes are escaped."""
    return f'"{part}":true' in text
