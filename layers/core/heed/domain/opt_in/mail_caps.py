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

MOST = 3  # mails in a window
WINDOW = 24 * 60 * 60 * 1000  # milliseconds
APART = 10 * 60 * 1000  # milliseconds
TRIES = 2  # of one request: after a time-out it is not known whether the first one was a mail
LONGEST_WAIT = 2 * WINDOW  # milliseconds: what cannot be sent within that is not accepted
MOST_WAITING = 10_000  # requests
OUT_TIMES = 10  # as many for the way out as for the way back


def mailbox(address: str) -> str:
    """Where mail to a normalised address arrives, for counting alone; it is nobody's recipient id.

    Many providers deliver `victim+1@`, `vic.tim@` and `victim@` to one person. Where they are different
    people, those share three mails a day; the other mistake would let one person be flooded.
    """
    local, _, domain = address.rpartition("@")
    name = local.partition("+")[0].replace(".", "")
    return f"{name or local}@{domain}"


def step(intent: Intent, per_day: int) -> int:
    """Milliseconds of a network's day that one mail takes."""
    mails = per_day * (OUT_TIMES if intent is Intent.OUT else 1)
    return max(WINDOW // mails, 1)


def most_waiting(per_day: int) -> int:
    """How many requests may wait: no more than two days can send."""
    return min(MOST_WAITING, per_day * LONGEST_WAIT // WINDOW)


class Asked(NamedTuple):
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
class Attempt:
    """A request that was given a mail.

    Attributes:
        asked: the request.
        at: when a mail was last tried, milliseconds.
        tries: how many mails it may have made.
        done: whether the mail is known to be on its way.
    """

    asked: Asked
    at: int
    tries: int = 1
    done: bool = False


class Verdict(Enum):
    """What is to become of a request."""

    SEND = auto()  # the first mail for it
    AGAIN = auto()  # it was begun before and came back: another try
    DONE = auto()  # its mail is on its way, or was tried often enough
    REPEATS = auto()  # the mail for an earlier request does all that its own would
    WAITS = auto()  # the mailbox has had its mails for now


def weigh(
    attempts: Sequence[Attempt], asked: Asked, since: int, now: int, *, is_scarce: bool
) -> tuple[Verdict, tuple[Attempt, ...]]:
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
    if own and (own.done or (own.tries and (own.tries >= TRIES or _made(recent) >= MOST))):
        return Verdict.DONE, recent
    has_room = room(recent, asked.request, now) <= now
    if (is_scarce or not has_room) and any(_does_it(one, asked, since) for one in recent):
        return Verdict.REPEATS, recent
    if not has_room:
        return Verdict.WAITS, recent
    others = tuple(one for one in recent if one is not own)
    if own:
        return Verdict.AGAIN, (*others, replace(own, at=now, tries=own.tries + 1))
    return Verdict.SEND, (*others, Attempt(asked, now))


def room(attempts: Sequence[Attempt], request: str, now: int) -> int:
    """The earliest moment, from now on, at which the mailbox has room for a mail of a request."""
    recent = _recent(attempts, now)
    own = _own(recent, request)
    apart = max((one.at + APART for one in recent if one is not own), default=now)
    ends = sorted(one.at + WINDOW for one in recent)
    fewer = (at for at in (now, *ends) if own or _made(_recent(recent, at)) < MOST)
    return max(now, apart, next(fewer, now))


def _does_it(one: Attempt, asked: Asked, since: int) -> bool:
    """Whether the mail of another request is on its way, and its link does what this one's would."""
    is_same = (one.asked.recipient, one.asked.what) == (asked.recipient, asked.what)
    return one.done and is_same and one.asked.at >= since


def _recent(attempts: Sequence[Attempt], now: int) -> tuple[Attempt, ...]:
    return tuple(one for one in attempts if one.at > now - WINDOW)


def _own(attempts: Sequence[Attempt], request: str) -> Attempt | None:
    return next((one for one in attempts if one.asked.request == request), None)


def _made(attempts: Sequence[Attempt]) -> int:
    """How many mails they may have been."""
    return sum(max(one.tries, 1) for one in attempts)


def settled(attempts: Sequence[Attempt], request: str, *, sent: bool) -> tuple[Attempt, ...]:
    """What is kept once it is known that a try was a mail, or that it was none."""
    return tuple(
        one
        if one.asked.request != request
        else replace(one, done=True)
        if sent
        else replace(one, tries=max(one.tries - 1, 0))
        for one in attempts
    )
