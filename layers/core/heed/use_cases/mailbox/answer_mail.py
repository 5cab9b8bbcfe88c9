"""Answers a mail once a day at most: what was done, or when a person has decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from heed.domain.errors import DependencyUnavailable, MailRefused, UnreadableRecord
from heed.domain.mailbox.attribution import Attribution, SenderMail, SenderTrust
from heed.domain.mailbox.automatic_mail import is_marked_button
from heed.domain.mailbox.inbound_mail import ReceivedMail, Verdict
from heed.domain.mailbox.mail_action import MailAction, OptOutSender
from heed.domain.mailbox.mail_words import MailWords
from heed.domain.milliseconds import Millis
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.decision import is_request_void
from heed.domain.recipients.address import is_mailable
from heed.domain.recipients.recipient import recipient_id
from heed.use_cases.mailbox.act_on_mail import MailEffect, MailResult
from heed.use_cases.mailbox.mail_requests import count_name
from heed.use_cases.opt_in.request_confirmation import opt_out_scopes
from heed.use_cases.ports.daily_counts import DailyCounts
from heed.use_cases.ports.keys import IdentityKey
from heed.use_cases.ports.mailbox import AnswerRenderer, MailAnswer
from heed.use_cases.ports.opt_in import Mailer
from heed.use_cases.ports.preferences import Preferences

_LINK_ADDRESS = "u+"
"""How the address of each `mailto:` link begins."""


@dataclass(frozen=True, slots=True)
class AnswerMail:
    """Answers a mail.

    Attributes:
        identity_key: gives the key of recipient ids.
        preferences: the records.
        catalogue: the topics.
        words: the words by which the language of a mail is recognised.
        sender_counts: limits the answers to each sender.
        total_counts: limits all answers.
        render: renders the answer.
        mailer: sends the answer.
    """

    identity_key: IdentityKey
    preferences: Preferences
    catalogue: Catalogue
    words: MailWords
    sender_counts: DailyCounts
    total_counts: DailyCounts
    render: AnswerRenderer
    mailer: Mailer

    def __call__(
        self,
        attribution: Attribution,
        mail: ReceivedMail,
        done: Sequence[tuple[MailAction, MailResult]],
        now: Millis,
    ) -> MailEffect | None:
        """Answers a mail, if it may be answered and there is something to say.

        An answer is counted before it is sent. So a failure wastes the answer of the day, and a retry sends
        no second one. No failure is an error: what the mail requests is done already.

        Args:
            attribution: whose request the mail is.
            mail: the mail.
            done: what was done, and its result.
            now: milliseconds.

        Returns:
            Whether the answer was sent or failed; None if there is none.
        """
        if not may_answer(attribution, mail):
            return None
        answer = self._compose(mail, done)
        if answer is None:
            return None
        try:
            return MailEffect.ANSWERED if self._send(answer, mail, now) else None
        except (DependencyUnavailable, MailRefused, UnreadableRecord):
            return MailEffect.ANSWER_FAILED

    def _compose(
        self, mail: ReceivedMail, done: Sequence[tuple[MailAction, MailResult]]
    ) -> MailAnswer | None:
        """Returns the content of the answer. A confirmation mail is an answer itself."""
        opt_out = next((action for action, _ in done if isinstance(action, OptOutSender)), None)
        case = next((result.case for _, result in done if result.case), None)
        is_confirmed = any(result.effect is MailEffect.CONFIRMATION_REQUESTED for _, result in done)
        if is_confirmed or (opt_out is None and case is None):
            return None
        return MailAnswer(
            mail.sender,
            self.words.find_language(mail.text),
            opt_out is not None,
            opt_out_scopes(opt_out.topics, self.catalogue) if opt_out else (),
            case.due_at if case else None,
            mail.content.headers.first("message-id"),
        )

    def _send(self, answer: MailAnswer, mail: ReceivedMail, now: Millis) -> bool:
        """Sends an answer within the caps, but never to a minor, a held address or an erased person."""
        key = self.identity_key.identity_key()
        recipient = recipient_id(key, answer.to)
        if is_request_void(self.preferences.read(recipient), mail.receipt.at):
            return False
        # The sender is first: a sender above the cap must use nothing of the cap that all share.
        name = count_name(key, "answers", answer.to)
        if not (self.sender_counts.count(name, now) and self.total_counts.count("mail", now)):
            return False
        self.mailer.send(answer.to, recipient, self.render(answer))
        return True


def may_answer(attribution: Attribution, mail: ReceivedMail) -> bool:
    """Whether a mail may be answered: an authenticated person wrote it, and no program sent it."""
    return (
        isinstance(attribution, SenderMail)
        and attribution.trust is SenderTrust.AUTHENTICATED
        and mail.receipt.spam is not Verdict.FAIL
        and not is_marked_button(mail.content)
        and not any(address.lower().startswith(_LINK_ADDRESS) for address in mail.receipt.recipients)
        and is_mailable(mail.sender)
    )
