"""Records the privacy signal of a browser (docs/decisions/0051-privacy-signal-on-get.md)."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from heed.domain.errors import DependencyUnavailable, UnreadableRecord
from heed.entrypoints.http import request
from heed.entrypoints.observability import count_metric, logger

if TYPE_CHECKING:
    from heed.domain.links.link_token import LinkToken
    from heed.domain.preferences.record import Record
    from heed.entrypoints.http.pages.visit import PageVisit
    from heed.use_cases.preferences.apply_privacy_signal import ApplyPrivacySignal


def record_signal(
    event: dict[str, Any],
    visit: PageVisit,
    token: LinkToken,
    record: Record,
    apply_signal: ApplyPrivacySignal,
    excluded_topics: Collection[int] = (),
) -> Record:
    """Records the signal if a browser opens the page for a person.

    Args:
        event: The event of Lambda, payload format 2.0.
        visit: The visit.
        token: The token of the link.
        record: The record as it was read for this visit.
        apply_signal: The use case that records the signal.
        excluded_topics: Numbers of topics to which the signal is not applied.

    Returns:
        The record after the signal. If the store does not respond, the record as it was read: the page then
        offers a button and does not claim that the signal was honoured.
    """
    if not visit.signal or not request.is_navigation(event):
        return record
    try:
        return apply_signal(token, record, visit.at, visit.hints, excluded_topics)
    except (DependencyUnavailable, UnreadableRecord) as error:
        count_metric("SignalNotRecorded")
        logger.warning("unavailable", error=type(error).__name__)
        return record
