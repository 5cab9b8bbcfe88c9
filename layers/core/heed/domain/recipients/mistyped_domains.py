"""Finds an address whose domain is a well-known one with a typing mistake."""

from __future__ import annotations

_WELL_KNOWN = (
    "gmail.com",
    "googlemail.com",
    "hotmail.com",
    "hotmail.de",
    "hotmail.es",
    "hotmail.fr",
    "icloud.com",
    "outlook.com",
    "outlook.de",
    "outlook.es",
    "outlook.fr",
    "yahoo.com",
    "yahoo.co.jp",
    "yahoo.de",
    "yahoo.es",
    "yahoo.fr",
    "docomo.ne.jp",
    "freenet.de",
    "gmx.de",
    "gmx.net",
    "laposte.net",
    "orange.fr",
    "t-online.de",
    "wanadoo.fr",
    "web.de",
    # Each of these looks like gmail.com with a mistake.
    "email.com",
    "mail.com",
    "ymail.com",
)


def correct_domain(address: str) -> str:
    """Returns a normalised address with the domain that the person may have meant, or "" without a mistake.

    A mistake is one letter too many, too few, or wrong, or two letters in the wrong order (a distance of 1 by
    Damerau and Levenshtein). A well-known domain has none.
    """
    local, _, domain = address.rpartition("@")
    if domain in _WELL_KNOWN:
        return ""
    meant = next((each for each in _WELL_KNOWN if _differ_by_one_mistake(domain, each)), "")
    return meant and f"{local}@{meant}"


def _differ_by_one_mistake(typed: str, meant: str) -> bool:
    """Returns whether two different texts differ by one mistake."""
    pairs = enumerate(zip(typed, meant, strict=False))
    start = next(
        (place for place, (typed_letter, letter) in pairs if typed_letter != letter),
        min(len(typed), len(meant)),
    )
    typed, meant = typed[start:], meant[start:]
    is_swapped = typed[:2] == meant[1::-1] and typed[2:] == meant[2:]
    return is_swapped or typed[1:] == meant or typed == meant[1:] or typed[1:] == meant[1:]
