"""The caps of confirmation mails, for each mailbox and for each origin of requests.

Anybody can enter a stranger's address in the form, and Heed must not become a nuisance to that stranger. So a
mailbox gets at most three mails in 24 hours, ten minutes apart, for each of the two intents. A mail that may
have been sent counts as sent. A request over the cap waits, unless the mail of an earlier request by the
same person has the same effect. It expires if the mailbox is still full three days after the request.

An origin is the network of a browser, or the API key of a server. A network may cause a number of mails at
once, and the same number again over each day. A key may cause a number of mails on each day (UTC). Each
further request of an origin gets a time within the next 48 hours. Requests beyond that are refused.

A key that leaked must not take the form away from people. So all keys together have half of the mails of a
day, and half of the waiting queue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import NamedTuple

from heed.domain.milliseconds import Millis
from heed.domain.opt_in.confirmation_token import Intent

MAX_MAILS_PER_MAILBOX = 3  # mails in a window
CAP_WINDOW = 24 * 60 * 60 * 1000  # milliseconds
REPEAT_INTERVAL = 10 * 60 * 1000  # milliseconds
MAX_SEND_ATTEMPTS = (
    2  # for one request; after a time-out it is not known whether the first attempt sent a mail
)
MAX_WAIT = 2 * CAP_WINDOW  # milliseconds; a request that cannot be sent in this time is refused
MAX_MAILBOX_WAIT = 3 * CAP_WINDOW  # milliseconds; a request whose mailbox is still full expires
MAX_WAITING = 10_000  # requests
OPT_OUT_FACTOR = 10  # times as many mails of a network for opt-outs as for opt-ins


def mailbox_of(address: str) -> str:
    """Returns the mailbox of a normalised address, for counting only. It is not a recipient id.

    Many providers deliver `victim+1@`, `vic.tim@` and `victim@` to one person. At other providers they are
    different people, who then share three mails a day. The opposite mistake would let somebody flood one
    person.
    """
    local, _, domain = address.rpartition("@")
    name = local.partition("+")[0].replace(".", "")
    return f"{name or local}@{domain}"


def network_interval(intent: Intent, per_day: int) -> int:
    """Returns the time in a network's day that one mail takes, milliseconds."""
    mails = per_day * (OPT_OUT_FACTOR if intent is Intent.OUT else 1)
    return max(CAP_WINDOW // mails, 1)


def keys_part(total: int) -> int:
    """Returns how many of a number of mails or requests all API keys together may cause: half, rounded up."""
    return -(-total // 2)


def max_waiting(per_day: int) -> int:
    """Returns the maximum number of waiting requests: no more than can be sent in two days."""
    return min(MAX_WAITING, per_day * MAX_WAIT // CAP_WINDOW)


class CappedRequest(NamedTuple):
    """The part of a request that is stored with its mailbox.

    Attributes:
        request_id: the id of the request.
        recipient: the recipient id of its address. Several recipients may share a mailbox.
        scopes_hash: a keyed hash of the requested scopes.
        at: the time of the request, milliseconds. The choices of its link count from this time.
    """

    request_id: str
    recipient: str
    scopes_hash: str
    at: Millis


@dataclass(frozen=True, slots=True)
class SendAttempt:
    """A request for which a mail was sent or may have been sent.

    Attributes:
        request: the request.
        at: the time of the latest attempt, milliseconds.
        mail_count: the number of mails that the request may have caused.
        is_sent: whether the mail service has accepted the mail.
    """

    request: CappedRequest
    at: Millis
    mail_count: int = 1
    is_sent: bool = False


class CapDecision(Enum):
    """The decision about a request."""

    SEND = auto()  # the first mail for it
    RETRY = auto()  # another attempt for a request that already had one
    ALREADY_SENT = auto()  # its mail is sent, or the attempts are used up
    DUPLICATE = auto()  # the mail of an earlier request has the same effect
    WAIT = auto()  # the mailbox has reached its cap


def decide_mail(
    attempts: Sequence[SendAttempt],
    request: CappedRequest,
    record_changed_at: Millis,
    now: Millis,
    *,
    others_may_wait: bool,
) -> tuple[CapDecision, tuple[SendAttempt, ...]]:
    """Decides whether a request may have a mail now.

    A request over the cap waits. A mail for another person or with another content never makes it a
    duplicate.

    Args:
        attempts: the stored attempts of the mailbox.
        request: the request.
        record_changed_at: the time of the latest change of the person's record, milliseconds. A link that was
            requested before this time may no longer have an effect, so its mail makes no request a duplicate.
        now: milliseconds.
        others_may_wait: whether other requests may be waiting. If so, a person who already has such a
            mail gets no second mail.

    Returns:
        The decision, and the attempts to store for the mailbox.
    """
    recent = _recent(attempts, now)
    own = _attempt_for(recent, request.request_id)
    # If the only attempt of a request failed, it caused no mail. It may try again, and counts on.
    if own and (
        own.is_sent
        or (
            own.mail_count
            and (own.mail_count >= MAX_SEND_ATTEMPTS or _count_mails(recent) >= MAX_MAILS_PER_MAILBOX)
        )
    ):
        return CapDecision.ALREADY_SENT, recent
    has_room = next_free_time(recent, request.request_id, now) <= now
    if (others_may_wait or not has_room) and any(
        _is_duplicate(attempt, request, record_changed_at) for attempt in recent
    ):
        return CapDecision.DUPLICATE, recent
    if not has_room:
        return CapDecision.WAIT, recent
    others = tuple(attempt for attempt in recent if attempt is not own)
    if own:
        return CapDecision.RETRY, (*others, replace(own, at=now, mail_count=own.mail_count + 1))
    return CapDecision.SEND, (*others, SendAttempt(request, now))


def next_free_time(attempts: Sequence[SendAttempt], request_id: str, now: Millis) -> Millis:
    """Returns the earliest time from `now` on at which the mailbox may get a mail for a request."""
    recent = _recent(attempts, now)
    own = _attempt_for(recent, request_id)
    apart = max((attempt.at + REPEAT_INTERVAL for attempt in recent if attempt is not own), default=now)
    ends = sorted(attempt.at + CAP_WINDOW for attempt in recent)
    fewer = (
        at for at in (now, *ends) if own or _count_mails(_recent(recent, Millis(at))) < MAX_MAILS_PER_MAILBOX
    )
    return Millis(max(now, apart, next(fewer, now)))


def _is_duplicate(attempt: SendAttempt, request: CappedRequest, record_changed_at: Millis) -> bool:
    """Whether an attempt's mail is sent, and its link has the same effect as the request's link would."""
    is_same = (attempt.request.recipient, attempt.request.scopes_hash) == (
        request.recipient,
        request.scopes_hash,
    )
    return attempt.is_sent and is_same and attempt.request.at >= record_changed_at


def _recent(attempts: Sequence[SendAttempt], now: Millis) -> tuple[SendAttempt, ...]:
    return tuple(attempt for attempt in attempts if attempt.at > now - CAP_WINDOW)


def _attempt_for(attempts: Sequence[SendAttempt], request_id: str) -> SendAttempt | None:
    return next((attempt for attempt in attempts if attempt.request.request_id == request_id), None)


def _count_mails(attempts: Sequence[SendAttempt]) -> int:
    """Returns the number of mails that the attempts may have caused."""
    return sum(max(attempt.mail_count, 1) for attempt in attempts)


def settle_attempt(
    attempts: Sequence[SendAttempt], request_id: str, *, sent: bool
) -> tuple[SendAttempt, ...]:
    """Returns the attempts to store once it is known whether the mail of a request was sent."""
    return tuple(
        attempt
        if attempt.request.request_id != request_id
        else replace(attempt, is_sent=True)
        if sent
        else replace(attempt, mail_count=max(attempt.mail_count - 1, 0))
        for attempt in attempts
    )
