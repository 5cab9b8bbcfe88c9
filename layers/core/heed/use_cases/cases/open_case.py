"""Opens a case for a mail, and pauses all marketing to a reported child until somebody decides."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from heed.domain.mailbox.case import MAX_OPEN_CASES, MAX_OPEN_REQUESTS, Case, CaseKind
from heed.domain.milliseconds import Millis
from heed.domain.preferences.catalogue import Catalogue
from heed.use_cases.cases.pause_until_decided import pause_until_decided
from heed.use_cases.cases.permit_case import PermitCase
from heed.use_cases.ports.cases import CaseMails, Cases
from heed.use_cases.ports.preferences import Preferences


@dataclass(frozen=True, slots=True)
class OpenCase:
    """Opens a case.

    Attributes:
        cases: the cases.
        mails: the mails of the cases.
        preferences: the records, for the pause of a reported child.
        catalogue: the policy versions.
        permit_case: limits the cases of a day.
    """

    cases: Cases
    mails: CaseMails
    preferences: Preferences
    catalogue: Catalogue
    permit_case: PermitCase

    def __call__(self, case: Case, raw: bytes, sender: str, now: Millis) -> bool:
        """Opens a case, and stores its mail. A second call with the same case changes nothing.

        The mail is stored first, so that no case lacks its mail after a crash. A mail without a case is
        deleted by time.

        Args:
            case: the case (`heed.domain.mailbox.case.new_case`).
            raw: the mail, or the beginning of it.
            sender: the proven sender of the mail, or the key of the person at the desk; "" if it is not
                proven.
            now: milliseconds.

        Returns:
            False if there are too many cases. There is no case then.

        Raises:
            DependencyUnavailable, UnreadableRecord: It is unknown whether the case was opened.
                A retry completes it.
        """
        existing = self.cases.find(case.id)
        if existing is None:
            is_request = bool(sender) and case.kind is not CaseKind.OTHER
            limit = MAX_OPEN_REQUESTS if is_request else MAX_OPEN_CASES
            if not self.permit_case(sender, now) or self._has_open(limit):
                return False
            self.mails.keep(case.id, raw)
            self.cases.add(case)
        if (existing or case).pauses_mail:
            record = self.preferences.read(case.recipient)
            pause_until_decided(case, record, now, self.preferences, self.catalogue)
        return True

    def _has_open(self, number: int) -> bool:
        return next(islice(self.cases.open_cases(), number - 1, None), None) is not None
