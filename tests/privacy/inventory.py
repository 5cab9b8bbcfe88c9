"""Every place in which something about a person may stand, and what a purge does about it.

A test compares it with template.yaml, both ways: a new table, queue, bucket, bus or log group cannot be
forgotten, and neither can the time after which a store forgets by itself. The table `Control` has rows of
many kinds: another test compares them with what the functions write.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from heed.domain.privacy.purge import BACKUP_DAYS


class Holds(StrEnum):
    """What of a person may be in a store."""

    NOTHING = "nothing"
    RECIPIENT = "recipient id"  # a keyed hash
    ADDRESS = "address"  # in transit, encrypted


class Cleared(StrEnum):
    """How a purge, or time, ends what is there."""

    AT_ONCE = "by the one write"
    BY_PURGE = "by the purge"
    BY_TIME = "by time"
    NOT_NEEDED = "holds nobody"


@dataclass(frozen=True, slots=True)
class Store:
    """A store.

    Attributes:
        name: logical id in template.yaml.
        holds: what of a person may be in it.
        cleared: how that ends.
        days: the longest that it stays without a purge; None: without end.
        steps: what the purge calls its work there, as certificates have it.
    """

    name: str
    holds: Holds
    cleared: Cleared
    days: int | None = None
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rows:
    """A kind of row in the table `Control`.

    Attributes:
        prefix: what their keys begin with.
        holds: what of a person may be in them.
        cleared: how that ends.
        step: what the purge calls its work there, as certificates have it.
    """

    prefix: str
    holds: Holds
    cleared: Cleared
    step: str = ""


CONTROL = (
    Rows("key#", Holds.NOTHING, Cleared.NOT_NEEDED),
    Rows("disclosure#", Holds.NOTHING, Cleared.NOT_NEEDED),  # how many people, never who
    Rows("reports#", Holds.NOTHING, Cleared.NOT_NEEDED),  # how many minors a key reported, never who
    Rows("mails#network#", Holds.NOTHING, Cleared.NOT_NEEDED),  # under a key
    Rows("mails#all", Holds.NOTHING, Cleared.NOT_NEEDED),
    # The subject in the ledger, until the purge's own last step; then nothing personal.
    Rows("purge#", Holds.RECIPIENT, Cleared.BY_PURGE),
    Rows("lift#", Holds.RECIPIENT, Cleared.BY_PURGE, "lift-requests"),
    Rows("mails#in#", Holds.RECIPIENT, Cleared.BY_PURGE, "mail-caps"),
    Rows("mails#out#", Holds.RECIPIENT, Cleared.BY_PURGE, "mail-caps"),
    Rows("mails#of#", Holds.RECIPIENT, Cleared.BY_PURGE, "mail-caps"),
    Rows("told#", Holds.RECIPIENT, Cleared.BY_PURGE, "opt-ins-told"),
    # Where a walk over SES's list goes on: in SES's words, which may hold an address, encrypted.
    Rows("ses-list", Holds.ADDRESS, Cleared.BY_TIME),
    # The id of the last that a walk has seen, until the next hour; it says that an item has that id.
    Rows("reconcile", Holds.RECIPIENT, Cleared.BY_TIME),
)
"""All kinds of rows in the table `Control`."""


def _queue(name: str, holds: Holds, days: int = 14) -> Store:
    return Store(name, holds, Cleared.BY_TIME, days)


def _log(name: str) -> Store:
    return Store(name, Holds.NOTHING, Cleared.NOT_NEEDED, 30)


STORES = (
    Store("PreferencesTable", Holds.RECIPIENT, Cleared.AT_ONCE),
    Store(
        "ControlTable",
        Holds.RECIPIENT,
        Cleared.BY_PURGE,
        steps=tuple(dict.fromkeys(rows.step for rows in CONTROL if rows.step)),
    ),
    Store("LedgerTable", Holds.RECIPIENT, Cleared.BY_PURGE, steps=("ledger-evidence",)),
    Store("LedgerBucket", Holds.NOTHING, Cleared.NOT_NEEDED),
    Store("EventBus", Holds.RECIPIENT, Cleared.BY_TIME, 1),
    _queue("OptOutRetryQueue", Holds.RECIPIENT),
    _queue("OptOutRetryDeadLetters", Holds.RECIPIENT),
    _queue("ConfirmationRequestsQueue", Holds.ADDRESS, 4),
    _queue("WaitingQueue", Holds.ADDRESS, 4),
    _queue("ConfirmationRequestsDeadLetters", Holds.ADDRESS, 4),
    _queue("ConfirmedOptInsQueue", Holds.ADDRESS),
    _queue("ConfirmedOptInsDeadLetters", Holds.ADDRESS),
    _queue("OptInNotificationsQueue", Holds.ADDRESS),
    _queue("FeedbackQueue", Holds.ADDRESS),
    _queue("FeedbackDeadLetters", Holds.ADDRESS),
    _queue("SesListQueue", Holds.ADDRESS),
    _queue("SesListDeadLetters", Holds.ADDRESS),
    _queue("PurgeDeadLetters", Holds.NOTHING),
    _queue("LedgerDeadLetters", Holds.NOTHING),
    Store("FeedbackTopic", Holds.ADDRESS, Cleared.BY_TIME, 23),  # as long as SNS tries a queue
    Store("AlarmTopic", Holds.NOTHING, Cleared.NOT_NEEDED),
    _log("ApiLogs"),
    _log("UnsubscribeLogs"),
    _log("OptOutRetryLogs"),
    _log("PreferencesLogs"),
    _log("ResubscribeLogs"),
    _log("SendConfirmationLogs"),
    _log("AfterConfirmationLogs"),
    _log("PlatformLogs"),
    _log("AgentsLogs"),
    _log("PurgeLogs"),
    _log("SesListLogs"),
    _log("FeedbackLogs"),
    _log("LedgerLogs"),
    _log("SealLogs"),
    _log("ReconcileLogs"),
)
"""All that template.yaml makes."""

OUTSIDE = (
    Store("SesSuppressionList", Holds.ADDRESS, Cleared.BY_PURGE, steps=("ses-suppression-list",)),
    Store("Backups", Holds.RECIPIENT, Cleared.BY_TIME, BACKUP_DAYS),  # of the three tables
)
"""What no resource of the template is: SES keeps it for the account, DynamoDB behind each table."""
