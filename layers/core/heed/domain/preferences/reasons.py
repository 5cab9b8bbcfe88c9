"""Why something may not be sent, and the one table of those reasons that stop every mail to an address.

A new stop of the address is a kind of register (`StopKind`), a `Reason`, and a row of the table here; if it
can be lifted, a `LiftKind` of the same name and a `Liftable` too. What decides, lists, announces or refuses
reads the table; docs/architecture.md, "Where to change what", names the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import assert_never

from heed.domain.preferences.record import Record
from heed.domain.preferences.register import Entry, LiftKind, Register, StopKind


class Reason(StrEnum):
    """Why, in order of precedence: the first that applies is given."""

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
    """What an agent can lift."""

    UNDELIVERABLE = "undeliverable"
    HOLD = "hold"
    COMPLAINT = "complaint"  # never itself, but passed by a confirmed yes, scope by scope
    MINOR = "minor"


class AcceptedRequests(Enum):
    """Which of a person's requests are written while a stop stands."""

    ALL = auto()
    STOPS = auto()  # no *in*: nothing is sent whatever the person chooses
    NONE = auto()


@dataclass(frozen=True, slots=True)
class AddressStop:
    """What stops every mail to an address, service mail and advertising included.

    Attributes:
        reason: that a decision gives.
        register: that holds the latest.
        lift: the register that holds the latest lift; None: only a new epoch lifts it.
        takes: which requests are written while it stands.
    """

    reason: Reason
    register: Register
    lift: Register | None
    accepts: AcceptedRequests

    def active_entry(self, record: Record) -> Entry | None:
        """The entry by which it stands, unless there is none or a later lift."""
        entry = record.registers.get(self.register)
        if entry is None or self.lift is None:
            return entry
        return entry if entry.at >= record.at(self.lift) else None


_LIFTS = {kind.stop: Register(kind) for kind in LiftKind}


def _address_stop(kind: StopKind) -> AddressStop:
    match kind:
        case StopKind.MINOR:
            reason, takes = Reason.MINOR, AcceptedRequests.NONE
        case StopKind.HOLD:
            reason, takes = Reason.HOLD, AcceptedRequests.STOPS
        case StopKind.UNDELIVERABLE:
            reason, takes = Reason.UNDELIVERABLE, AcceptedRequests.ALL
        case _:
            assert_never(kind)
    return AddressStop(reason, Register(kind), _LIFTS.get(kind), takes)


_BY_REASON = {stop.reason: stop for stop in map(_address_stop, StopKind)}
if len(_BY_REASON) != len(StopKind):
    raise AssertionError("two kinds of stop have one reason, and one of them would stop nobody")
ADDRESS_STOPS = {reason: _BY_REASON[reason] for reason in Reason if reason in _BY_REASON}
"""Every stop of an address by its reason, in order of precedence."""
