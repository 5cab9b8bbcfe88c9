"""Which language a page is shown in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

_LONGEST_HEADER = 1_000  # a browser sends under 200; the rest is noise
_MOST_RANGES = 30
_LONGEST_TAG = 100  # characters; the longest of use have under 40 (RFC 5646 §4.4.1)


def choose_language(
    wanted: str | None, accept_language: str | None, available: Collection[str], default: str
) -> str:
    """The language asked for by `?lang=`, else the reader's best (RFC 9110 12.5.4), else `default`.

    `de-AT` is served by `de` where there is no `de-AT` (RFC 4647 §3.4). Whatever cannot be read is
    passed over, never an error.
    """
    if wanted and (found := _match(wanted, available)):
        return found
    header = (accept_language or "")[:_LONGEST_HEADER]
    best, best_weight = default, 0.0
    for part in header.split(",")[:_MOST_RANGES]:
        name, _, parameters = part.partition(";")
        weight = _weight(parameters)
        if weight > best_weight and (found := _match(name, available)):
            best, best_weight = found, weight
    return best


def _match(name: str, available: Collection[str]) -> str | None:
    """The available language that serves a tag such as `fr-CA`, ignoring case: the tag, or what begins it."""
    tag = name.strip()[:_LONGEST_TAG].replace("_", "-").lower()
    known = {language.lower(): language for language in available}
    while tag and tag not in known:
        tag = tag.rpartition("-")[0]
        if tag[-2:-1] == "-":  # what a single character begins says nothing without what follows it
            tag = tag[:-2]
    return known.get(tag)


def _weight(parameters: str) -> float:
    """The q-value, 1 where there is none; 0 where it is no number from 0 to 1."""
    key, equals, text = parameters.strip().partition("=")
    if not equals:
        return 0.0 if key else 1.0
    if key.strip().lower() != "q":
        return 0.0
    digits = text.strip()
    if len(digits) > 5 or not digits.isascii() or not digits.replace(".", "", 1).isdigit():
        return 0.0
    weight = float(digits)
    return weight if weight <= 1 else 0.0
