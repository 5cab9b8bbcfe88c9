"""Where an address may be for a while, and until when (P8): all of it. It stands nowhere for good.

docs/privacy.md has the same table for people; the canary test allows these places and no other.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Transit:
    """A way that addresses take.

    Attributes:
        stores: logical ids in template.yaml of where they wait; none: it is no store of ours.
        where: what it is called, where there is no store.
        what: which addresses, and how they are kept.
        until: what ends it.
        days: the longest that it may take; None: as `until` says.
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
        23,  # its policy for queues, which nobody can change
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
