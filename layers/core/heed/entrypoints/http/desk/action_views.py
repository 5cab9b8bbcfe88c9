"""The views of the pages for the report of a minor, an erasure, a hold and a lift."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from heed.domain.milliseconds import Millis
from heed.domain.preferences.reasons import Liftable
from heed.domain.privacy.purge import PurgeState
from heed.entrypoints.http.desk.action_form import EMPTY_FORM, ActionForm
from heed.entrypoints.http.desk.people_views import PersonHeading
from heed.entrypoints.http.desk.views import DeskView


class MinorState(StrEnum):
    """What is on record about a report that a person is a child."""

    NONE = "none"
    WAITING = "waiting"  # an officer has to decide
    HELD = "held"  # reported during a hold, so the erasure follows the hold
    REPORTED = "reported"


class EraseState(StrEnum):
    """What is on record about an erasure."""

    NONE = "none"
    HELD = "held"  # a hold preserves the record
    REQUESTED = "requested"  # a case is open
    DECIDED = "decided"  # the case is decided
    REFUSED = "refused"  # there are too many cases today
    ERASED = "erased"


class HoldState(StrEnum):
    """What is on record about a hold."""

    NONE = "none"
    HELD = "held"
    WAITING = "waiting"  # a report of a minor waits; a hold by an officer preserves the record from it
    MINOR = "minor"  # nothing is left to preserve


class LiftState(StrEnum):
    """What a lift has done."""

    NONE = "none"  # nothing was sent
    LIFTED = "lifted"
    ACTIVE = "active"  # something newer counts, or it was lifted for one topic
    WAITING = "waiting"  # a second person has to confirm


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreCount:
    """How much a purge found in a store."""

    name: str
    count: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeSummary:
    """The state of a purge, or its certificate."""

    id: str
    state: PurgeState
    requested_at: Millis
    completed_at: Millis | None
    unlinkable_from: Millis | None
    stores: tuple[StoreCount, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionView(DeskView):
    """The values of each of these pages."""

    person: PersonHeading
    form: ActionForm = EMPTY_FORM
    since: Millis | None = None
    purge_id: str = ""
    purge: PurgeSummary | None = None  # None: there is no purge, or its certificate has expired


@dataclass(frozen=True, slots=True, kw_only=True)
class MinorView(ActionView):
    """`/desk/people/{id}/minor`."""

    state: MinorState


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseView(ActionView):
    """`/desk/people/{id}/erase`: for an agent the request of an erasure."""

    state: EraseState
    due_at: Millis | None = None  # of the case


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldView(ActionView):
    """`/desk/people/{id}/hold`."""

    state: HoldState


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftOption:
    """A suppression that can be lifted."""

    value: Liftable
    since: Millis
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintScope:
    """A scope for which a complaint can be lifted."""

    value: str
    name: str  # "": all marketing
    chosen: bool


class Signer(StrEnum):
    """Who signed the lift of a minor."""

    SELF = "self"
    OTHER = "other"
    KEY = "key"  # an API key, so only another key confirms it


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingLiftRow:
    """A lift of a minor that waits for a second person."""

    id: str  # of the recipient
    path: str  # of the page that confirms it
    signer: Signer
    agent: str  # the name; "" for an API key
    at: Millis
    ends_at: Millis
    reason: str
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftView(ActionView):
    """`/desk/people/{id}/lift`."""

    state: LiftState = LiftState.NONE
    lifted: Liftable | None = None  # what the last form was about
    options: tuple[LiftOption, ...]  # empty: nothing can be lifted
    scopes: tuple[ComplaintScope, ...]
    is_report_waiting: bool  # the hold is the report of a minor, which the lift rejects
    is_minor: bool
    first: WaitingLiftRow | None  # the signature of this person's lift
    lifts: tuple[WaitingLiftRow, ...]  # all that wait


ACTION_VIEWS: dict[str, type[DeskView]] = {
    "minor": MinorView,
    "erase": EraseView,
    "hold": HoldView,
    "lift": LiftView,
}
