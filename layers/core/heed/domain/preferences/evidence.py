"""Evidence: short canonical text that proves a change. It never contains an address."""

from __future__ import annotations

import json
import re

MAX_EVIDENCE_TEXT = 200  # characters of a free text that are stored
MAX_EVIDENCE = 10_000
"""The maximum length of the canonical text, in characters. All parts that Heed writes fit, also escaped."""

_MAX_SCRUBBED = 4 * MAX_EVIDENCE_TEXT  # characters; the limit is needed because the patterns are quadratic

# Replacements of an @: its wide and small forms, its escapes in HTML, URLs, quoted-printable and source
# code, and the spellings that people use to hide an address from programs.
_AT = re.compile(
    r"[<({\[]\s*(?:at|[@＠﹫])\s*[\])}>]"
    r"|[＠﹫]"
    r"|%(?:25)*40"
    r"|&(?:amp;)*(?:\#0*64|\#x0*40|commat);?"
    r"|\\(?:u0040|u\{0*40\}|x40)"
    r"|=40(?=[a-z0-9][\w-]*\.)",
    re.IGNORECASE,
)
# An @ between two runs of visible characters. The pattern matches more than addresses, on purpose.
_ADDRESS_LIKE = re.compile(r"[^\s@<>,;]+[\s<>]*@[\s<>]*[^\s@<>,;]+")
_LAST_WORD = re.compile(r"[^\s@<>,;]*\Z")

_TOKEN_LIKE = re.compile(r"[A-Za-z0-9_-]{50,}|heed_[A-Za-z0-9_-]{16,}")
# A token that a mail program or a person has split. No word is spelt like these pieces.
_SEPARATOR = r"[\s=>\xad\u200b-\u200f\u2060\ufeff]{1,6}"
_PIECE = (
    r"(?:(?=[A-Za-z_-]*[0-9])(?=[0-9_-]*[A-Za-z])"  # letters and digits
    r"|(?=.[a-z0-9_-]*[A-Z])(?=[A-Z0-9_-]*[a-z])"  # a capital within
    r"|(?=[A-Za-z0-9-]*_))[A-Za-z0-9_-]{4,}"
)
_SPLIT_TOKEN = re.compile(rf"(?<![A-Za-z0-9_-]){_PIECE}(?:{_SEPARATOR}{_PIECE})*")
_CAMPAIGN_PART = re.compile(r'"campaign":"([A-Za-z0-9_-]{1,32})"')
_REF_PART = re.compile(r'"ref":"([A-Za-z0-9._-]{1,64})"')
_SPLIT_LENGTH = 40  # characters, including the separators


def scrub_text(text: str) -> str:
    """Returns free text without the parts that must not be stored, cut to 200 characters.

    Addresses, tokens and lone surrogates (which no store accepts) are replaced. Heed never refuses an opt-out
    because a note about it contains one of them.
    """
    text = _part_to_scrub(text).encode(errors="replace").decode()
    text = _ADDRESS_LIKE.sub("[address]", _AT.sub("@", text))
    text = _SPLIT_TOKEN.sub(_hide_token, _TOKEN_LIKE.sub("[token]", text))
    return text.replace("@", "[at]")[:MAX_EVIDENCE_TEXT]


def _part_to_scrub(text: str) -> str:
    """Returns the part of a text that is scrubbed.

    The cut never splits an address at its end, because the rest would no longer look like an address.
    """
    if len(text) <= _MAX_SCRUBBED:
        return text
    words = _LAST_WORD.sub("", text[:_MAX_SCRUBBED]).rsplit(None, 2)  # `joan (at) exam` is three words
    return words[0] if len(words) > 2 else "".join(words[:1])


def _hide_token(match: re.Match[str]) -> str:
    return "[token]" if len(match[0]) >= _SPLIT_LENGTH else match[0]


def make_evidence(**parts: str | int | None) -> str:
    """Returns canonical JSON of the known parts: sorted, compact, without None, texts scrubbed.

    The same event gives the same text. So a redelivered event makes the same entry. `ref` is not scrubbed: a
    text that must not be stored is no ref (heed.domain.links.link_hints), and a digest looks like a token.
    """
    known = {
        name: scrub_text(part) if isinstance(part, str) and name != "ref" else part
        for name, part in parts.items()
        if part is not None
    }
    return json.dumps(known, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def has_evidence_flag(text: str, part: str) -> bool:
    """Whether a part of canonical evidence is true.

    Free text cannot imitate it, because its quotes are escaped.
    """
    return f'"{part}":true' in text


def campaign_of_evidence(text: str) -> str:
    """Returns the campaign of the link in canonical evidence, or "".

    Free text cannot imitate it, because its quotes are escaped.
    """
    match = _CAMPAIGN_PART.search(text)
    return match[1] if match else ""


def ref_of_evidence(text: str) -> str:
    """Returns the ref of the link or mail in canonical evidence, or "". Free text cannot imitate it."""
    match = _REF_PART.search(text)
    return match[1] if match else ""
