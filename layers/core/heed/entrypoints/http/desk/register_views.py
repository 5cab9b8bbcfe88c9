"""The views of the registers: certificates of purges, disclosures, and how soon opt-outs took effect."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import Source
from heed.domain.privacy.disclosure import DisclosurePurpose
from heed.domain.privacy.erasure import ErasureCause
from heed.domain.privacy.purge import PurgeState
from heed.entrypoints.http.desk.views import DeskView


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateRow:
    """A purge in the list. It names nobody."""

    id: str
    cause: ErasureCause
    state: PurgeState
    requested_at: Millis
    completed_at: Millis | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificatesView(DeskView):
    """`GET /desk/purges`: the purges, the newest first."""

    certificates: tuple[CertificateRow, ...]
    unreadable: tuple[str, ...]  # the ids of purges that cannot be read
    next_page: str  # the cursor of the next page; "": this is the last page


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearedStore:
    """What a purge found in a store."""

    name: str
    count: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateView(DeskView):
    """`GET /desk/purges/{id}`: the certificate of a purge, to print."""

    certificate: CertificateRow
    stores: tuple[ClearedStore, ...]
    unlinkable_from: Millis | None
    rules: str


class DisclosedData(StrEnum):
    """What was disclosed."""

    LOOKUP = "lookup"
    SUPPRESSIONS = "suppressions"
    PROOF = "proof"
    CASE = "case"
    IMPORT = "import"
    SCRUB = "scrub"
    SNAPSHOT = "snapshot"
    LINK = "link"
    OTHER = "other"


class RegisterCheck(StrEnum):
    """Whether the register of disclosures is complete."""

    NOT_CHECKED = "not-checked"  # this is not the first page
    EMPTY = "empty"
    WHOLE = "whole"  # from `first` to `last`, and nothing is older
    PART_WHOLE = "part-whole"  # from `first` to `last`; older entries were not read
    BROKEN = "broken"  # at `broken`


@dataclass(frozen=True, slots=True, kw_only=True)
class DisclosureRow:
    """An entry of the register."""

    number: str
    at: Millis
    what: DisclosedData
    purpose: DisclosurePurpose
    people: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DisclosuresView(DeskView):
    """`GET /desk/disclosures`: the register of disclosures, the newest first."""

    check: RegisterCheck
    first: str  # numbers of entries
    last: str
    broken: str
    disclosures: tuple[DisclosureRow, ...]
    next_page: str  # the number before which the next page begins; "": this is the last page


class DurationUnit(StrEnum):
    """The unit of a duration."""

    SECONDS = "seconds"
    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"


@dataclass(frozen=True, slots=True, kw_only=True)
class DelayRow:
    """How soon the opt-outs from one source took effect."""

    source: Source | None  # None: no release knows it
    count: str
    in_a_minute: str
    in_an_hour: str
    longest: str  # rounded up, in `unit`
    unit: DurationUnit


class DeadlinePeriod(StrEnum):
    """The limit of a rule in its own words."""

    HOURS_48 = "48-hours"
    DAYS_2 = "2-days"
    BUSINESS_DAYS_10 = "10-business-days"
    BUSINESS_DAYS_15 = "15-business-days"
    MONTH_1 = "1-month"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineRow:
    """A rule, and the opt-outs that took longer than it permits."""

    rule: str
    period: DeadlinePeriod
    over: str
    is_late: bool
    published_in: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlinesView(DeskView):
    """`GET /desk/deadlines`: how soon the opt-outs from each source took effect, against each rule."""

    delays: tuple[DelayRow, ...]
    deadlines: tuple[DeadlineRow, ...]
    entries: str  # how many entries of the ledger were read
    is_part: bool  # the ledger has more
    unreadable: str  # how many of them could not be read; "": none


REGISTER_VIEWS: dict[str, type[DeskView]] = {
    "certificates": CertificatesView,
    "certificate": CertificateView,
    "disclosures": DisclosuresView,
    "deadlines": DeadlinesView,
}
