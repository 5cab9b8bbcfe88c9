"""The mail caps under concurrent requests. The count is never smaller than the number of sent mails."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any

import boto3
import pytest

from heed.adapters.dynamodb.mail_caps import MailCapsTable
from heed.domain.errors import HeedError, StoreUnavailable
from heed.domain.milliseconds import Millis
from heed.domain.opt_in.confirmation_token import Intent
from heed.use_cases.ports.opt_in import MailDelayed, MailReservation, ReservationResult
from tests.support.template import table_definition

NOW = Millis(1_772_701_964_390)
DAY = 86_400_000
HOUR = 3_600_000
TEN_MINUTES = 600_000
RESERVED = ReservationResult.RESERVED
FULL = MailDelayed(None)
LATER = MailDelayed(Millis(NOW + TEN_MINUTES))


@pytest.fixture
def client(aws: None) -> Any:
    dynamodb = boto3.client("dynamodb")
    dynamodb.create_table(TableName="Control", **table_definition("ControlTable"))
    return dynamodb


def make_caps(client: Any, per_day: int = 99) -> MailCapsTable:
    return MailCapsTable(client, "Control", per_day)


def make_reservation(recipient: str, request: str, intent: Intent = Intent.IN) -> MailReservation:
    return MailReservation(
        recipient, f"box of {recipient}", intent, request, f"what {request}", NOW, Millis(0)
    )


def reserve(
    mail_caps: MailCapsTable,
    recipient: str,
    request: str,
    *,
    intent: Intent = Intent.IN,
    now: Millis = NOW,
    in_turn: bool = False,
) -> object:
    return mail_caps.reserve_mail(make_reservation(recipient, request, intent), now, in_turn=in_turn)


def test_each_intent_has_its_own_cap(client: Any) -> None:
    mail_caps = make_caps(client)
    assert reserve(mail_caps, "r", "1") == RESERVED
    assert reserve(mail_caps, "r", "2") == LATER
    assert reserve(mail_caps, "r", "3", intent=Intent.OUT) == RESERVED


def test_two_addresses_of_one_mailbox_share_its_cap(client: Any) -> None:
    mail_caps = make_caps(client)
    first, second = (
        make_reservation(name, name, Intent.OUT)._replace(mailbox_hash="box") for name in ("r1", "r2")
    )
    assert mail_caps.reserve_mail(first, NOW, in_turn=False) == RESERVED
    assert mail_caps.reserve_mail(second, NOW, in_turn=False) == LATER


def test_both_intents_share_the_daily_cap_of_the_deployment(client: Any) -> None:
    mail_caps = make_caps(client, per_day=2)
    assert reserve(mail_caps, "r1", "1") == RESERVED
    assert reserve(mail_caps, "r2", "2", intent=Intent.OUT) == RESERVED
    assert reserve(mail_caps, "r3", "3") == FULL
    assert mail_caps.sent_today(NOW) == 2 and mail_caps.sent_today(Millis(NOW + DAY)) == 0
    assert (
        reserve(mail_caps, "r3", "3", now=Millis(NOW + DAY)) == RESERVED
        and mail_caps.sent_today(Millis(NOW + DAY)) == 1
    )


def test_a_new_request_waits_while_others_wait_for_the_daily_cap(client: Any) -> None:
    mail_caps = make_caps(client, per_day=1)
    assert [reserve(mail_caps, "r1", "1"), reserve(mail_caps, "r2", "2")] == [RESERVED, FULL]
    midnight = (NOW // DAY + 1) * DAY
    mail_caps.save_waiting_state(Millis(midnight - 1), is_waiting=True)
    assert reserve(mail_caps, "r3", "3", now=Millis(midnight + 1)) == FULL
    assert reserve(mail_caps, "r2", "2", now=Millis(midnight + 2), in_turn=True) == RESERVED
    mail_caps.save_waiting_state(Millis(midnight + 3), is_waiting=False)
    assert reserve(make_caps(client, per_day=2), "r3", "3", now=Millis(midnight + 4)) == RESERVED


def test_an_abandoned_waiting_queue_delays_new_requests_for_at_most_an_hour(client: Any) -> None:
    mail_caps = make_caps(client, per_day=1)
    assert [reserve(mail_caps, "r1", "1"), reserve(mail_caps, "r2", "2")] == [RESERVED, FULL]
    later = Millis(NOW + DAY)
    mail_caps.save_waiting_state(later, is_waiting=True)
    assert reserve(mail_caps, "r3", "3", now=Millis(later + HOUR)) == FULL
    assert reserve(mail_caps, "r3", "3", now=Millis(later + HOUR + 1)) == RESERVED, (
        "and a new request does not extend the hour"
    )


def test_an_address_at_its_cap_does_not_use_the_daily_cap(client: Any) -> None:
    mail_caps = make_caps(client, per_day=2)
    assert reserve(mail_caps, "r", "0") == RESERVED
    for n in range(1, 9):
        assert reserve(mail_caps, "r", str(n)) == LATER
    assert reserve(mail_caps, "other", "x") == RESERVED


def test_a_retry_of_a_request_is_counted_once(client: Any) -> None:
    mail_caps = make_caps(client, per_day=2)
    assert reserve(mail_caps, "r", "1") == RESERVED
    mail_caps.finish(make_reservation("r", "1"), sent=True)
    assert reserve(mail_caps, "r", "1", now=Millis(NOW + TEN_MINUTES)) == ReservationResult.ALREADY_SENT
    assert reserve(mail_caps, "r2", "2") == RESERVED


def test_a_second_request_for_the_same_scopes_gets_no_second_mail(client: Any) -> None:
    mail_caps, first = make_caps(client), make_reservation("r", "1")
    assert mail_caps.reserve_mail(first, NOW, in_turn=False) == RESERVED
    again = first._replace(request_id="2")
    assert mail_caps.reserve_mail(again, NOW, in_turn=False) == LATER, "the first mail may not be sent yet"
    mail_caps.finish(first, sent=True)
    assert mail_caps.reserve_mail(again, NOW, in_turn=False) == ReservationResult.DUPLICATE
    assert (
        mail_caps.reserve_mail(again._replace(record_changed_at=Millis(NOW + 1)), NOW, in_turn=False) == LATER
    )


def test_a_new_request_waits_while_others_wait_for_the_mailbox(client: Any) -> None:
    mail_caps = make_caps(client)
    assert [reserve(mail_caps, "r", "1"), reserve(mail_caps, "r", "2")] == [RESERVED, LATER]
    due = Millis(NOW + TEN_MINUTES)
    assert reserve(mail_caps, "r", "3", now=due) == MailDelayed(due)
    assert reserve(mail_caps, "r", "2", now=due, in_turn=True) == RESERVED
    expired = Millis(due + HOUR)
    assert reserve(mail_caps, "r", "4", now=Millis(expired - 1)) == MailDelayed(Millis(expired - 1))
    assert reserve(mail_caps, "r", "4", now=expired) == RESERVED, "an abandoned waiting queue delays nothing"


def test_each_item_expires_within_two_days(client: Any) -> None:
    reserve(make_caps(client), "r", "1")
    items = client.scan(TableName="Control")["Items"]
    assert len(items) == 3
    for item in items:
        assert DAY // 1000 < int(item["expires"]["N"]) - NOW // 1000 <= 2 * DAY // 1000


class _Serial:
    """Makes one call at a time, as DynamoDB does for one item. moto's table is not thread-safe."""

    def __init__(self, client: Any) -> None:
        self._client, self._lock = client, Lock()
        self.exceptions = client.exceptions

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            with self._lock:
                return getattr(self._client, name)(**arguments)

        return call


def test_concurrent_requests_for_one_address_get_one_mail(client: Any) -> None:
    mail_caps = make_caps(_Serial(client))
    with ThreadPoolExecutor(8) as pool:
        results = Counter(pool.map(lambda n: reserve(mail_caps, "r", str(n)), range(24)))
    assert results == {RESERVED: 1, LATER: 23}


def test_concurrent_requests_do_not_exceed_the_daily_cap(client: Any) -> None:
    mail_caps = make_caps(_Serial(client), per_day=7)
    with ThreadPoolExecutor(8) as pool:
        results = Counter(pool.map(lambda n: reserve(mail_caps, f"r{n}", str(n)), range(24)))
    assert results == {RESERVED: 7, FULL: 17}


class _Interleaved:
    """Runs another request's whole reservation just before one call of the first request."""

    def __init__(self, client: Any, at: int, between: Callable[[], object]) -> None:
        self._client, self._at, self._between = client, at, between
        self._calls = itertools.count()
        self.exceptions = client.exceptions

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            if next(self._calls) == self._at:
                self._between()
            return getattr(self._client, name)(**arguments)

        return call


@pytest.mark.parametrize("at", range(5))
def test_exactly_one_of_two_interleaved_requests_gets_the_mail(client: Any, at: int) -> None:
    other: list[object] = []
    between = _Interleaved(client, at, lambda: other.append(reserve(make_caps(client), "r", "other")))
    first = reserve(make_caps(between), "r", "first")
    assert Counter([first, *other]) == {RESERVED: 1, LATER: 1}


class _Lossy:
    """Loses the response of one call. The call took effect or not."""

    def __init__(self, client: Any, at: int, *, took_effect: bool) -> None:
        self._client, self._at, self._took_effect = client, at, took_effect
        self._calls = itertools.count()
        self.exceptions = client.exceptions

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            is_lost = next(self._calls) == self._at
            if not is_lost or self._took_effect:
                response = getattr(self._client, name)(**arguments)
            if is_lost:
                raise StoreUnavailable("the response was lost")
            return response

        return call


@pytest.mark.parametrize("took_effect", [True, False])
@pytest.mark.parametrize("at", range(5))
def test_the_caps_hold_after_any_lost_response(client: Any, at: int, took_effect: bool) -> None:
    sent = 0
    for delivery in range(6):
        mail_caps = make_caps(_Lossy(client, at if delivery == 0 else 99, took_effect=took_effect), per_day=3)
        try:
            sent += reserve(mail_caps, "r", "1", now=Millis(NOW + delivery * TEN_MINUTES)) == RESERVED
        except HeedError:
            continue
    assert 1 <= sent <= 2  # no attempt was settled, as if the response of the mail provider had been lost
