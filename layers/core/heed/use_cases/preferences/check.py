"""May a topic be sent to these people now? What the marketing platform asks before each campaign."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from heed.domain.preferences.catalogue import Topic
from heed.domain.preferences.decision import Decision, decide
from heed.use_cases.identify import IdentifiedPerson
from heed.use_cases.ports.preferences import Preferences, UnreadableItem


class Unanswerable(StrEnum):
    """Why nothing can be said of someone; doubt is no."""

    INVALID = "invalid"  # no address, or no recipient id
    UNREADABLE = "unreadable"  # what is stored is not of our form


class CheckResult(NamedTuple):
    """The answer about one of those who were asked for."""

    person: IdentifiedPerson
    answer: Decision | Unanswerable


def check_sendable(
    people: Sequence[IdentifiedPerson], topic: Topic, now: int, preferences: Preferences
) -> list[CheckResult]:
    """The answers in the order of the question, read consistently, each recipient once.

    Raises:
        StoreUnavailable: not all could be read; then nothing is said of anyone.
    """
    records = preferences.read_many(one.recipient for one in people if one.recipient is not None)
    answers: dict[str, Decision | Unanswerable] = {
        recipient: Unanswerable.UNREADABLE
        if isinstance(record, UnreadableItem)
        else decide(record, topic, now)
        for recipient, record in records.items()
    }
    return [
        CheckResult(one, Unanswerable.INVALID if one.recipient is None else answers[one.recipient])
        for one in people
    ]
