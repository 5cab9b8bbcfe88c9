"""Chooses the language of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

_MAX_HEADER = 1_000  # characters; a browser sends fewer than 200
_MAX_RANGES = 30
_MAX_TAG = 100  # characters; tags in use have fewer than 40 (RFC 5646 §4.4.1)


def choose_language(
    requested: str | None, accept_language: str | None, available: Collection[str], default: str
) -> str:
    """Returns the language of `?lang=`, else the reader's preferred language, else the default.

    If `de-AT` is not available, `de` serves it (RFC 4647 §3.4). Text that cannot be parsed is ignored.

    Args:
        requested: The value of `?lang=`, or None.
        accept_language: The header `Accept-Language` (RFC 9110 §12.5.4), or None.
        available: The languages that the brand has.
        default: The language if no other one matches.
    """
    if requested and (language := _find_match(requested, available)):
        return language
    header = (accept_language or "")[:_MAX_HEADER]
    best, best_weight = default, 0.0
    for part in header.split(",")[:_MAX_RANGES]:
        name, _, parameters = part.partition(";")
        weight = _parse_weight(parameters)
        if weight > best_weight and (language := _find_match(name, available)):
            best, best_weight = language, weight
    return best


def find_base_language(language: str, available: Collection[str]) -> str | None:
    """Returns the available language of which a language is a region, such as `en` of `en-GB`, or None."""
    return _find_match(_remove_last_subtag(language), available)


def _find_match(name: str, available: Collection[str]) -> str | None:
    """Returns the available language that serves a tag such as `fr-CA`, or None.

    It removes subtags from the end until a language matches. Case is ignored.
    """
    tag = name.strip()[:_MAX_TAG].replace("_", "-").lower()
    known = {language.lower(): language for language in available}
    while tag and tag not in known:
        tag = _remove_last_subtag(tag)
    return known.get(tag)


def _remove_last_subtag(tag: str) -> str:
    tag = tag.rpartition("-")[0]
    return tag[:-2] if tag[-2:-1] == "-" else tag  # a single-character subtag only introduces the next one


def _parse_weight(parameters: str) -> float:
    """Returns the q-value. It is 1 if absent, and 0 if it is not a number from 0 to 1."""
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
