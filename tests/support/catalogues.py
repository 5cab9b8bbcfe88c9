"""A catalogue with all features of a catalogue. It contains the numbers of the sample brand, and more."""

from __future__ import annotations

from typing import Any

from heed.domain.preferences.catalogue import Catalogue


def _topic(
    number: int,
    name: str,
    *,
    brand: int = 1,
    kind: str = "marketing",
    default: str = "in",
    retired: bool = False,
    follows: int | None = None,
) -> dict[str, Any]:
    return {
        "number": number,
        "name": name,
        "brand": brand,
        "kind": kind,
        "default": default,
        "retired": retired,
        "follows": follows,
        "names": {"en": name.title()},
        "descriptions": {"en": f"About {name}"},
    }


DATA: dict[str, Any] = {
    "default_language": "en",
    "languages": ["de", "en"],
    "default_brand": 1,
    "brands": [
        {"number": 1, "name": "meridian", "title": "Meridian Watches", "domain": "example.com"},
        {"number": 10, "name": "aurora", "title": "Aurora Clocks", "domain": "example.net"},
    ],
    "topics": [
        _topic(2, "offers"),
        _topic(3, "news"),
        _topic(4, "events"),
        _topic(5, "research", default="out"),
        _topic(6, "service", kind="service"),
        _topic(7, "targeted-advertising", brand=0, kind="signal"),
        _topic(11, "offers", brand=10),
        _topic(12, "straps", follows=2),
        _topic(13, "clasps", follows=12),  # a chain: clasps, straps, offers
        _topic(14, "catalogues", retired=True),
        _topic(15, "letters", follows=14),  # follows a retired topic
        _topic(16, "panels", default="out", follows=5),
        _topic(17, "news", brand=10, default="out"),
        _topic(18, "repairs", brand=10, kind="service"),
    ],
    "contact": {"mailbox": "contact@example.com"},
    "advertising": None,
    "policies": [
        {"version": "2", "effective": "2026-07-01", "material": True, "summary": {"en": "New"}},
        {"version": "1", "effective": "2020-01-01", "material": False, "summary": {"en": "Old"}},
    ],
}

CATALOGUE = Catalogue.from_document(DATA)
"""Two brands. Some topics are retired, follow another topic (also in a chain), or are out by default.

There are service topics and the topic of the privacy signal.
"""

SCOPES = (0, 1, 10, *(topic["number"] for topic in DATA["topics"]))
"""All scope numbers of the catalogue."""
