"""Shows a case with its mail, and enters that in the register of disclosures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from heed.domain.errors import MalformedMessage, NotFound
from heed.domain.mailbox.case import Case, CaseState
from heed.domain.mailbox.inbound_mail import InboundMail
from heed.domain.milliseconds import Millis
from heed.domain.privacy.disclosure import DisclosureDetails, DisclosurePurpose
from heed.use_cases.ports.cases import CaseMails, Cases
from heed.use_cases.ports.privacy import Disclosures


class CaseWithMail(NamedTuple):
    """A case and its mail. The mail is None if it was deleted or is not readable."""

    case: Case
    mail: InboundMail | None


@dataclass(frozen=True, slots=True)
class ShowCase:
    """Shows a case.

    Attributes:
        cases: the cases.
        mails: the mails of the cases.
        parse_mail: parses a mail; raises MalformedMessage.
        disclosures: the register of disclosures.
    """

    cases: Cases
    mails: CaseMails
    parse_mail: Callable[[bytes], InboundMail]
    disclosures: Disclosures

    def __call__(self, case_id: str, key: str, at: Millis) -> CaseWithMail:
        """Returns a case. If it has a mail, the register gets its entry first.

        Args:
            case_id: id of the case.
            key: the id of the API key of the request.
            at: the time of the request, milliseconds.

        Raises:
            NotFound: No case has this id.
            DependencyUnavailable, UnreadableRecord: Nothing is shown.
        """
        case = self.cases.find(case_id)
        if case is None:
            raise NotFound("no case has this id")
        if case.state is CaseState.DECIDED:
            return CaseWithMail(case, None)
        raw = self.mails.read(case_id)
        if raw is None:
            return CaseWithMail(case, None)
        self.disclosures.append(DisclosureDetails(at, "case", DisclosurePurpose.DATA_SUBJECT, 1, key))
        try:
            return CaseWithMail(case, self.parse_mail(raw))
        except MalformedMessage:
            return CaseWithMail(case, None)
