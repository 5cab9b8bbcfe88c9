"""Records the requests of an inbound mail. A second delivery of the mail changes nothing.

A request counts as of the time when SES received the mail, so a newer choice of the person overrides it. The
evidence names the mail by a hash: the id of SES looks like a token, and the mail itself is deleted.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

from heed.domain.links.link_hints import LinkHints
from heed.domain.links.link_token import LinkToken
from heed.domain.links.queued_opt_out import QueuedOptOut
from heed.domain.mailbox.inbound_mail import Receipt
from heed.domain.mailbox.mail_action import (
    ConfirmByMail,
    OptOutSender,
    ReportSenderAsMinor,
)
from heed.domain.milliseconds import Millis
from heed.domain.opt_in.confirmation_request import ConfirmationRequest
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.evidence import make_evidence
from heed.domain.preferences.register import ALL_SCOPES, Source
from heed.domain.privacy.erasure import ErasureCause, ErasureRequest
from heed.domain.recipients.recipient import recipient_id
from heed.use_cases.links.unsubscribe import WriteOptOut, opt_out_for
from heed.use_cases.opt_in.request_confirmation import opt_in_scopes, opt_out_scopes
from heed.use_cases.ports.keys import IdentityKey
from heed.use_cases.privacy.erase import Erase


def record_link_opt_outs(
    tokens: Iterable[LinkToken], receipt: Receipt, now: Millis, write_opt_out: WriteOptOut
) -> None:
    """Records an opt-out by each token of a `mailto:` link.

    Raises:
        DependencyUnavailable, UnreadableRecord: It is unknown whether all opt-outs were stored.
    """
    for token in tokens:
        opt_out = opt_out_for(
            token,
            write_opt_out.catalogue,
            receipt.at,
            Source.MAILTO,
            hints=LinkHints(),
            all_marketing=False,
            signal=False,
        )
        write_opt_out(opt_out, now)


def record_sender_opt_out(
    action: OptOutSender, receipt: Receipt, now: Millis, key: IdentityKey, write_opt_out: WriteOptOut
) -> None:
    """Records the opt-out of a sender: of the topics that the mail names, or of all marketing.

    Raises:
        DependencyUnavailable, UnreadableRecord: It is unknown whether the opt-out was stored.
    """
    catalogue = write_opt_out.catalogue
    opt_out = QueuedOptOut(
        recipient=recipient_id(key.identity_key(), action.address),
        scopes=opt_out_scopes(action.topics, catalogue) or (ALL_SCOPES,),
        at=receipt.at,
        source=Source.MAILBOX,
        evidence=_evidence(receipt),
        policy=catalogue.policy_version_at(receipt.at),
    )
    write_opt_out(opt_out, now)


def report_sender_as_minor(
    action: ReportSenderAsMinor, receipt: Receipt, now: Millis, key: IdentityKey, erase: Erase
) -> None:
    """Erases the record of a sender who reports that the address is a child's.

    The limit of reports applies to all mail together, as if it were one API key that is not an officer's.

    Raises:
        DependencyUnavailable, UnreadableRecord: It is unknown whether the report was processed.
    """
    request = ErasureRequest(
        cause=ErasureCause.MINOR,
        at=now,
        source=Source.MAILBOX,
        reference=mail_reference(receipt),
        key="",
        policy=erase.catalogue.policy_version_at(now),
        by_officer=False,
    )
    erase(recipient_id(key.identity_key(), action.address), request)


def confirmation_for(
    action: ConfirmByMail, receipt: Receipt, base_url: str, catalogue: Catalogue
) -> ConfirmationRequest:
    """Returns the request for the confirmation mail to a sender.

    An opt-in that names no topic is one of each offered topic. The person sees them before confirming.
    """
    if action.intent is Intent.OUT:
        scopes = opt_out_scopes(action.topics, catalogue)
    else:
        offered = tuple(sorted(topic.number for topic in catalogue.offered_topics(ALL_SCOPES)))
        scopes = opt_in_scopes(action.topics, catalogue) or offered
    return ConfirmationRequest(
        id=mail_reference(receipt),
        address=action.address,
        intent=action.intent,
        scopes=scopes,
        language=catalogue.default_language,
        at=receipt.at,
        base_url=base_url,
        origin="mail",
    )


def mail_reference(receipt: Receipt) -> str:
    """Returns the name of a mail in evidence and cases: a hash of its id."""
    return hashlib.sha256(receipt.message_id.encode(errors="replace")).hexdigest()[:32]


def count_name(key: bytes, use: str, sender: str) -> str:
    """Returns the name under which something about a sender is counted: a keyed hash, no recipient id.

    Args:
        key: the key of recipient ids. No address begins with the word of a use and a space.
        use: what is counted.
        sender: the address.
    """
    return hmac.digest(key, f"{use} {sender}".encode(), "sha256").hex()[:32]


def _evidence(receipt: Receipt) -> str:
    return make_evidence(mail=mail_reference(receipt))
