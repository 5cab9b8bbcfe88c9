"""What a browser's privacy signal (GPC, DNT) stops: targeted advertising, and one yes is stronger than it."""

from __future__ import annotations

from heed.domain.preferences.catalogue import Catalogue, Topic
from heed.domain.preferences.decision import chosen, out_stands
from heed.domain.preferences.evidence import says
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import Change, Entry, Source, in_, out

PROOF = "signal"
"""The part of a confirmation's evidence that says whether the browser sent the signal with the press."""


def is_kept(record: Record, topic: Topic) -> bool:
    """Whether a yes stands that was confirmed while the signal was sent: the signal says nothing new then."""
    entry = record.get(in_(topic.number))
    if entry is None or entry.source is not Source.CONFIRMATION or not says(entry.evidence, PROOF):
        return False
    return chosen(record, topic).sendable


def is_honoured(record: Record, catalogue: Catalogue) -> bool:
    """Whether everything that the signal stops is stopped on record."""
    return all(out_stands(record, topic, topic.number) for topic in catalogue.signals())


def stopped(record: Record, catalogue: Catalogue, entry: Entry) -> list[Change]:
    """What the signal of a press changes.

    It is written where advertising is off already, too: an older yes may still be on its way.
    """
    topics = (topic for topic in catalogue.signals() if not is_kept(record, topic))
    return [Change(out(topic.number), entry) for topic in topics]


def missing(record: Record, catalogue: Catalogue, entry: Entry) -> list[Change]:
    """What the signal of somebody who only looks changes: nothing where it stands already."""
    topics = (t for t in catalogue.signals() if not out_stands(record, t, t.number))
    return [Change(out(topic.number), entry) for topic in topics if not is_kept(record, topic)]
