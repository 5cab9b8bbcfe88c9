"""Answers the question of a marketing platform before a campaign: who may get mail about this topic now?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

from heed.domain.milliseconds import Millis
from heed.domain.preferences.catalogue import Topic
from heed.domain.preferences.decision import Decision, decide
from heed.domain.preferences.record import EMPTY_RECORD
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
    known = (person.recipient for person in people if person.recipient is not None)
    answers = check_recipients(known, topic, now, preferences)
    return [
        CheckResult(person, Unanswerable.INVALID if person.recipient is None else answers[person.recipient])
        for person in people
    ]


def check_recipients(
    recipients: Iterable[str], topic: Topic, now: Millis, preferences: Preferences
) -> dict[str, Decision | Unanswerable]:
    """Returns an answer for each recipient id. Reads are consistent, one for each recipient.

    All recipients without a record have the same answer object.

    Raises:
        StoreUnavailable: Not all records could be read. There are no partial answers.
    """
    of_unknown = decide(EMPTY_RECORD, topic, now)
    answers: dict[str, Decision | Unanswerable] = {}
    for recipient, record in preferences.read_many(recipients).items():
        if record is EMPTY_RECORD:
            answers[recipient] = of_unknown
        elif isinstance(record, UnreadableItem):
            answers[recipient] = Unanswerable.UNREADABLE
        else:
            answers[recipient] = decide(record, topic, now)
    return answers
