"""All places where an address may be temporarily, and for how long (P8). No place keeps an address.

docs/privacy.md has the same table for readers. The canary test allows only these places.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Transit:
    """A place through which addresses pass.

    Attributes:
        stores: logical ids of the stores in template.yaml; empty for a place outside of Heed.
        where: name of a place outside of Heed.
        what: which addresses, and in which form.
        until: what ends their stay.
        days: for how many days at most they stay; None: see `until`.
    """

    stores: tuple[str, ...]
    what: str
    until: str
    days: int | None = None
    where: str = ""


TRANSIT = (
    Transit((), "the addresses that the caller sends", "the answer", where="a request to `/v1`"),
    Transit((), "the address that a person enters", "the answer", where="the form at `/subscribe`"),
    Transit(
        (),
        "the address by which a person was looked up, encrypted",
        "10 minutes after the look-up",
        where="the cookie of a person's page at the desk",
    ),
    Transit(
        (),
        "what the person at the desk entered, encrypted",
        "the form is sent again, 30 minutes at most",
        where="the cookie of a form of the desk whose session has ended",
    ),
    Transit(
        ("FeedbackTopic",),
        "addresses in SES messages",
        "delivered to the queue, usually at once",
        23,  # the delivery policy of SNS for queues, which is fixed
    ),
    Transit(("FeedbackQueue", "FeedbackDeadLetters"), "addresses in SES messages", "processed", 14),
    Transit(
        ("MailboxTopic",),
        "the header of an inbound mail",
        "delivered to the queue, usually at once",
        23,
    ),
    Transit(("MailboxQueue", "MailboxDeadLetters"), "the header of an inbound mail", "processed", 14),
    Transit(
        ("MailboxBucket",),
        "inbound mails, as their senders wrote them",
        "handled (14 days at most) or, for the mail of a case, decided",
        45,
    ),
    Transit((), "the text of that mail", "the answer", where="the answer of `GET /v1/cases/{id}`"),
    Transit(("BulkBucket",), "the files of jobs, as their callers upload them", "a day after the end", 2),
    Transit(
        ("ConfirmationRequestsQueue", "WaitingQueue", "ConfirmationRequestsDeadLetters"),
        "the address from the form, from `/v1/subscriptions`, or of the sender of a mail",
        "the mail is sent",
        4,
    ),
    Transit(
        (),
        "the address of the recipient",
        "like every mail",
        where="the confirmation mail, which SES delivers",
    ),
    Transit(
        (),
        "the address of its sender",
        "like every mail",
        where="the answer to a mail, which SES delivers",
    ),
    Transit(
        (),
        "the mail, as its sender wrote it",
        "like every mail. What is in your own mailbox is yours to delete",
        where="a mail that Heed forwards to `ForwardTo`, which SES delivers",
    ),
    Transit(
        (),
        "encrypted with its own key: one function may encrypt it, two may decrypt it",
        "the link works for 48 hours",
        where="a confirmation link",
    ),
    Transit(
        ("ConfirmedOptInsQueue", "ConfirmedOptInsDeadLetters", "SesListQueue", "SesListDeadLetters"),
        "encrypted in the same way",
        "processed",
        14,
    ),
    Transit(
        (),
        "an address that SES put into its page token, encrypted in the same way",
        "the walk ends, after hours at most",
        where="the position of a walk over the SES list, in `ControlTable`",
    ),
    Transit(
        ("OptInNotificationsQueue",),
        "addresses of people who confirmed. The queue is yours, and empty without `DeliverOptIns`",
        "you fetch it",
        14,
    ),
    Transit(
        (),
        "addresses that SES suppressed",
        "Heed removes it (in any letter case) after a confirmed opt-in, an erasure or a report of a minor."
        " Otherwise SES decides",
        where="SES's own suppression list",
    ),
)
