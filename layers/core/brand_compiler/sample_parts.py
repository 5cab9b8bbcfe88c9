"""The values that the samples of several pages share: names of topics, dates, notices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from heed.domain.milliseconds import Millis
from heed.entrypoints.http.pages.views import PageView, PolicyNotice

Sample = tuple[str, PageView]
"""The name of a page, and a view of it."""

Samples = dict[str, Sample]
"""By the name of the sample."""

BRAND = "Meridian Watches"
MAY = Millis(1_777_817_100_000)  # 3 May 2026, 14:05 UTC
JUNE = Millis(1_781_222_400_000)  # 12 June 2026
CENTRE = "/p/AQEAAAAA?lang="
MARKETING = ("offers", "news", "events", "research")
_NAMES_BY_KIND = {"marketing": MARKETING, "service": ("service",), "signal": ("targeted-advertising",)}


@dataclass(frozen=True)
class SampleParts:
    """The parts of one language.

    Attributes:
        language: the language.
        names: names of the topics, by their names in the project's sample.
        descriptions: descriptions of the topics, likewise.
    """

    language: str
    names: dict[str, str]
    descriptions: dict[str, str]

    @property
    def page(self) -> dict[str, Any]:
        """The fields that every page has."""
        return {"language": self.language, "brand": BRAND}

    @property
    def centre(self) -> str:
        """The path of the preference centre."""
        return CENTRE + self.language

    @property
    def policy(self) -> PolicyNotice:
        """A changed privacy policy."""
        return PolicyNotice(version="2026-07", effective="2026-07-01", summary=self.descriptions["news"])

    @property
    def notices(self) -> dict[str, Any]:
        """The fields of a page with all notices, behind a link with a campaign."""
        policy = self.policy
        return {
            "campaign": "may",
            "ref": "customer-4711",
            "subscribe_url": "/subscribe",
            "policy": policy,
            "update": policy,
        }


def make_sample_parts(language: str, topics: list[dict[str, Any]]) -> SampleParts:
    """Returns the parts of a language. The topics of another brand take the places of the sample's."""
    chosen: dict[str, dict[str, Any]] = {}
    for kind, names in _NAMES_BY_KIND.items():
        of_kind = [topic for topic in topics if topic["kind"] == kind and not topic["retired"]] or topics
        chosen |= {name: of_kind[place % len(of_kind)] for place, name in enumerate(names)}
    return SampleParts(
        language,
        {name: topic["names"][language] for name, topic in chosen.items()},
        {name: topic["descriptions"][language] for name, topic in chosen.items()},
    )
