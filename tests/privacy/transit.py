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
    Transit((), "what the caller sends", "the answer", where="a request to `/v1`"),
    Transit((), "what a person enters", "the answer", where="the form at `/subscribe`"),
    Transit(
        ("FeedbackTopic",),
        "in SES's own messages",
        "handed to the queue, at once as a rule",
        23,  # the delivery policy of SNS for queues, which is fixed
    ),
    Transit(("FeedbackQueue", "FeedbackDeadLetters"), "in SES's own messages", "handled", 14),
    Transit(
        ("ConfirmationRequestsQueue", "WaitingQueue", "ConfirmationRequestsDeadLetters"),
        "what was entered in the form",
        "the mail was sent",
        4,
    ),
    Transit((), "to whom it goes", "as every mail", where="the confirmation mail, which SES delivers"),
    Transit(
        (),
        "encrypted by a key of its own: one function may encrypt it, two decrypt",
        "the link works for 48 hours",
        where="a confirmation link",
    ),
    Transit(
        ("ConfirmedOptInsQueue", "ConfirmedOptInsDeadLetters", "SesListQueue", "SesListDeadLetters"),
        "encrypted likewise",
        "handled",
        14,
    ),
    Transit(
        (),
        "where SES's own words for it hold one; encrypted likewise",
        "the walk has ended, after hours at most",
        where="the place, in `ControlTable`, where a walk over SES's list goes on",
    ),
    Transit(
        ("OptInNotificationsQueue",),
        "of who confirmed; yours, and empty unless `DeliverOptIns`",
        "you fetch it",
        14,
    ),
    Transit(
        (),
        "whom SES itself stopped",
        "taken off it by a confirmed yes, an erasure, a child's report, in any case; else SES's own rules",
        where="SES's own suppression list",
    ),
)
