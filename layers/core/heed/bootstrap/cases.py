"""Parts for cases: mails about which a person has to decide."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from heed.bootstrap.opt_in import OptInParts

if TYPE_CHECKING:
    from heed.adapters.dynamodb.cases import CasesTable
    from heed.adapters.mailbox_bucket import MailboxBucket
    from heed.use_cases.cases.check_cases import CheckCases


class CaseParts(OptInParts):
    """Parts for reading and checking cases. heed.bootstrap has others in `mailbox` and `privacy`."""

    @cached_property
    def cases(self) -> CasesTable:
        """The cases."""
        from heed.adapters.dynamodb.cases import CasesTable

        return CasesTable(self.client("dynamodb"), self.config.control_table)

    @cached_property
    def case_mails(self) -> MailboxBucket:
        """The mails of the cases."""
        from heed.adapters.mailbox_bucket import CASES_FOLDER, MailboxBucket

        return MailboxBucket(self.client("s3"), self.config.mailbox_bucket, CASES_FOLDER)

    @cached_property
    def check_cases(self) -> CheckCases:
        """Checks which cases are due, and renews the pauses of reported children."""
        from heed.use_cases.cases.check_cases import CheckCases

        return CheckCases(self.cases, self.preferences, self.catalogue)
