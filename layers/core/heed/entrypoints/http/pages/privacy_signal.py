"""The privacy signal of a browser that opens a link (docs/decisions/0051-privacy-signal-on-get.md)."""

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
    note: ApplyPrivacySignal,
    spared: Collection[int] = (),
) -> Record:
    """What is on record once the signal of a browser's own navigation is written.

    Where it is not known to be written the page is shown all the same, of the record as it was read: it
    offers the press, and does not say that the request was honoured.
    """
    if not visit.signal or not request.is_navigation(event):
        return record
    try:
        return note(token, record, visit.at, visit.campaign, spared)
    except (DependencyUnavailable, UnreadableRecord) as error:
        count_metric("SignalNotRecorded")
        logger.warning("unavailable", error=type(error).__name__)
        return record
