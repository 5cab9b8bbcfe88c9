"""Parts for erasures, minors, holds, lifts, purges, disclosures, and a restored copy of the table."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from heed.bootstrap.cases import CaseParts
from heed.bootstrap.ledger import LedgerParts

if TYPE_CHECKING:
    from heed.adapters.dynamodb.disclosures import DisclosuresTable
    from heed.adapters.dynamodb.erasures import ErasuresTable
    from heed.adapters.dynamodb.lift_requests import LiftRequestsTable
    from heed.adapters.dynamodb.purges import PurgesTable
    from heed.adapters.dynamodb.restored_table import RestoredPreferencesTable
    from heed.adapters.dynamodb.ses_list_walks import SesListWalksTable
    from heed.use_cases.cases.decide_case import DecideCase
    from heed.use_cases.cases.show_case import ShowCase
    from heed.use_cases.ports.privacy import PurgeTarget
    from heed.use_cases.privacy.erase import Erase
    from heed.use_cases.privacy.hold_and_lift import LiftSuppression, PlaceHold
    from heed.use_cases.privacy.purge_person import PurgePerson
    from heed.use_cases.privacy.run_purges import ExecutePurgeOrders, SweepPurges
    from heed.use_cases.privacy.walk_ses_list import WalkSesList


class PrivacyParts(CaseParts, LedgerParts):
    """Parts of the privacy officer's work."""

    @cached_property
    def erasures(self) -> ErasuresTable:
        """Erasures, and the work that is due after them."""
        from heed.adapters.dynamodb.erasures import ErasuresTable

        return ErasuresTable(self.client("dynamodb"), self.config.preferences_table)

    @cached_property
    def purges(self) -> PurgesTable:
        """Purges and their certificates."""
        from heed.adapters.dynamodb.purges import PurgesTable

        return PurgesTable(self.client("dynamodb"), self.config.control_table)

    @cached_property
    def erase(self) -> Erase:
        """Handles a report of a minor, and an erasure."""
        from heed.adapters.dynamodb.daily_counts import CountPrefix, DailyCountsTable
        from heed.use_cases.privacy.erase import Erase

        config = self.config
        table = self.client("dynamodb"), config.control_table
        counts = DailyCountsTable(*table, CountPrefix.REPORTS, config.minor_reports_per_key)
        return Erase(self.catalogue, config.minor_record_days, self.erasures, self.purges, counts)

    @cached_property
    def lift_requests(self) -> LiftRequestsTable:
        """Requests to lift a report of a minor that wait for a second signature."""
        from heed.adapters.dynamodb.lift_requests import LiftRequestsTable

        return LiftRequestsTable(self.client("dynamodb"), self.config.control_table)

    @cached_property
    def place_hold(self) -> PlaceHold:
        """Places a legal hold on an address."""
        from heed.use_cases.privacy.hold_and_lift import PlaceHold

        return PlaceHold(self.preferences, self.catalogue)

    @cached_property
    def lift_suppression(self) -> LiftSuppression:
        """Lifts a suppression of an address that is not the person's own choice."""
        from heed.use_cases.privacy.hold_and_lift import LiftHold, LiftMinor, LiftSuppression

        common, days = (self.preferences, self.catalogue), self.config.minor_record_days
        lift_minor = LiftMinor(*common, self.erasures, self.lift_requests)
        return LiftSuppression(*common, lift_minor, LiftHold(*common, days, self.erasures, self.purges))

    @cached_property
    def disclosures(self) -> DisclosuresTable:
        """The register of disclosures."""
        from heed.adapters.dynamodb.disclosures import DisclosuresTable

        return DisclosuresTable(self.client("dynamodb"), self.config.control_table)

    @cached_property
    def show_case(self) -> ShowCase:
        """Shows a case with its mail."""
        from heed.entrypoints.inbound_mail.mime import parse_mail
        from heed.use_cases.cases.show_case import ShowCase

        return ShowCase(self.cases, self.case_mails, parse_mail, self.disclosures)

    @cached_property
    def decide_case(self) -> DecideCase:
        """Decides a case."""
        from heed.entrypoints.inbound_mail.mime import parse_mail
        from heed.use_cases.cases.decide_case import DecideCase

        return DecideCase(
            self.cases,
            self.case_mails,
            parse_mail,
            self.identity_key,
            self.preferences,
            self.catalogue,
            self.erase,
            self.request_confirmation_by_key if self.has_form else None,
        )

    @cached_property
    def purge_person(self) -> PurgePerson:
        """Purges one person from all stores."""
        from heed.adapters.dynamodb.cases import PurgedCases
        from heed.adapters.dynamodb.mail_caps import MailCapsTable
        from heed.use_cases.privacy.purge_person import PurgePerson

        targets: dict[str, PurgeTarget] = {
            "cases": PurgedCases(self.cases, self.case_mails),
            "ledger-evidence": self.ledger,
            "lift-requests": self.lift_requests,
            "mail-caps": MailCapsTable(self.client("dynamodb"), self.config.control_table),
            "opt-in-notifications": self.opt_in_notifications,
        }
        return PurgePerson(self.erasures, self.purges, targets, self.ledger, self.ses_list_walks, self._now)

    @cached_property
    def sweep_purges(self) -> SweepPurges:
        """Does all due work: purges, and the removal of old soft-bounce days."""
        from heed.use_cases.privacy.run_purges import SweepPurges

        ports = self.erasures, self.purge_person, self.ses_list_queue
        return SweepPurges(*ports, self._now, self._pause)

    @cached_property
    def execute_purge_orders(self) -> ExecutePurgeOrders:
        """Executes the purge orders in a batch of the stream."""
        from heed.use_cases.privacy.run_purges import ExecutePurgeOrders

        return ExecutePurgeOrders(self.purge_person, self.ses_list_queue, self._pause)

    @cached_property
    def ses_list_walks(self) -> SesListWalksTable:
        """The state of the walks over the SES list, and the purges that wait for them."""
        from heed.adapters.dynamodb.ses_list_walks import SesListWalksTable

        return SesListWalksTable(self.client("dynamodb"), self.config.control_table)

    @cached_property
    def walk_ses_list(self) -> WalkSesList:
        """Walks over the SES list for the purges that wait for it."""
        from heed.adapters.kms.address_encryption import LIST_POSITION
        from heed.use_cases.privacy.walk_ses_list import WalkSesList

        return WalkSesList(
            self.identity_key,
            self.erasures,
            self.ses_list_walks,
            self.ses_suppression_list,
            self.address_encryption(LIST_POSITION),
        )

    def _pause(self, seconds: float) -> None:
        self.clock.sleep(seconds)

    def restored_table(self, copy: str) -> RestoredPreferencesTable:
        """Returns a restored copy of the table `Preferences`.

        Args:
            copy: Name of the restored table.
        """
        from heed.adapters.dynamodb.restored_table import RestoredPreferencesTable

        return RestoredPreferencesTable(self.client("dynamodb"), copy, self.config.preferences_table)
