"""Parts for cases: mails about which a person has to decide."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from heed.bootstrap.opt_in import OptInParts

if TYPE_CHECKING:
    from heed.adapters.dynamodb.cases import CasesTable
    from heed.adapters.mailbox_bucket import MailboxBucket
    from heed.use_cases.cases.check_cases import CheckCases
    from heed.use_cases.cases.open_case import OpenCase


class CaseParts(OptInParts):
    """Parts for opening, checking and reading cases. Those that decide are in heed.bootstrap.privacy."""

    @cached_property
    def cases(self) -> CasesTable:
        """The cases."""
        from heed.adapters.dynamodb.cases import CasesTable

        return CasesTable(self.client("dynamodb"), self.config.control_table)

    @cached_property
    def case_mails(self) -> MailboxBucket:
        """The mails of the cases."""
        from heed.adapters.mailbox_bucket import MailboxBucket

        return MailboxBucket(self.client("s3"), self.config.mailbox_bucket)

    @cached_property
    def open_case(self) -> OpenCase:
        """Opens a case for a mail."""
        from heed.use_cases.cases.open_case import OpenCase

        return OpenCase(self.cases, self.case_mails, self.preferences, self.catalogue)

    @cached_property
    def check_cases(self) -> CheckCases:
        """Checks which cases are due, and renews the pauses of reported children."""
        from heed.use_cases.cases.check_cases import CheckCases

        return CheckCases(self.cases, self.preferences, self.catalogue)
