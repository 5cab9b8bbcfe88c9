"""Which filters of a snapshot have a recipient."""

from __future__ import annotations

from collections.abc import Sequence

from heed.domain.milliseconds import Millis
from heed.domain.preferences.catalogue import Catalogue, Topic
from heed.domain.preferences.decision import decide
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import ALL_SCOPES, ScopeNumber


def snapshot_topics(catalogue: Catalogue) -> list[Topic]:
    """Returns the topics that have a filter: marketing topics in use that need no consent.

    About any other topic a snapshot answers "ask". Its filters have only people with a record, so they do not
    have everybody who did not consent.
    """
    return [topic for topic in catalogue.offered_topics(ALL_SCOPES) if topic.default_in]


def filters_of(record: Record, topics: Sequence[Topic], as_of: Millis) -> tuple[ScopeNumber, ...]:
    """Returns the filters that have a recipient: 0 (everything) alone, or the topics that are stopped.

    Time alone stops no topic: a topic that is not stopped now may be sent until the record changes. A record
    that cannot be read belongs in the filter 0.

    Args:
        record: the record of the recipient.
        topics: the topics that have a filter.
        as_of: the instant of the decision, milliseconds.
    """
    stopped = tuple(topic.number for topic in topics if not decide(record, topic, as_of).sendable)
    return (ALL_SCOPES,) if len(stopped) == len(topics) else stopped
