"""A visit to a page. The one-click path imports this module, so its imports are few."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from heed.domain.links.link_hints import LinkHints, parse_ref
from heed.domain.milliseconds import Millis
from heed.domain.preferences.catalogue import Catalogue
from heed.entrypoints.http import request
from heed.entrypoints.http.language import choose_language

_CAMPAIGN_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")


@dataclass(frozen=True)
class PageVisit:
    """A person's request for a page.

    Attributes:
        language: The language of the answer.
        hints: The hints of the link.
        at: When the request arrived, in milliseconds.
        signal: Whether the browser sent a privacy signal.
        has_form: Whether the deployment has a form for people without a link.
    """

    language: str
    hints: LinkHints
    at: Millis
    signal: bool
    has_form: bool

    @classmethod
    def from_event(cls, event: Mapping[str, Any], catalogue: Catalogue, *, has_form: bool) -> PageVisit:
        """Returns the visit of a request."""
        return cls(
            choose_language(
                request.read_query(event, "lang"),
                request.read_header(event, "accept-language"),
                catalogue.languages,
                catalogue.default_language,
            ),
            _read_hints(event),
            request.arrived_at(event),
            request.sends_privacy_signal(event),
            has_form,
        )


def _read_hints(event: Mapping[str, Any]) -> LinkHints:
    return LinkHints(read_campaign(request.read_query(event, "c")), parse_ref(request.read_query(event, "r")))


def read_campaign(text: str) -> str:
    """Returns the campaign of a link; "" if it is not one that /v1/links accepts."""
    return text if 0 < len(text) <= 32 and _CAMPAIGN_CHARACTERS.issuperset(text) else ""
