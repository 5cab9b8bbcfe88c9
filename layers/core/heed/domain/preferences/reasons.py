"""Reasons that forbid a mail, and the table of the reasons that stop all mail to an address.

A new suppression of the address needs a kind of register (`SuppressionKind`), a `Reason` and a row in this
table. If it can be lifted, it also needs a `LiftKind` of the same name and a `Liftable`. The code that
decides, lists, announces or refuses reads the table. docs/architecture.md, "Where to change what", names the
other places.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import assert_never

from heed.domain.preferences.kinds import LiftKind, SuppressionKind
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import Entry, Register


class Reason(StrEnum):
    """The reason of a decision. The order is the precedence: the first reason that applies is returned."""

    MINOR = "minor"
    HOLD = "hold"
    UNDELIVERABLE = "undeliverable"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"
    TOPIC_UNSUBSCRIBED = "topic_unsubscribed"
    PAUSED = "paused"
    NO_CONSENT = "no_consent"
    OK = "ok"


PRECEDENCE = tuple(Reason)


class Liftable(StrEnum):
    """The suppressions that a privacy officer can lift."""

    UNDELIVERABLE = "undeliverable"
    HOLD = "hold"
    COMPLAINT = "complaint"  # not deleted: newer confirmed opt-ins, scope by scope, take precedence
    MINOR = "minor"


class AcceptedRequests(Enum):
    """Which requests of a person are stored while a suppression is active."""

    ALL = auto()
    NO_OPT_INS = auto()  # the suppression applies to all mail, so an opt-in would have no effect
    NONE = auto()


@dataclass(frozen=True, slots=True)
class AddressSuppression:
    """A suppression of all mail to an address, including service mail and advertising.

    Attributes:
        reason: the reason that a decision returns.
        register: the register of the latest suppression.
        lift: the register of the latest lift; None if only an erasure lifts it.
        accepts: which requests are stored while the suppression is active.
    """

    reason: Reason
    register: Register
    lift: Register | None
    accepts: AcceptedRequests

    def active_entry(self, record: Record) -> Entry | None:
        """Returns the earliest entry of the suppression that is active (not lifted later), or None."""
        stops = record.stops(self.register)
        if stops and self.lift is not None:
            lifted_at = record.time_of(self.lift)
            stops = tuple(entry for entry in stops if entry.at >= lifted_at)
        return min(stops, key=lambda entry: entry.rank, default=None)


_LIFTS = {kind.suppression: Register(kind) for kind in LiftKind}


def _make_address_suppression(kind: SuppressionKind) -> AddressSuppression:
    match kind:
        case SuppressionKind.MINOR:
            reason, accepts = Reason.MINOR, AcceptedRequests.NONE
        case SuppressionKind.HOLD:
            reason, accepts = Reason.HOLD, AcceptedRequests.NO_OPT_INS
        case SuppressionKind.UNDELIVERABLE:
            reason, accepts = Reason.UNDELIVERABLE, AcceptedRequests.ALL
        case _:
            assert_never(kind)
    return AddressSuppression(reason, Register(kind), _LIFTS.get(kind), accepts)


_BY_REASON = {
    suppression.reason: suppression for suppression in map(_make_address_suppression, SuppressionKind)
}
if len(_BY_REASON) != len(SuppressionKind):
    raise AssertionError("two kinds of suppression have the same reason, so one of them would have no effect")
ADDRESS_SUPPRESSIONS = {reason: _BY_REASON[reason] for reason in Reason if reason in _BY_REASON}
"""All suppressions of an address by reason, in order of precedence."""
