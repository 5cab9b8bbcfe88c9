"""Who comes to a page. Light: the one-click path has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from heed.domain.preferences.catalogue import Catalogue
from heed.entrypoints.http import request
from heed.entrypoints.http.language import choose_language

_CAMPAIGN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")


@dataclass(frozen=True)
class PageVisit:
    """Who comes.

    Attributes:
        language: to answer in.
        campaign: of the link, or "".
        at: when, milliseconds.
        signal: whether the browser sent a privacy signal.
        has_form: whether there is a form for those without a link.
    """

    language: str
    campaign: str
    at: int
    signal: bool
    has_form: bool

    @classmethod
    def from_event(cls, event: Mapping[str, Any], catalogue: Catalogue, *, has_form: bool) -> PageVisit:
        """The visit that a request is."""
        return cls(
            choose_language(
                request.read_query(event, "lang"),
                request.read_header(event, "accept-language"),
                catalogue.languages,
                catalogue.default_language,
            ),
            read_campaign(request.read_query(event, "c")),
            request.arrived_at(event),
            request.sends_privacy_signal(event),
            has_form,
        )


def read_campaign(text: str) -> str:
    """The campaign of a link; "" for whatever /v1/links would not have made."""
    return text if 0 < len(text) <= 32 and _CAMPAIGN.issuperset(text) else ""
