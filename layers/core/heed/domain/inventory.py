"""Every place in which something about a person may stand, and what a purge does about it.

A test compares it with template.yaml, both ways: a new table, queue, bucket, bus or log group cannot be
forgotten, and neither can the time after which a store forgets by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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
        steps=("lift-requests", "mail-caps"),
    ),
    Store("LedgerTable", Holds.RECIPIENT, Cleared.BY_PURGE, steps=("ledger-evidence",)),
    Store("LedgerBucket", Holds.NOTHING, Cleared.NOT_NEEDED),
    Store("EventBus", Holds.RECIPIENT, Cleared.BY_TIME, 1),
    _queue("LaterQueue", Holds.RECIPIENT),
    _queue("LaterDeadLetters", Holds.RECIPIENT),
    _queue("SubscribeQueue", Holds.ADDRESS, 4),
    _queue("SubscribeDeadLetters", Holds.ADDRESS, 4),
    _queue("ConfirmedQueue", Holds.ADDRESS),
    _queue("ConfirmedDeadLetters", Holds.ADDRESS),
    _queue("OptInsQueue", Holds.ADDRESS),
    _queue("FeedbackQueue", Holds.ADDRESS),
    _queue("FeedbackDeadLetters", Holds.ADDRESS),
    _queue("UnlistQueue", Holds.ADDRESS, 4),
    _queue("UnlistDeadLetters", Holds.ADDRESS, 4),
    _queue("PurgeDeadLetters", Holds.NOTHING),
    _queue("LedgerDeadLetters", Holds.NOTHING),
    Store("FeedbackTopic", Holds.ADDRESS, Cleared.BY_TIME, 1),
    Store("AlarmTopic", Holds.NOTHING, Cleared.NOT_NEEDED),
    _log("ApiLogs"),
    _log("UnsubscribeLogs"),
    _log("UnsubscribeLaterLogs"),
    _log("PreferencesLogs"),
    _log("ResubscribeLogs"),
    _log("SendConfirmationLogs"),
    _log("FollowUpLogs"),
    _log("PlatformLogs"),
    _log("DeskLogs"),
    _log("PurgeLogs"),
    _log("UnlistLogs"),
    _log("FeedbackLogs"),
    _log("LedgerLogs"),
    _log("SealLogs"),
    _log("ReconcileLogs"),
)
"""All of them. SES's own suppression list is no resource of the template: `heed.actions.begin_epoch.SES`."""
