"""The step after a save that turns something on: a link alone only stops mail, so a mail has to confirm it.

The page is the form for people without a link, with these topics chosen. A browser is redirected to it
(`GET /p/{token}?confirm=…`), so that the person can reload it and come back to it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from heed.domain.errors import InvalidToken, KeysUnavailable
from heed.domain.links.link_token import LinkToken, TokenPurpose, verify_link_token
from heed.domain.milliseconds import Millis
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.preferences.catalogue import Catalogue, Topic
from heed.domain.preferences.decision import decide
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import ScopeNumber
from heed.entrypoints.http import request
from heed.entrypoints.http.pages import link_views, views
from heed.entrypoints.http.pages.visit import PageVisit
from heed.use_cases.opt_in.request_confirmation import resumable_scopes, selectable_topics
from heed.use_cases.ports.keys import LinkKeys
from heed.use_cases.preferences.save_preferences import SaveResult

_MAX_NAMES = 3  # topics in the title of the page
_MAX_QUERY = 4_096  # characters; a brand has at most 400 topics


@dataclass(frozen=True, slots=True)
class PendingConsent:
    """What needs a confirmation mail.

    Attributes:
        topics: The topics to turn on.
        resume: The scopes whose pause ends.
        is_rest_saved: Whether the same form saved other changes.
    """

    topics: tuple[Topic, ...]
    resume: tuple[ScopeNumber, ...]
    is_rest_saved: bool

    @classmethod
    def from_result(cls, result: SaveResult) -> PendingConsent | None:
        """Returns what a saved form leaves to confirm, or None."""
        pending = cls(result.topics_to_confirm, result.scopes_to_resume, result.is_changed)
        return pending if pending.topics or pending.resume else None

    @classmethod
    def from_event(
        cls, event: Mapping[str, Any], record: Record, catalogue: Catalogue, now: Millis
    ) -> PendingConsent | None:
        """Returns what the query of a page names and the record does not have yet, or None."""
        topics = (catalogue.topics[n] for n in _read_numbers(event, "confirm", selectable_topics(catalogue)))
        pauses = _read_numbers(event, "resume", resumable_scopes(catalogue))
        pending = cls(
            tuple(topic for topic in topics if not decide(record, topic, now).sendable),
            tuple(n for n in pauses if (pause := record.pause(n)) and (pause.until or 0) > now),
            request.read_query(event, "saved") == "1" and link_views.was_saved_lately(record, now),
        )
        return pending if pending.topics or pending.resume else None

    def to_query(self) -> str:
        """Returns the query that `from_event` reads."""
        numbers = {"confirm": [topic.number for topic in self.topics], "resume": self.resume}
        fields = {name: "-".join(map(str, found)) for name, found in numbers.items() if found}
        return urlencode(fields | ({"saved": "1"} if self.is_rest_saved else {}))


def _read_numbers(event: Mapping[str, Any], name: str, allowed: Collection[ScopeNumber]) -> list[ScopeNumber]:
    texts = set(request.read_query(event, name)[:_MAX_QUERY].split("-"))
    return [number for number in sorted(allowed) if str(number) in texts]


def consent_url(visit: PageVisit, token: LinkToken, keys: LinkKeys, pending: PendingConsent) -> str:
    """Returns the URL of the page."""
    return f"{link_views.preferences_url(visit, token, keys)}&{pending.to_query()}"


def consent_view(
    visit: PageVisit,
    token: LinkToken,
    record: Record,
    catalogue: Catalogue,
    keys: LinkKeys,
    pending: PendingConsent,
) -> views.SubscribeView:
    """Returns the view of the page."""
    signal = link_views.make_signal_notice(visit, record, catalogue)
    return views.SubscribeView(
        **{
            **link_views.make_page_fields(visit, catalogue),
            **consent_fields(visit, token, pending.topics, catalogue, keys),
            "brand": link_views.common_brand(pending.topics, catalogue).title,
            "subscribe_url": link_views.form_url(visit),
            "page_url": f"?{pending.to_query()}&",
        },
        intent=Intent.IN,
        topics=tuple(
            link_views.topic_option(visit, topic, catalogue, chosen=True) for topic in pending.topics
        ),
        resume=",".join(map(catalogue.scope_name, pending.resume)),
        is_rest_saved=pending.is_rest_saved,
        signal=signal is views.SignalNotice.APPLIED,
    )


def consent_fields(
    visit: PageVisit, token: LinkToken, topics: Collection[Topic], catalogue: Catalogue, keys: LinkKeys
) -> dict[str, Any]:
    """Returns the fields that a form has only if the person comes from the preference centre."""
    text = link_views.preferences_token(token, keys)
    names = tuple(link_views.topic_name(topic, catalogue, visit.language) for topic in topics)
    return {
        "consent": True,
        "consent_names": names if len(names) <= _MAX_NAMES else (),
        "preferences": text,
        "preferences_url": link_views.preferences_path(visit, text),
    }


def fields_of_origin(
    visit: PageVisit, text: str, topics: Collection[Topic], catalogue: Catalogue, keys: LinkKeys
) -> dict[str, Any]:
    """Returns these fields for the token in a form; nothing if it is not valid or cannot be verified."""
    try:
        token = verify_link_token(text, TokenPurpose.PREFERENCES, keys.link_key)
        return consent_fields(visit, token, topics, catalogue, keys)
    except (InvalidToken, KeysUnavailable):
        return {}
