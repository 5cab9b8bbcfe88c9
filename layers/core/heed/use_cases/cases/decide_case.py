"""Decides a case: stores the decision, carries it out, marks the case as decided, and deletes its mail.

The calls are in this order, and each can be repeated. So after a crash the same decision continues where it
stopped. The first decision counts, and another one is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from heed.domain.errors import CaseDecided, DecisionNotPossible, MalformedMessage, NotFound
from heed.domain.mailbox.case import Case, CaseDecision, CaseState, Ruling
from heed.domain.mailbox.inbound_mail import InboundMail
from heed.domain.opt_in.confirmation_request import ConfirmationRequest
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.evidence import make_evidence
from heed.domain.preferences.preference_request import PreferenceRequest, RequestedState
from heed.domain.preferences.register import Source
from heed.domain.privacy.erasure import ErasureCause, ErasureRequest
from heed.domain.recipients.address import is_mailable
from heed.domain.recipients.recipient import recipient_id
from heed.use_cases.opt_in.request_confirmation import QueueConfirmationRequest
from heed.use_cases.ports.cases import CaseMails, Cases
from heed.use_cases.ports.keys import IdentityKey
from heed.use_cases.ports.preferences import Preferences
from heed.use_cases.preferences.record_changes import RequestedChange, record_changes
from heed.use_cases.privacy.erase import Erase


@dataclass(frozen=True, slots=True)
class DecideCase:
    """Decides a case.

    Attributes:
        cases: the cases.
        mails: the mails of the cases.
        parse_mail: parses a mail; raises MalformedMessage.
        identity_key: the key of recipient ids, to compare the sender of the mail with the case.
        preferences: the records.
        catalogue: the brands and topics.
        erase: erases a person.
        request_confirmation: queues a confirmation mail; None if the deployment sends none.
    """

    cases: Cases
    mails: CaseMails
    parse_mail: Callable[[bytes], InboundMail]
    identity_key: IdentityKey
    preferences: Preferences
    catalogue: Catalogue
    erase: Erase
    request_confirmation: QueueConfirmationRequest | None

    def __call__(self, case_id: str, ruling: Ruling, base_url: str) -> Case:
        """Decides a case, or continues the same decision.

        Args:
            case_id: id of the case.
            ruling: the decision.
            base_url: the beginning of the link in a confirmation mail.

        Returns:
            The decided case.

        Raises:
            NotFound: No case has this id.
            CaseDecided: The case has another decision.
            DecisionNotPossible: The case lacks what the decision needs.
            OnHold: A hold is active, and the decision is an erasure. It can be repeated after the hold.
            DependencyUnavailable, UnreadableRecord: It is unknown whether the decision was carried out.
                The same decision continues it.
        """
        case = self.cases.find(case_id)
        if case is None:
            raise NotFound("no case has this id")
        if case.ruling is None:
            self._check_possible(case, ruling)
            case = self.cases.claim(case_id, ruling)
        if case.ruling is None or not case.ruling.is_same_as(ruling):
            raise CaseDecided("the case has another decision")
        if case.state is not CaseState.DECIDED:
            self._carry_out(case, case.ruling, base_url)
            case = self.cases.close(case)
        self.mails.delete(case_id)
        return case

    def _check_possible(self, case: Case, ruling: Ruling) -> None:
        if ruling.decision.is_about_recipient and not case.recipient:
            raise DecisionNotPossible(
                "needs a person, and this case names none; use POST /v1/changes, then decide `none`"
            )
        if ruling.decision is not CaseDecision.CONFIRMATION:
            return
        if self.request_confirmation is None:
            raise DecisionNotPossible("needs the parameter `MailFrom` of the deployment")
        if not self.catalogue.offered_topics(ruling.scope):
            raise DecisionNotPossible("needs a scope with topics that a person can choose")
        if not self._sender_of(case):
            raise DecisionNotPossible("needs the address of the sender, and the mail has none or is gone")

    def _carry_out(self, case: Case, ruling: Ruling, base_url: str) -> None:
        reference = f"case {case.id}"
        match ruling.decision:
            case CaseDecision.OPT_OUT:
                evidence = make_evidence(
                    key=ruling.key, agent=ruling.agent or None, reference=reference, reason=ruling.reason
                )
                request = PreferenceRequest(
                    ruling.scope,
                    RequestedState.OUT,
                    case.received_at,
                    Source.MAILBOX,
                    evidence,
                    self.catalogue.policy_version_at(case.received_at),
                )
                requested = [RequestedChange(case.recipient, request)]
                record_changes(requested, ruling.at, self.preferences, self.catalogue)
            case CaseDecision.MINOR:
                self._erase(case, ruling, ErasureCause.MINOR, reference)
            case CaseDecision.ERASE:
                self._erase(case, ruling, ErasureCause.ERASURE, reference)
            case CaseDecision.CONFIRMATION:
                self._request_confirmation(case, ruling, base_url)
            case CaseDecision.NONE | CaseDecision.FORWARDED:
                pass
            case _:
                assert_never(ruling.decision)

    def _erase(self, case: Case, ruling: Ruling, cause: ErasureCause, reference: str) -> None:
        """Erases the person as of the decision, so that nothing from before it returns."""
        policy = self.catalogue.policy_version_at(ruling.at)
        self.erase(
            case.recipient,
            ErasureRequest(
                cause, ruling.at, Source.MAILBOX, reference, ruling.key, policy, agent=ruling.agent
            ),
        )

    def _request_confirmation(self, case: Case, ruling: Ruling, base_url: str) -> None:
        """Queues the confirmation mail. If a purge has deleted the mail meanwhile, there is none to send."""
        address = self._sender_of(case)
        if not address or self.request_confirmation is None:
            return
        topics = self.catalogue.offered_topics(ruling.scope)
        request = ConfirmationRequest(
            id=case.id,
            address=address,
            intent=Intent.IN,
            scopes=tuple(sorted(topic.number for topic in topics)),
            language=self.catalogue.default_language,
            at=ruling.at,
            base_url=base_url,
            origin=f"key {ruling.key}",
        )
        self.request_confirmation(request, ruling.key)

    def _sender_of(self, case: Case) -> str | None:
        """Returns the address of the sender, if it is the recipient of the case and can get mail."""
        raw = self.mails.read(case.id)
        if raw is None:
            return None
        try:
            senders = self.parse_mail(raw).senders
        except MalformedMessage:
            return None
        key = self.identity_key.identity_key()
        return next(
            (
                sender
                for sender in senders
                if sender and is_mailable(sender) and recipient_id(key, sender) == case.recipient
            ),
            None,
        )
