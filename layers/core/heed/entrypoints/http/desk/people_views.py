"""The views of the pages about a person."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import Source


class MaySend(StrEnum):
    """The answer to "may we send?"."""

    ALL = "all"  # every topic
    SOME = "some"  # some of the marketing topics
    SERVICE = "service"  # no marketing, but service mail
    NOTHING = "nothing"


class Saying(StrEnum):
    """What the agent can read out to the person."""

    ALLOWED = "allowed"  # nothing is stopped, or a part
    STOPPED = "stopped"  # the person stopped all marketing; `since` is required
    PAUSED = "paused"  # all marketing is paused; `until` is required
    COMPLAINED = "complained"  # `since` is required
    NO_CONSENT = "no-consent"  # the topics need an opt-in, and there is none
    UNDELIVERABLE = "undeliverable"
    NOTHING = "nothing"  # a minor or a hold: the agent says no more


class TopicReason(StrEnum):
    """Why a topic may be sent or not."""

    DEFAULT = "default"  # the person made no choice
    UNSUBSCRIBED = "unsubscribed"
    SERVICE = "service"  # always sent
    OPTED_IN = "opted-in"
    TOPIC_UNSUBSCRIBED = "topic_unsubscribed"
    PAUSED = "paused"
    NO_CONSENT = "no_consent"
    COMPLAINED = "complained"
    UNDELIVERABLE = "undeliverable"
    HOLD = "hold"
    MINOR = "minor"


class ActiveReason(StrEnum):
    """What stops mail to an address. Each has a text about what lifts it."""

    MINOR = "minor"
    HOLD = "hold"
    UNDELIVERABLE = "undeliverable"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"
    TOPIC_UNSUBSCRIBED = "topic_unsubscribed"
    PAUSED = "paused"


class LedgerRegister(StrEnum):
    """The register of an entry of the ledger."""

    OUT = "out"
    IN = "in"
    PAUSE = "pause"
    CONFIRMED = "confirmed"
    UNDONE = "undone"
    MINOR = "minor"
    HOLD = "hold"
    UNDELIVERABLE = "undeliverable"
    HOLD_LIFTED = "hold-lifted"
    UNDELIVERABLE_LIFTED = "undeliverable-lifted"
    COMPLAINT = "complaint"
    ACKNOWLEDGED = "policy-acknowledged"
    SOFT_BOUNCE = "soft-bounce"
    OUT_TAKEN_BACK = "out-taken-back"
    COMPLAINT_TAKEN_BACK = "complaint-taken-back"
    UNDELIVERABLE_TAKEN_BACK = "undeliverable-taken-back"
    FLOOR = "floor"  # the first entry after an erasure
    ERASED = "erased"
    LOST = "lost"  # a change whose content is not known


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonHeading:
    """The person of a page."""

    id: str
    path: str  # of the person's page
    address: str = ""  # "": the person was not looked up by address, or ten minutes ago


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicRow:
    """A topic in the table."""

    name: str
    sendable: bool
    reason: TopicReason
    since: Millis | None = None
    source: Source | None = None
    until: Millis | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveRow:
    """A suppression that is active."""

    reason: ActiveReason
    scope: str  # the name of the brand or the topic; "": all marketing, or the whole address
    since: Millis
    source: Source
    until: Millis | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRow:
    """An entry of the ledger."""

    register: LedgerRegister
    scope: str  # "": all marketing, or the whole address
    at: Millis
    recorded_at: Millis | None  # None: at about the same time
    source: Source | None  # None: the ledger made the entry about itself
    superseded: bool
    until: Millis | None
    evidence: tuple[str, ...]  # its parts, each with its name
