"""What is held about a person, and what follows from it: the answer to a data-subject request."""

from __future__ import annotations

from typing import NamedTuple

from heed.actions.ports import Preferences
from heed.actions.ports_ledger import Kept, Ledger
from heed.domain.catalogue import Catalogue
from heed.domain.decision import Decision, decide
from heed.domain.ledger_entry import subject_of
from heed.domain.record import Record


class Found(NamedTuple):
    """All that is on record of a recipient.

    Attributes:
        record: the registers.
        decisions: by the name of each topic in use.
        history: the entries of the ledger, the oldest first; none of before an erasure.
    """

    record: Record
    decisions: dict[str, Decision]
    history: list[Kept]


def lookup(
    recipient: str, now: int, preferences: Preferences, ledger: Ledger, catalogue: Catalogue
) -> Found:
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
    # Without a salt there is nobody to whom an entry could be linked.
    history = ledger.of(subject_of(record.salt, recipient)) if record.salt else []
    return Found(record, decisions, history)
