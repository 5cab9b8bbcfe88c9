"""The privacy signal of a browser (GPC, DNT). It stops targeted advertising, unless the person allowed it."""

from __future__ import annotations

from heed.domain.preferences.catalogue import Catalogue, Topic
from heed.domain.preferences.decision import active_opt_out, decide_by_choice
from heed.domain.preferences.evidence import has_evidence_flag
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import Change, Entry, Source, opt_in_register, opt_out_register

SIGNAL_FLAG = "signal"
"""Part of the evidence of a confirmation: the browser sent the signal with the press."""


def has_signal_exception(record: Record, topic: Topic) -> bool:
    """Whether the person confirmed an opt-in to this topic while the browser sent the signal.

    If the opt-in is still valid, later signals change nothing.
    """
    entry = record.get(opt_in_register(topic.number))
    if (
        entry is None
        or entry.source is not Source.CONFIRMATION
        or not has_evidence_flag(entry.evidence, SIGNAL_FLAG)
    ):
        return False
    return decide_by_choice(record, topic).sendable


def is_signal_honoured(record: Record, catalogue: Catalogue) -> bool:
    """Whether the record has an active opt-out for each topic that the signal stops."""
    return all(active_opt_out(record, topic, topic.number) for topic in catalogue.signal_topics())


def signal_changes(record: Record, catalogue: Catalogue, entry: Entry) -> list[Change]:
    """Returns the changes by the signal that a browser sends with a press.

    The changes include topics that are stopped already, because an older opt-in may still arrive.
    """
    topics = (topic for topic in catalogue.signal_topics() if not has_signal_exception(record, topic))
    return [Change(opt_out_register(topic.number), entry) for topic in topics]


def missing_signal_changes(record: Record, catalogue: Catalogue, entry: Entry) -> list[Change]:
    """Returns the changes by the signal that a browser sends when it opens a page.

    The changes do not include topics that are stopped already.
    """
    topics = (t for t in catalogue.signal_topics() if not active_opt_out(record, t, t.number))
    return [
        Change(opt_out_register(topic.number), entry)
        for topic in topics
        if not has_signal_exception(record, topic)
    ]
