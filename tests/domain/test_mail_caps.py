"""However requests come, are delivered again and fail: nobody gets more than three mails in 24 hours."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.opt_in.mail_caps import (
    APART,
    MOST,
    WINDOW,
    Asked,
    Attempt,
    Verdict,
    mailbox,
    most_waiting,
    room,
    settled,
    step,
    weigh,
)

MINUTE = 60_000


@dataclass
class _Address:
    """An address with its mail service: what may have arrived, and when."""

    attempts: tuple[Attempt, ...] = ()
    mails: list[tuple[int, str]] = field(default_factory=list)

    def deliver(self, request: str, now: int, outcome: str) -> Verdict:
        asked = Asked(request, f"who {request}", "what", now)
        verdict, after = weigh(self.attempts, asked, 0, now, is_scarce=False)
        if verdict in (Verdict.SEND, Verdict.AGAIN):
            self.attempts = after
            if outcome == "refused":
                self.attempts = settled(self.attempts, request, sent=False)
            else:
                self.mails.append((now, request))  # in doubt it arrived
                if outcome == "sent":
                    self.attempts = settled(self.attempts, request, sent=True)
        return verdict


_STEPS = st.lists(
    st.tuples(
        st.integers(0, 400 * MINUTE),
        st.sampled_from("abcdefgh"),
        st.sampled_from(["sent", "refused", "lost answer"]),
    ),
    max_size=60,
)


def _delivered(steps: list[tuple[int, str, str]]) -> tuple[_Address, int]:
    """An address after these deliveries, and when the last was."""
    address, now = _Address(), 10 * WINDOW
    for passed, request, outcome in steps:
        now += passed
        address.deliver(request, now, outcome)
    return address, now


@given(_STEPS)
def test_never_more_than_three_in_24_hours_nor_two_for_one_request(
    steps: list[tuple[int, str, str]],
) -> None:
    address, now = _Address(), 10 * WINDOW
    first: dict[str, int] = {}
    for passed, request, outcome in steps:
        now += passed
        if now - first.setdefault(request, now) < WINDOW:
            address.deliver(request, now, outcome)
    for at, _ in address.mails:
        assert len([1 for other, _ in address.mails if at - WINDOW < other <= at]) <= MOST
    for request in "abcdefgh":
        assert len([1 for _, one in address.mails if one == request]) <= 2


@given(_STEPS)
def test_mails_for_different_requests_are_ten_minutes_apart(
    steps: list[tuple[int, str, str]],
) -> None:
    address, _ = _delivered(steps)
    for at, request in address.mails:
        for other, another in address.mails:
            assert request == another or abs(at - other) >= APART


def test_a_message_delivered_again_sends_no_second_mail() -> None:
    address = _Address()
    assert address.deliver("a", 10 * WINDOW, "sent") is Verdict.SEND
    assert address.deliver("a", 10 * WINDOW + APART, "sent") is Verdict.DONE
    assert len(address.mails) == 1


def test_a_lost_answer_costs_one_mail_more_and_never_two() -> None:
    address, at = _Address(), 10 * WINDOW
    verdicts = [address.deliver("a", at + n * APART, "lost answer") for n in range(4)]
    assert verdicts == [Verdict.SEND, Verdict.AGAIN, Verdict.DONE, Verdict.DONE]


def test_a_mail_that_is_known_not_to_be_sent_is_tried_until_it_is() -> None:
    address, at = _Address(), 10 * WINDOW
    for n in range(20):
        address.deliver("a", at + n * MINUTE, "refused")
    assert address.mails == []
    assert address.deliver("a", at + 20 * MINUTE, "sent") is Verdict.AGAIN
    assert len(address.mails) == 1


def test_three_and_then_none_until_the_first_is_a_day_old() -> None:
    address, at = _Address(), 10 * WINDOW
    for place, request in enumerate("abc"):
        assert address.deliver(request, at + place * APART, "sent") is Verdict.SEND
    assert address.deliver("d", at + 3 * APART, "sent") is Verdict.WAITS
    assert address.deliver("e", at + WINDOW - 1, "sent") is Verdict.WAITS
    assert address.deliver("f", at + WINDOW, "sent") is Verdict.SEND
    assert address.deliver("g", at + WINDOW + 1, "sent") is Verdict.WAITS


@given(_STEPS)
def test_whoever_waits_has_room_at_the_moment_that_is_named_and_not_before(
    steps: list[tuple[int, str, str]],
) -> None:
    address, now = _delivered(steps)
    asked = Asked("new", "who", "what", now)

    def verdict(at: int) -> Verdict:
        return weigh(address.attempts, asked, 0, at, is_scarce=True)[0]

    due = room(address.attempts, "new", now)
    assert now <= due <= now + WINDOW and verdict(due) is Verdict.SEND
    assert due == now or verdict(due - 1) is Verdict.WAITS


FIRST = Asked("r1", "ann", "news", 10 * WINDOW)


@pytest.mark.parametrize(
    ("asked", "since", "came"),
    [
        (FIRST._replace(request="r2"), 0, Verdict.REPEATS),
        (FIRST._replace(request="r2"), FIRST.at, Verdict.REPEATS),
        (FIRST._replace(request="r2"), FIRST.at + 1, Verdict.WAITS),
        (FIRST._replace(request="r2", recipient="bob"), 0, Verdict.WAITS),
        (FIRST._replace(request="r2", what="offers"), 0, Verdict.WAITS),
    ],
    ids=["the same", "confirmed", "changed since", "another person", "something else"],
)
def test_only_the_same_person_with_a_mail_for_the_same_that_still_does_it_needs_none(
    asked: Asked, since: int, came: Verdict
) -> None:
    sent, lost = (Attempt(FIRST, FIRST.at, done=done) for done in (True, False))
    for later in (0, APART - 1):
        now = FIRST.at + later
        assert weigh([sent], asked, since, now, is_scarce=False)[0] is came
        assert weigh([lost], asked, since, now, is_scarce=False)[0] is Verdict.WAITS
    now = FIRST.at + APART
    assert weigh([sent], asked, since, now, is_scarce=False)[0] is Verdict.SEND
    scarce = Verdict.REPEATS if came is Verdict.REPEATS else Verdict.SEND
    assert weigh([sent], asked, since, now, is_scarce=True)[0] is scarce
    assert weigh([sent], asked, since, FIRST.at + WINDOW, is_scarce=True)[0] is Verdict.SEND


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
def test_a_mailbox_is_what_stands_before_the_first_plus_without_dots_at_every_domain(
    address: str, counted: str
) -> None:
    assert mailbox(address) == counted


@given(st.from_regex(r"[a-z.+]{1,20}", fullmatch=True))
def test_a_mailbox_counts_as_itself_and_is_never_empty(local: str) -> None:
    counted = mailbox(f"{local}@example.com")
    assert mailbox(counted) == counted
    assert counted.removesuffix("@example.com")


@pytest.mark.parametrize(("per_day", "waiting"), [(5_000, 10_000), (9_000, 10_000), (1, 2)])
def test_no_more_may_wait_than_two_days_can_send(per_day: int, waiting: int) -> None:
    assert most_waiting(per_day) == waiting


@pytest.mark.parametrize("intent", Intent)
@pytest.mark.parametrize("per_day", [1, 20, 10**9])
def test_a_mail_of_a_network_takes_some_of_its_day_however_large_the_cap(
    intent: Intent, per_day: int
) -> None:
    assert step(intent, per_day) >= 1
