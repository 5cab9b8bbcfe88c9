"""Erasures, minors, holds and lifts; purges; what was disclosed; a restored copy of the table."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from heed.bootstrap.ledger import LedgerParts
from heed.bootstrap.opt_in import OptInParts

if TYPE_CHECKING:
    from heed.adapters.dynamodb.disclosures import DisclosuresTable
    from heed.adapters.dynamodb.erasures import ErasuresTable
    from heed.adapters.dynamodb.lift_requests import LiftRequestsTable
    from heed.adapters.dynamodb.purges import PurgesTable
    from heed.adapters.dynamodb.restored_table import RestoredPreferencesTable
    from heed.adapters.dynamodb.ses_list_walks import SesListWalksTable
    from heed.use_cases.ports.privacy import PurgeTarget
    from heed.use_cases.privacy.erase import Erase
    from heed.use_cases.privacy.hold_and_lift import LiftStop, PlaceHold
    from heed.use_cases.privacy.purge_person import PurgePerson
    from heed.use_cases.privacy.run_purges import ExecutePurgeOrders, SweepPurges
    from heed.use_cases.privacy.walk_ses_list import WalkSesList


class PrivacyParts(OptInParts, LedgerParts):
    """Parts of the privacy officer's work."""

    @cached_property
    def erasures(self) -> ErasuresTable:
        """New epochs, and what is due."""
        from heed.adapters.dynamodb.erasures import ErasuresTable

        return ErasuresTable(self.client("dynamodb"), self.config.preferences_table)

    @cached_property
    def purges(self) -> PurgesTable:
        """Purges and their certificates."""
        from heed.adapters.dynamodb.purges import PurgesTable

        return PurgesTable(self.client("dynamodb"), self.config.control_table)

    @cached_property
    def erase(self) -> Erase:
        """What happens to a report of a minor, and to an erasure."""
        from heed.adapters.dynamodb.minor_report_counts import MinorReportCountsTable
        from heed.use_cases.privacy.erase import Erase

        config = self.config
        counts = MinorReportCountsTable(
            self.client("dynamodb"), config.control_table, config.minor_reports_per_key
        )
        return Erase(self.catalogue, config.minor_record_days, self.erasures, self.purges, counts)

    @cached_property
    def lift_requests(self) -> LiftRequestsTable:
        """Lifts of minors that wait for the second key."""
        from heed.adapters.dynamodb.lift_requests import LiftRequestsTable

        return LiftRequestsTable(self.client("dynamodb"), self.config.control_table)

    @cached_property
    def place_hold(self) -> PlaceHold:
        """Puts a hold on an address."""
        from heed.use_cases.privacy.hold_and_lift import PlaceHold

        return PlaceHold(self.preferences, self.catalogue)

    @cached_property
    def lift_stop(self) -> LiftStop:
        """Lifts what stands against an address."""
        from heed.use_cases.privacy.hold_and_lift import LiftHold, LiftMinor, LiftStop

        stores, days = (self.preferences, self.catalogue), self.config.minor_record_days
        minor = LiftMinor(*stores, self.erasures, self.lift_requests)
        return LiftStop(*stores, minor, LiftHold(*stores, days, self.erasures, self.purges))

    @cached_property
    def disclosures(self) -> DisclosuresTable:
        """The register of disclosures."""
        from heed.adapters.dynamodb.disclosures import DisclosuresTable

        return DisclosuresTable(self.client("dynamodb"), self.config.control_table)

    @cached_property
    def purge_person(self) -> PurgePerson:
        """Clears every store of one person."""
        from heed.adapters.dynamodb.mail_caps import MailCapsTable
        from heed.use_cases.privacy.purge_person import PurgePerson

        stores: dict[str, PurgeTarget] = {
            "ledger-evidence": self.ledger,
            "lift-requests": self.lift_requests,
            "mail-caps": MailCapsTable(self.client("dynamodb"), self.config.control_table),
            "opt-ins-told": self.opt_in_notifications,
        }
        return PurgePerson(
            self.erasures, self.purges, stores, self.ledger, self.ses_list_walks, self._milliseconds
        )

    @cached_property
    def sweep_purges(self) -> SweepPurges:
        """Carries out all that is due."""
        from heed.use_cases.privacy.run_purges import SweepPurges

        ports = self.erasures, self.purge_person, self.ses_list_queue
        return SweepPurges(*ports, self._milliseconds, self._pause)

    @cached_property
    def execute_purge_orders(self) -> ExecutePurgeOrders:
        """Carries out what a batch of the stream orders."""
        from heed.use_cases.privacy.run_purges import ExecutePurgeOrders

        return ExecutePurgeOrders(self.purge_person, self.ses_list_queue, self._pause)

    @cached_property
    def ses_list_walks(self) -> SesListWalksTable:
        """Walks over SES's suppression list, and who waits for them."""
        from heed.adapters.dynamodb.ses_list_walks import SesListWalksTable

        return SesListWalksTable(self.client("dynamodb"), self.config.control_table)

    @cached_property
    def walk_ses_list(self) -> WalkSesList:
        """What happens to that list where a purge waits for it."""
        from heed.adapters.kms.address_encryption import LIST_POSITION
        from heed.use_cases.privacy.walk_ses_list import WalkSesList

        return WalkSesList(
            self.identity_key,
            self.erasures,
            self.ses_list_walks,
            self.ses_suppression_list,
            self.address_encryption(LIST_POSITION),
        )

    def _milliseconds(self) -> int:
        return self.clock.time_ns() // 1_000_000

    def _pause(self, seconds: float) -> None:
        self.clock.sleep(seconds)

    def restored(self, copy: str) -> RestoredPreferencesTable:
        """A restored copy of the table of preferences, by its name."""
        from heed.adapters.dynamodb.restored_table import RestoredPreferencesTable

        return RestoredPreferencesTable(self.client("dynamodb"), copy, self.config.preferences_table)
