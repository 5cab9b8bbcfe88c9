"""What a browser's privacy signal (GPC, DNT) stops: targeted advertising, and one yes is stronger than it."""

from __future__ import annotations

from heed.domain.preferences.catalogue import Catalogue, Topic
from heed.domain.preferences.decision import active_opt_out, decide_by_choice
from heed.domain.preferences.evidence import has_evidence_flag
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import Change, Entry, Source, opted_in, opted_out

SIGNAL_FLAG = "signal"
"""The part of a confirmation's evidence that says whether the browser sent the signal with the press."""


def has_signal_exception(record: Record, topic: Topic) -> bool:
    """Whether a yes stands that was confirmed while the signal was sent: the signal says nothing new then."""
    entry = record.get(opted_in(topic.number))
    if (
        entry is None
        or entry.source is not Source.CONFIRMATION
        or not has_evidence_flag(entry.evidence, SIGNAL_FLAG)
    ):
        return False
    return decide_by_choice(record, topic).sendable


def is_signal_honoured(record: Record, catalogue: Catalogue) -> bool:
    """Whether everything that the signal stops is stopped on record."""
    return all(active_opt_out(record, topic, topic.number) for topic in catalogue.signals())


def signal_changes(record: Record, catalogue: Catalogue, entry: Entry) -> list[Change]:
    """What the signal of a press changes.

    It is written where advertising is off already, too: an older yes may still be on its way.
    """
    topics = (topic for topic in catalogue.signals() if not has_signal_exception(record, topic))
    return [Change(opted_out(topic.number), entry) for topic in topics]


def missing_signal_changes(record: Record, catalogue: Catalogue, entry: Entry) -> list[Change]:
    """What the signal of somebody who only looks changes: nothing where it stands already."""
    topics = (t for t in catalogue.signals() if not active_opt_out(record, t, t.number))
    return [
        Change(opted_out(topic.number), entry) for topic in topics if not has_signal_exception(record, topic)
    ]
