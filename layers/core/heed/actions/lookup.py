"""What is held about a person, and what follows from it: the answer to a data-subject request."""

from __future__ import annotations

from typing import NamedTuple

from heed.actions.ports import Preferences
from heed.domain.catalogue import Catalogue
from heed.domain.decision import Decision, decide
from heed.domain.record import Record


class Found(NamedTuple):
    """All that is on record of a recipient; the decision by the name of each topic in use."""

    record: Record
    decisions: dict[str, Decision]


def lookup(recipient: str, now: int, preferences: Preferences, catalogue: Catalogue) -> Found:
    """What is held of a recipient; an empty record for nobody.

    Raises:
        StoreUnavailable, UnreadableRecord: it cannot be told.
    """
    record = preferences.read(recipient)
    decisions = {
        catalogue.name(topic.number): decide(record, topic, now)
        for topic in catalogue.topics.values()
        if not topic.retired
    }
    return Found(record, decisions)
