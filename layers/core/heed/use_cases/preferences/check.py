"""Answers the question of a marketing platform before a campaign: who may get mail about this topic now?"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from heed.domain.milliseconds import Millis
from heed.domain.preferences.catalogue import Topic
from heed.domain.preferences.decision import Decision, decide
from heed.use_cases.identify import IdentifiedPerson
from heed.use_cases.ports.preferences import Preferences, UnreadableItem


class Unanswerable(StrEnum):
    """Why there is no decision about a person. The platform must not send mail to them."""

    INVALID = "invalid"  # the address or the recipient id is not valid
    UNREADABLE = "unreadable"  # the stored item is not a valid record


class CheckResult(NamedTuple):
    """The answer for one person."""

    person: IdentifiedPerson
    answer: Decision | Unanswerable


def check_sendable(
    people: Sequence[IdentifiedPerson], topic: Topic, now: Millis, preferences: Preferences
) -> list[CheckResult]:
    """Returns an answer for each person, in the same order. Reads are consistent, one for each recipient.

    Raises:
        StoreUnavailable: Not all records could be read. There are no partial answers.
    """
    records = preferences.read_many(person.recipient for person in people if person.recipient is not None)
    answers: dict[str, Decision | Unanswerable] = {
        recipient: Unanswerable.UNREADABLE
        if isinstance(record, UnreadableItem)
        else decide(record, topic, now)
        for recipient, record in records.items()
    }
    return [
        CheckResult(person, Unanswerable.INVALID if person.recipient is None else answers[person.recipient])
        for person in people
    ]
