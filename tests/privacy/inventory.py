"""The inventory of all stores that may hold personal data, and what a purge does in each.

A test compares it with template.yaml in both directions. So nobody can forget a new table, queue, bucket, bus
or log group, or the time after which a store deletes by itself. The table `Control` has rows of many kinds.
Another test compares them with the rows that the functions write.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from heed.domain.privacy.purge import BACKUP_DAYS


class Holds(StrEnum):
    """The kind of personal data that a store may hold."""

    NOTHING = "nothing"
    RECIPIENT = "recipient id"  # a keyed hash
    ADDRESS = "address"  # in transit, encrypted


class Cleared(StrEnum):
    """How personal data leaves a store."""

    AT_ONCE = "by the one write"
    BY_PURGE = "by the purge"
    BY_TIME = "by time"
    NOT_NEEDED = "holds nobody"


@dataclass(frozen=True, slots=True)
class Store:
    """A store.

    Attributes:
        name: logical id in template.yaml.
        holds: the kind of personal data that it may hold.
        cleared: how personal data leaves it.
        days: for how many days at most data stays without a purge; None: without end.
        steps: names of the steps of a purge in this store, as in certificates.
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
        prefix: prefix of their keys.
        holds: the kind of personal data that they may hold.
        cleared: how personal data leaves them.
        step: name of the step of a purge, as in certificates.
    """

    prefix: str
    holds: Holds
    cleared: Cleared
    step: str = ""


CONTROL = (
    Rows("key#", Holds.NOTHING, Cleared.NOT_NEEDED),
    # A session of the desk: the name of a person at work and a keyed hash of their account, for eight hours.
    # It has the issuer's refresh token only encrypted, with a key that is in the person's cookie alone.
    Rows("desk#", Holds.NOTHING, Cleared.NOT_NEEDED),
    Rows("disclosure#", Holds.NOTHING, Cleared.NOT_NEEDED),  # the number of people, without their ids
    Rows(
        "reports#", Holds.NOTHING, Cleared.NOT_NEEDED
    ),  # the number of minors that a key, or the sender of mails (a keyed hash), reported, without their ids
    Rows("answers#", Holds.NOTHING, Cleared.NOT_NEEDED),  # a keyed hash of the sender of a mail
    Rows("forwards#", Holds.NOTHING, Cleared.NOT_NEEDED),
    Rows(
        "cases#", Holds.NOTHING, Cleared.NOT_NEEDED
    ),  # a keyed hash of the sender of a mail, or of its domain
    Rows("numbers#", Holds.NOTHING, Cleared.NOT_NEEDED),  # counts by topic, source and campaign
    Rows("seen#", Holds.NOTHING, Cleared.NOT_NEEDED),  # the id of an event, which is no id of a person
    Rows("campaign#", Holds.NOTHING, Cleared.NOT_NEEDED),  # the name that an API key gave to its links
    Rows("campaigns#", Holds.NOTHING, Cleared.NOT_NEEDED),
    Rows("mails#network#", Holds.NOTHING, Cleared.NOT_NEEDED),  # a keyed hash of the network
    Rows("mails#key#", Holds.NOTHING, Cleared.NOT_NEEDED),  # the id of an API key
    Rows("mails#all", Holds.NOTHING, Cleared.NOT_NEEDED),
    # The subject in the ledger, until the last step of the purge. After that no personal data.
    Rows("purge#", Holds.RECIPIENT, Cleared.BY_PURGE),
    # The recipient of a case, until its decision. After that no personal data.
    Rows("case#", Holds.RECIPIENT, Cleared.BY_PURGE, "cases"),
    Rows("job#", Holds.NOTHING, Cleared.NOT_NEEDED),  # counts, and words that cannot be part of an address
    Rows("job-files#", Holds.NOTHING, Cleared.NOT_NEEDED),
    Rows("bulk-writer", Holds.NOTHING, Cleared.NOT_NEEDED),  # the id of a job
    Rows("lift#", Holds.RECIPIENT, Cleared.BY_PURGE, "lift-requests"),
    Rows("mails#in#", Holds.RECIPIENT, Cleared.BY_PURGE, "mail-caps"),
    Rows("mails#out#", Holds.RECIPIENT, Cleared.BY_PURGE, "mail-caps"),
    Rows("mails#of#", Holds.RECIPIENT, Cleared.BY_PURGE, "mail-caps"),
    Rows("notified#", Holds.RECIPIENT, Cleared.BY_PURGE, "opt-in-notifications"),
    # The position of a walk over the SES list. The token of SES may hold an address, so it is encrypted.
    Rows("ses-list", Holds.ADDRESS, Cleared.BY_TIME),
    # The reconciler's checkpoint: the id of the last recipient it read. It reveals only that this id exists.
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
    # Mails. A purge deletes those of the person's cases.
    Store("MailboxBucket", Holds.ADDRESS, Cleared.BY_PURGE, 45, ("cases",)),
    # Files of jobs. They go a day after the end of the job, so a purge need not find a person in them.
    Store("BulkBucket", Holds.ADDRESS, Cleared.BY_TIME, 2),
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
    _queue("MailboxQueue", Holds.ADDRESS),
    _queue("MailboxDeadLetters", Holds.ADDRESS),
    _queue("SesListQueue", Holds.ADDRESS),
    _queue("SesListDeadLetters", Holds.ADDRESS),
    _queue("PurgeDeadLetters", Holds.NOTHING),
    _queue("LedgerDeadLetters", Holds.NOTHING),
    _queue("NumbersQueue", Holds.RECIPIENT),
    _queue("NumbersDeadLetters", Holds.RECIPIENT),
    _queue("WebhookQueue", Holds.RECIPIENT),
    _queue("WebhookDeadLetters", Holds.RECIPIENT),
    Store(
        "FeedbackTopic", Holds.ADDRESS, Cleared.BY_TIME, 23
    ),  # SNS retries the delivery to a queue for so long
    Store("MailboxTopic", Holds.ADDRESS, Cleared.BY_TIME, 23),
    Store("AlarmTopic", Holds.NOTHING, Cleared.NOT_NEEDED),
    _log("BulkLogs"),
    _log("ApiLogs"),
    _log("UnsubscribeLogs"),
    _log("OptOutRetryLogs"),
    _log("PreferencesLogs"),
    _log("ResubscribeLogs"),
    _log("SendConfirmationLogs"),
    _log("AfterConfirmationLogs"),
    _log("PlatformLogs"),
    _log("AgentsLogs"),
    _log("CasesLogs"),
    _log("DeskLogs"),
    _log("JobsLogs"),
    _log("MailboxLogs"),
    _log("PurgeLogs"),
    _log("SesListLogs"),
    _log("FeedbackLogs"),
    _log("LedgerLogs"),
    _log("NumbersLogs"),
    _log("WebhookLogs"),
    _log("SealLogs"),
    _log("ReconcileLogs"),
)
"""All stores in template.yaml."""

OUTSIDE = (
    Store("SesSuppressionList", Holds.ADDRESS, Cleared.BY_PURGE, steps=("ses-suppression-list",)),
    Store("Backups", Holds.RECIPIENT, Cleared.BY_TIME, BACKUP_DAYS),  # of the three tables
)
"""Stores without a resource in the template: the SES list of the account and of tenants, and the backups."""
