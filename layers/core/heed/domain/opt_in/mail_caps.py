"""How often one mailbox may be written to because somebody entered an address in a form, and by one network.

Whoever enters a stranger's address must not make us a nuisance to them: at most three mails in 24
hours, ten minutes apart, for each of the two intents. What may have been a mail counts as one. Whoever
finds no room waits for it, unless the mail for an earlier request of theirs does the same.

A network may cause a number of mails at once, and as many again in the course of each day. What it asks
for beyond that is given a time of its own within the next 48 hours; there is no more than that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import NamedTuple

from heed.domain.opt_in.confirmation_token import Intent

MAX_MAILS_PER_MAILBOX = 3  # mails in a window
CAP_WINDOW = 24 * 60 * 60 * 1000  # milliseconds
REPEAT_INTERVAL = 10 * 60 * 1000  # milliseconds
MAX_SEND_ATTEMPTS = 2  # of one request: after a time-out it is not known whether the first one was a mail
MAX_WAIT = 2 * CAP_WINDOW  # milliseconds: what cannot be sent within that is not accepted
MAX_WAITING = 10_000  # requests
OPT_OUT_FACTOR = 10  # as many for the way out as for the way back


def mailbox_of(address: str) -> str:
    """Where mail to a normalised address arrives, for counting alone; it is nobody's recipient id.

    Many providers deliver `victim+1@`, `vic.tim@` and `victim@` to one person. Where they are different
    people, those share three mails a day; the other mistake would let one person be flooded.
    """
    local, _, domain = address.rpartition("@")
    name = local.partition("+")[0].replace(".", "")
    return f"{name or local}@{domain}"


def network_interval(intent: Intent, per_day: int) -> int:
    """Milliseconds of a network's day that one mail takes."""
    mails = per_day * (OPT_OUT_FACTOR if intent is Intent.OUT else 1)
    return max(CAP_WINDOW // mails, 1)


def max_waiting(per_day: int) -> int:
    """How many requests may wait: no more than two days can send."""
    return min(MAX_WAITING, per_day * MAX_WAIT // CAP_WINDOW)


class CappedRequest(NamedTuple):
    """A request, as far as its mailbox keeps it.

    Attributes:
        request: its id.
        recipient: recipient id of its address; several may share a mailbox.
        what: a name for what it asks for, the same for the same scopes.
        at: when it was asked for, milliseconds: its link counts as of then.
    """

    request: str
    recipient: str
    what: str
    at: int


@dataclass(frozen=True, slots=True)
class SendAttempt:
    """A request that was given a mail.

    Attributes:
        asked: the request.
        at: when a mail was last tried, milliseconds.
        tries: how many mails it may have made.
        done: whether the mail is known to be on its way.
    """

    asked: CappedRequest
    at: int
    tries: int = 1
    done: bool = False


class CapDecision(Enum):
    """What is to become of a request."""

    SEND = auto()  # the first mail for it
    AGAIN = auto()  # it was begun before and came back: another try
    DONE = auto()  # its mail is on its way, or was tried often enough
    REPEATS = auto()  # the mail for an earlier request does all that its own would
    WAITS = auto()  # the mailbox has had its mails for now


def decide_mail(
    attempts: Sequence[SendAttempt], asked: CappedRequest, since: int, now: int, *, is_scarce: bool
) -> tuple[CapDecision, tuple[SendAttempt, ...]]:
    """Whether a request may have a mail now, and what is then to be kept of the mailbox.

    Whoever finds no room waits: another person's mails, or one for something else, are none for them.

    Args:
        attempts: what is kept of the mailbox.
        asked: the request.
        since: when the person's record last changed. A link from before may confirm nothing any more.
        now: milliseconds.
        is_scarce: whether others may wait for the room that there is. Who has a mail already gets no
            second one then.
    """
    recent = _recent(attempts, now)
    own = _own(recent, asked.request)
    # A try that is known to have failed (0 are left) keeps its place, and costs nothing more.
    if own and (
        own.done or (own.tries and (own.tries >= MAX_SEND_ATTEMPTS or _made(recent) >= MAX_MAILS_PER_MAILBOX))
    ):
        return CapDecision.DONE, recent
    has_room = next_free_time(recent, asked.request, now) <= now
    if (is_scarce or not has_room) and any(_does_it(one, asked, since) for one in recent):
        return CapDecision.REPEATS, recent
    if not has_room:
        return CapDecision.WAITS, recent
    others = tuple(one for one in recent if one is not own)
    if own:
        return CapDecision.AGAIN, (*others, replace(own, at=now, tries=own.tries + 1))
    return CapDecision.SEND, (*others, SendAttempt(asked, now))


def next_free_time(attempts: Sequence[SendAttempt], request: str, now: int) -> int:
    """The earliest moment, from now on, at which the mailbox has room for a mail of a request."""
    recent = _recent(attempts, now)
    own = _own(recent, request)
    apart = max((one.at + REPEAT_INTERVAL for one in recent if one is not own), default=now)
    ends = sorted(one.at + CAP_WINDOW for one in recent)
    fewer = (at for at in (now, *ends) if own or _made(_recent(recent, at)) < MAX_MAILS_PER_MAILBOX)
    return max(now, apart, next(fewer, now))


def _does_it(one: SendAttempt, asked: CappedRequest, since: int) -> bool:
    """Whether the mail of another request is on its way, and its link does what this one's would."""
    is_same = (one.asked.recipient, one.asked.what) == (asked.recipient, asked.what)
    return one.done and is_same and one.asked.at >= since


def _recent(attempts: Sequence[SendAttempt], now: int) -> tuple[SendAttempt, ...]:
    return tuple(one for one in attempts if one.at > now - CAP_WINDOW)


def _own(attempts: Sequence[SendAttempt], request: str) -> SendAttempt | None:
    return next((one for one in attempts if one.asked.request == request), None)


def _made(attempts: Sequence[SendAttempt]) -> int:
    """How many mails they may have been."""
    return sum(max(one.tries, 1) for one in attempts)


def settle_attempt(attempts: Sequence[SendAttempt], request: str, *, sent: bool) -> tuple[SendAttempt, ...]:
    """What is kept once it is known that a try was a mail, or that it was none."""
    return tuple(
        one
        if one.asked.request != request
        else replace(one, done=True)
        if sent
        else replace(one, tries=max(one.tries - 1, 0))
        for one in attempts
    )
