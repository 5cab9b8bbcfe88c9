"""Erasures, minors, holds and lifts; purges; what was disclosed; a restored copy of the table."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from heed.bootstrap.ledger import LedgerParts
from heed.bootstrap.opt_in import OptInParts

if TYPE_CHECKING:
    from heed.adapters.dynamodb.disclosures import DisclosuresTable
    from heed.adapters.dynamodb.erasures import EpochsTable
    from heed.adapters.dynamodb.lift_requests import LiftRequestsTable
    from heed.adapters.dynamodb.purges import PurgesTable
    from heed.adapters.dynamodb.restored_table import CopiesTable
    from heed.adapters.dynamodb.ses_list_walks import ListWalksTable
    from heed.use_cases.ports.privacy import PersonalStore
    from heed.use_cases.privacy.erase import BeginEpoch
    from heed.use_cases.privacy.hold_and_lift import StopAndLift
    from heed.use_cases.privacy.run_purges import RunPurges
    from heed.use_cases.privacy.walk_ses_list import WalkList


class PrivacyParts(OptInParts, LedgerParts):
    """Parts of the privacy officer's work."""

    @cached_property
    def epochs(self) -> EpochsTable:
        """New epochs, and what is due."""
        from heed.adapters.dynamodb.erasures import EpochsTable

        return EpochsTable(self.client("dynamodb"), self.config.preferences_table)

    @cached_property
    def purges(self) -> PurgesTable:
        """Purges and their certificates."""
        from heed.adapters.dynamodb.purges import PurgesTable

        return PurgesTable(self.client("dynamodb"), self.config.control_table)

    @cached_property
    def begin_epoch(self) -> BeginEpoch:
        """What happens to a report of a minor, and to an erasure."""
        from heed.adapters.dynamodb.minor_report_counts import ReportCountsTable
        from heed.use_cases.privacy.erase import BeginEpoch

        config = self.config
        counts = ReportCountsTable(
            self.client("dynamodb"), config.control_table, config.minor_reports_per_key
        )
        signals = tuple(topic.number for topic in self.catalogue.signals())
        return BeginEpoch(self.epochs, self.purges, counts, signals, config.minor_record_days)

    @cached_property
    def lift_requests(self) -> LiftRequestsTable:
        """Lifts of minors that wait for the second key."""
        from heed.adapters.dynamodb.lift_requests import LiftRequestsTable

        return LiftRequestsTable(self.client("dynamodb"), self.config.control_table)

    @cached_property
    def stop_and_lift(self) -> StopAndLift:
        """What happens to a hold, and to a lift."""
        from heed.use_cases.privacy.hold_and_lift import StopAndLift

        return StopAndLift(self.preferences, self.catalogue, self.begin_epoch, self.lift_requests)

    @cached_property
    def disclosures(self) -> DisclosuresTable:
        """The register of disclosures."""
        from heed.adapters.dynamodb.disclosures import DisclosuresTable

        return DisclosuresTable(self.client("dynamodb"), self.config.control_table)

    @cached_property
    def run_purges(self) -> RunPurges:
        """What happens to what is due."""
        from heed.adapters.dynamodb import purge_records
        from heed.adapters.dynamodb.purge_targets import LedgerEvidence, MailCaps
        from heed.use_cases.privacy.run_purges import RunPurges

        stores: dict[str, PersonalStore] = {
            "ledger-evidence": LedgerEvidence(self.ledger),
            "lift-requests": self.lift_requests,
            "mail-caps": MailCaps(self.client("dynamodb"), self.config.control_table),
            "opt-ins-told": self.tellings,
        }
        return RunPurges(
            purge_records.read,
            self.epochs,
            self.purges,
            stores,
            self.ledger,
            self.list_walks,
            self.unlisting,
            lambda: self.clock.time_ns() // 1_000_000,
            lambda seconds: self.clock.sleep(seconds),
        )

    @cached_property
    def list_walks(self) -> ListWalksTable:
        """Walks over SES's suppression list, and who waits for them."""
        from heed.adapters.dynamodb.ses_list_walks import ListWalksTable

        return ListWalksTable(self.client("dynamodb"), self.config.control_table)

    @cached_property
    def walk_list(self) -> WalkList:
        """What happens to that list where a purge waits for it."""
        from heed.adapters.kms.address_seal import PLACE
        from heed.use_cases.privacy.walk_ses_list import WalkList

        return WalkList(
            self.identity_key,
            self.epochs,
            self.list_walks,
            self.ses_suppressions,
            self.address_seal(PLACE),
        )

    def restored(self, copy: str) -> CopiesTable:
        """A restored copy of the table of preferences, by its name."""
        from heed.adapters.dynamodb.restored_table import CopiesTable

        return CopiesTable(self.client("dynamodb"), copy, self.config.preferences_table)
