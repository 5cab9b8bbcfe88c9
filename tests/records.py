"""A catalogue with every turn that one can take, and records of any shape, for properties."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from heed.domain.catalogue import Catalogue
from heed.domain.record import Record
from heed.domain.register import DAY, Entry, Source


def _topic(number: int, name: str, brand: int | None = 1, **more: Any) -> dict[str, Any]:
    return {
        "number": number,
        "name": name,
        "brand": brand,
        "kind": "marketing",
        "default": "in",
        "retired": False,
        "follows": None,
        "names": {"en": name},
        "descriptions": {"en": name},
        **more,
    }


CATALOGUE = Catalogue.of(
    {
        "brands": [
            {"number": 1, "name": "meridian", "title": "Meridian", "domain": "example.com"},
            {"number": 10, "name": "zenith", "title": "Zenith", "domain": "example.org"},
        ],
        "default_brand": 1,
        "languages": ["en"],
        "default_language": "en",
        "policies": [
            {"version": "2026-01", "effective": "2026-01-15", "material": False, "summary": {}}
        ],
        "topics": [
            _topic(2, "offers"),
            _topic(3, "news"),
            _topic(4, "old-news", retired=True),
            _topic(5, "research", default="out"),
            _topic(6, "service", kind="service"),
            _topic(7, "targeted-advertising", None, kind="signal"),
            _topic(8, "flash-offers", follows=2),
            _topic(9, "last-call", follows=8),
            _topic(11, "letters", 10),
        ],
    }
)

NOW = 100 * DAY
_INSTANTS = st.sampled_from([0, 1, 2, 3, NOW - DAY, NOW - 1])
_SCOPES = sorted({0, *CATALOGUE.brands, *CATALOGUE.topics, 99})
_NAMES = [f"{kind}:{scope}" for kind in "oipk" for scope in _SCOPES] + [
    "x:complaint",
    "x:undeliverable",
    "x:hold",
    "l:undeliverable",
    "l:hold",
]


@st.composite
def records(draw: st.DrawFn, minors: bool = True) -> Record:
    """Records with few instants, so that ties are common; some soft bounces."""
    registers = {}
    for name in draw(st.lists(st.sampled_from(_NAMES), max_size=8, unique=True)):
        until = draw(st.sampled_from([NOW - 1, NOW, NOW + 1, NOW + DAY]))
        source = draw(st.sampled_from([Source.LINK, Source.PHONE]))
        pause = until if name.startswith("p:") else None
        registers[name] = Entry(draw(_INSTANTS), source, "{}", until=pause)
    if minors and draw(st.integers(0, 9)) == 0:
        registers["x:minor"] = Entry(1, Source.AGE_REPORT, "{}")
    soft = draw(st.frozensets(st.integers(90, 99)))
    return Record(registers, soft=soft, n=1)
