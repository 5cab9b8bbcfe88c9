"""The mail caps: a mailbox gets at most three mails in 24 hours, despite redeliveries and failures."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.domain.milliseconds import Millis
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.opt_in.mail_caps import (
    CAP_WINDOW,
    MAX_MAILS_PER_MAILBOX,
    REPEAT_INTERVAL,
    CapDecision,
    CappedRequest,
    SendAttempt,
    decide_mail,
    keys_part,
    mailbox_of,
    max_waiting,
    network_interval,
    next_free_time,
    settle_attempt,
)

MINUTE = 60_000


@dataclass
class _Address:
    """A simulated address and its mail service: the mails that may have arrived, with their times."""

    attempts: tuple[SendAttempt, ...] = ()
    mails: list[tuple[int, str]] = field(default_factory=list)

    def deliver(self, request_id: str, now: Millis, outcome: str) -> CapDecision:
        request = CappedRequest(request_id, f"who {request_id}", "what", now)
        decision, after = decide_mail(self.attempts, request, Millis(0), now, others_may_wait=False)
        if decision in (CapDecision.SEND, CapDecision.RETRY):
            self.attempts = after
            if outcome == "refused":
                self.attempts = settle_attempt(self.attempts, request_id, sent=False)
            else:
                self.mails.append((now, request_id))  # if the answer is lost, the mail may have arrived
                if outcome == "sent":
                    self.attempts = settle_attempt(self.attempts, request_id, sent=True)
        return decision


_STEPS = st.lists(
    st.tuples(
        st.integers(0, 400 * MINUTE),
        st.sampled_from("abcdefgh"),
        st.sampled_from(["sent", "refused", "lost answer"]),
    ),
    max_size=60,
)


def _delivered(steps: list[tuple[int, str, str]]) -> tuple[_Address, int]:
    """Returns an address after these deliveries, and the time of the last one."""
    address, now = _Address(), 10 * CAP_WINDOW
    for passed, request, outcome in steps:
        now += passed
        address.deliver(request, Millis(now), outcome)
    return address, now


@given(_STEPS)
def test_a_mailbox_gets_at_most_three_mails_in_24_hours_and_two_for_each_request(
    steps: list[tuple[int, str, str]],
) -> None:
    address, now = _Address(), 10 * CAP_WINDOW
    first: dict[str, int] = {}
    for passed, request, outcome in steps:
        now += passed
        if now - first.setdefault(request, now) < CAP_WINDOW:
            address.deliver(request, Millis(now), outcome)
    for at, _ in address.mails:
        assert (
            len([1 for other, _ in address.mails if at - CAP_WINDOW < other <= at]) <= MAX_MAILS_PER_MAILBOX
        )
    for request in "abcdefgh":
        assert len([1 for _, other in address.mails if other == request]) <= 2


@given(_STEPS)
def test_mails_for_different_requests_are_ten_minutes_apart(
    steps: list[tuple[int, str, str]],
) -> None:
    address, _ = _delivered(steps)
    for at, request in address.mails:
        for other, another in address.mails:
            assert request == another or abs(at - other) >= REPEAT_INTERVAL


def test_a_redelivered_message_sends_no_second_mail() -> None:
    address = _Address()
    assert address.deliver("a", Millis(10 * CAP_WINDOW), "sent") is CapDecision.SEND
    assert address.deliver("a", Millis(10 * CAP_WINDOW + REPEAT_INTERVAL), "sent") is CapDecision.ALREADY_SENT
    assert len(address.mails) == 1


def test_a_lost_answer_causes_at_most_one_more_mail() -> None:
    address, at = _Address(), 10 * CAP_WINDOW
    decisions = [address.deliver("a", Millis(at + n * REPEAT_INTERVAL), "lost answer") for n in range(4)]
    assert decisions == [
        CapDecision.SEND,
        CapDecision.RETRY,
        CapDecision.ALREADY_SENT,
        CapDecision.ALREADY_SENT,
    ]


def test_a_failed_mail_is_retried_until_it_is_sent() -> None:
    address, at = _Address(), 10 * CAP_WINDOW
    for n in range(20):
        address.deliver("a", Millis(at + n * MINUTE), "refused")
    assert address.mails == []
    assert address.deliver("a", Millis(at + 20 * MINUTE), "sent") is CapDecision.RETRY
    assert len(address.mails) == 1


def test_a_fourth_mail_waits_until_the_first_is_a_day_old() -> None:
    address, at = _Address(), 10 * CAP_WINDOW
    for place, request in enumerate("abc"):
        assert address.deliver(request, Millis(at + place * REPEAT_INTERVAL), "sent") is CapDecision.SEND
    assert address.deliver("d", Millis(at + 3 * REPEAT_INTERVAL), "sent") is CapDecision.WAIT
    assert address.deliver("e", Millis(at + CAP_WINDOW - 1), "sent") is CapDecision.WAIT
    assert address.deliver("f", Millis(at + CAP_WINDOW), "sent") is CapDecision.SEND
    assert address.deliver("g", Millis(at + CAP_WINDOW + 1), "sent") is CapDecision.WAIT


@given(_STEPS)
def test_a_waiting_request_has_room_at_the_returned_time_and_not_before(
    steps: list[tuple[int, str, str]],
) -> None:
    address, now = _delivered(steps)
    request = CappedRequest("new", "who", "what", Millis(now))

    def decision(at: Millis) -> CapDecision:
        return decide_mail(address.attempts, request, Millis(0), at, others_may_wait=True)[0]

    due = next_free_time(address.attempts, "new", Millis(now))
    assert now <= due <= now + CAP_WINDOW and decision(due) is CapDecision.SEND
    assert due == now or decision(Millis(due - 1)) is CapDecision.WAIT


FIRST = CappedRequest("r1", "ann", "news", Millis(10 * CAP_WINDOW))


@pytest.mark.parametrize(
    ("new_request", "since", "decision"),
    [
        (FIRST._replace(request_id="r2"), 0, CapDecision.DUPLICATE),
        (FIRST._replace(request_id="r2"), FIRST.at, CapDecision.DUPLICATE),
        (FIRST._replace(request_id="r2"), FIRST.at + 1, CapDecision.WAIT),
        (FIRST._replace(request_id="r2", recipient="bob"), 0, CapDecision.WAIT),
        (FIRST._replace(request_id="r2", scopes_hash="offers"), 0, CapDecision.WAIT),
    ],
    ids=["the same", "confirmed", "changed since", "another person", "something else"],
)
def test_only_a_request_of_the_same_person_with_the_same_valid_content_is_a_duplicate(
    new_request: CappedRequest, since: Millis, decision: CapDecision
) -> None:
    sent, lost = (SendAttempt(FIRST, FIRST.at, is_sent=done) for done in (True, False))
    for later in (0, REPEAT_INTERVAL - 1):
        now = FIRST.at + later
        assert decide_mail([sent], new_request, since, Millis(now), others_may_wait=False)[0] is decision
        assert (
            decide_mail([lost], new_request, since, Millis(now), others_may_wait=False)[0] is CapDecision.WAIT
        )
    now = FIRST.at + REPEAT_INTERVAL
    assert decide_mail([sent], new_request, since, Millis(now), others_may_wait=False)[0] is CapDecision.SEND
    scarce = CapDecision.DUPLICATE if decision is CapDecision.DUPLICATE else CapDecision.SEND
    assert decide_mail([sent], new_request, since, Millis(now), others_may_wait=True)[0] is scarce
    assert (
        decide_mail([sent], new_request, since, Millis(FIRST.at + CAP_WINDOW), others_may_wait=True)[0]
        is CapDecision.SEND
    )


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("victim@example.com", "victim@example.com"),
        ("victim+1@gmail.com", "victim@gmail.com"),
        ("vic.tim+a+b@gmail.com", "victim@gmail.com"),
        ("v.i.c.t.i.m@firm.example", "victim@firm.example"),
        ("+tag@example.com", "+tag@example.com"),
        ('"a@b"@example.com', '"a@b"@example.com'),
    ],
)
def test_a_mailbox_ignores_dots_and_the_tag_after_a_plus_at_every_domain(address: str, counted: str) -> None:
    assert mailbox_of(address) == counted


@given(st.from_regex(r"[a-z.+]{1,20}", fullmatch=True))
def test_the_mailbox_of_a_mailbox_is_itself_and_never_empty(local: str) -> None:
    counted = mailbox_of(f"{local}@example.com")
    assert mailbox_of(counted) == counted
    assert counted.removesuffix("@example.com")


@pytest.mark.parametrize(("per_day", "waiting"), [(5_000, 10_000), (9_000, 10_000), (1, 2)])
def test_no_more_requests_may_wait_than_two_days_can_send(per_day: int, waiting: int) -> None:
    assert max_waiting(per_day) == waiting


@pytest.mark.parametrize("intent", Intent)
@pytest.mark.parametrize("per_day", [1, 20, 10**9])
def test_the_interval_of_a_network_is_positive_for_any_cap(intent: Intent, per_day: int) -> None:
    assert network_interval(intent, per_day) >= 1


@pytest.mark.parametrize(("total", "part"), [(10_000, 5_000), (5_000, 2_500), (3, 2), (1, 1)])
def test_all_api_keys_together_have_half_of_a_cap_and_at_least_one_mail(total: int, part: int) -> None:
    assert keys_part(total) == part
