"""Who comes to a page. Light: the one-click path has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from heed.domain.preferences.catalogue import Catalogue
from heed.entrypoints.http import request
from heed.entrypoints.http.language import choose

_CAMPAIGN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")


@dataclass(frozen=True)
class Visit:
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
    def of(cls, event: Mapping[str, Any], catalogue: Catalogue, *, has_form: bool) -> Visit:
        """The visit that a request is."""
        return cls(
            choose(
                request.query(event, "lang"),
                request.header(event, "accept-language"),
                catalogue.languages,
                catalogue.default_language,
            ),
            campaign(request.query(event, "c")),
            request.at(event),
            request.signals(event),
            has_form,
        )


def campaign(text: str) -> str:
    """The campaign of a link; "" for whatever /v1/links would not have made."""
    return text if 0 < len(text) <= 32 and _CAMPAIGN.issuperset(text) else ""
