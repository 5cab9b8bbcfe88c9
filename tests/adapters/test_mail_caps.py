"""The caps under many at once: what is counted is never less than what was sent."""

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
from heed.domain.opt_in.confirmation_token import Intent
from heed.use_cases.ports.opt_in import MailClaim, MailDelayed, NoMailNeeded
from tests.support.template import table_definition

NOW = 1_772_701_964_390
DAY = 86_400_000
HOUR = 3_600_000
TEN_MINUTES = 600_000
FULL = MailDelayed(None)
LATER = MailDelayed(NOW + TEN_MINUTES)


@pytest.fixture
def client(aws: None) -> Any:
    made = boto3.client("dynamodb")
    made.create_table(TableName="Control", **table_definition("ControlTable"))
    return made


def caps(client: Any, every: int = 99) -> MailCapsTable:
    return MailCapsTable(client, "Control", every)


def of(recipient: str, request: str, intent: Intent = Intent.IN) -> MailClaim:
    return MailClaim(recipient, f"box of {recipient}", intent, request, f"what {request}", NOW, 0)


def claim(
    held: MailCapsTable,
    recipient: str,
    request: str,
    *,
    intent: Intent = Intent.IN,
    now: int = NOW,
    in_turn: bool = False,
) -> object:
    return held.claim(of(recipient, request, intent), now, in_turn=in_turn)


def test_each_intent_has_mails_of_its_own(client: Any) -> None:
    held = caps(client)
    assert claim(held, "r", "1") is None
    assert claim(held, "r", "2") == LATER
    assert claim(held, "r", "3", intent=Intent.OUT) is None


def test_two_addresses_of_one_mailbox_have_its_mails_together(client: Any) -> None:
    held = caps(client)
    first, second = (of(name, name, Intent.OUT)._replace(mailbox="box") for name in ("r1", "r2"))
    assert held.claim(first, NOW, in_turn=False) is None
    assert held.claim(second, NOW, in_turn=False) == LATER


def test_a_deployment_has_its_mails_a_day_both_intents_together(client: Any) -> None:
    held = caps(client, every=2)
    assert claim(held, "r1", "1") is None
    assert claim(held, "r2", "2", intent=Intent.OUT) is None
    assert claim(held, "r3", "3") == FULL
    assert held.sent_today(NOW) == 2 and held.sent_today(NOW + DAY) == 0
    assert claim(held, "r3", "3", now=NOW + DAY) is None and held.sent_today(NOW + DAY) == 1


def test_while_others_wait_for_room_in_the_day_nobody_goes_before_them(client: Any) -> None:
    held = caps(client, every=1)
    assert [claim(held, "r1", "1"), claim(held, "r2", "2")] == [None, FULL]
    midnight = (NOW // DAY + 1) * DAY
    held.note_line(midnight - 1, stands=True)
    assert claim(held, "r3", "3", now=midnight + 1) == FULL
    assert claim(held, "r2", "2", now=midnight + 2, in_turn=True) is None
    held.note_line(midnight + 3, stands=False)
    assert claim(caps(client, every=2), "r3", "3", now=midnight + 4) is None


def test_a_line_that_nobody_looks_after_stops_nobody_for_longer_than_an_hour(client: Any) -> None:
    held = caps(client, every=1)
    assert [claim(held, "r1", "1"), claim(held, "r2", "2")] == [None, FULL]
    later = NOW + DAY
    held.note_line(later, stands=True)
    assert claim(held, "r3", "3", now=later + HOUR) == FULL
    assert claim(held, "r3", "3", now=later + HOUR + 1) is None, "and asking has not renewed it"


def test_an_address_that_has_had_its_mails_costs_nobody_else_theirs(client: Any) -> None:
    held = caps(client, every=2)
    assert claim(held, "r", "0") is None
    for n in range(1, 9):
        assert claim(held, "r", str(n)) == LATER
    assert claim(held, "other", "x") is None


def test_the_same_request_again_is_counted_once(client: Any) -> None:
    held = caps(client, every=2)
    assert claim(held, "r", "1") is None
    held.settle(of("r", "1"), sent=True)
    assert claim(held, "r", "1", now=NOW + TEN_MINUTES) == NoMailNeeded.REPEATED
    assert claim(held, "r2", "2") is None


def test_who_has_the_mail_for_the_same_gets_no_second_one_in_its_place(client: Any) -> None:
    held, first = caps(client), of("r", "1")
    assert held.claim(first, NOW, in_turn=False) is None
    again = first._replace(request="2")
    assert held.claim(again, NOW, in_turn=False) == LATER, "it may not be on its way"
    held.settle(first, sent=True)
    assert held.claim(again, NOW, in_turn=False) == NoMailNeeded.CAPPED
    assert held.claim(again._replace(since=NOW + 1), NOW, in_turn=False) == LATER


def test_nobody_goes_before_those_who_wait_for_the_mailbox(client: Any) -> None:
    held = caps(client)
    assert [claim(held, "r", "1"), claim(held, "r", "2")] == [None, LATER]
    due = NOW + TEN_MINUTES
    assert claim(held, "r", "3", now=due) == MailDelayed(due)
    assert claim(held, "r", "2", now=due, in_turn=True) is None
    left = due + HOUR
    assert claim(held, "r", "4", now=left - 1) == MailDelayed(left - 1)
    assert claim(held, "r", "4", now=left) is None, "a line that nobody looks after stops nobody"


def test_what_the_release_before_wrote_counts_and_is_nobodys(client: Any) -> None:
    held = caps(client)
    claim(held, "r", "1")
    (item,) = (one for one in client.scan(TableName="Control")["Items"] if "tries" in one)
    del item["waits"]
    for name in ("recipient", "what", "asked"):
        del item["tries"]["L"][0]["M"][name]
    item["tries"]["L"][0]["M"]["done"] = {"BOOL": True}
    client.put_item(TableName="Control", Item=item)
    assert claim(held, "r", "1") == NoMailNeeded.REPEATED
    assert claim(held, "r", "2") == LATER


def test_what_is_kept_ends_by_itself_within_days(client: Any) -> None:
    claim(caps(client), "r", "1")
    items = client.scan(TableName="Control")["Items"]
    assert len(items) == 3
    for item in items:
        assert DAY // 1000 < int(item["expires"]["N"]) - NOW // 1000 <= 2 * DAY // 1000


class _Serial:
    """One call at a time, as a DynamoDB item takes them: moto's table is not safe between threads."""

    def __init__(self, client: Any) -> None:
        self._client, self._lock = client, Lock()
        self.exceptions = client.exceptions

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            with self._lock:
                return getattr(self._client, name)(**arguments)

        return call


def test_many_at_once_for_one_address_get_one_mail(client: Any) -> None:
    held = caps(_Serial(client))
    with ThreadPoolExecutor(8) as pool:
        came = Counter(pool.map(lambda n: claim(held, "r", str(n)), range(24)))
    assert came == {None: 1, LATER: 23}


def test_many_at_once_in_all_get_no_more_than_there_are(client: Any) -> None:
    held = caps(_Serial(client), every=7)
    with ThreadPoolExecutor(8) as pool:
        came = Counter(pool.map(lambda n: claim(held, f"r{n}", str(n)), range(24)))
    assert came == {None: 7, FULL: 17}


class _Interleaved:
    """Another request's whole claim happens just before the given call of the first one."""

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
def test_wherever_another_request_comes_in_between_one_of_the_two_gets_the_mail(client: Any, at: int) -> None:
    other: list[object] = []
    between = _Interleaved(client, at, lambda: other.append(claim(caps(client), "r", "other")))
    first = claim(caps(between), "r", "first")
    assert Counter([first, *other]) == {None: 1, LATER: 1}


class _Lossy:
    """The answer of one call is lost: it was done (or not), and nobody is told."""

    def __init__(self, client: Any, at: int, *, done: bool) -> None:
        self._client, self._at, self._done = client, at, done
        self._calls = itertools.count()
        self.exceptions = client.exceptions

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            is_lost = next(self._calls) == self._at
            if not is_lost or self._done:
                answer = getattr(self._client, name)(**arguments)
            if is_lost:
                raise StoreUnavailable("the answer was lost")
            return answer

        return call


@pytest.mark.parametrize("done", [True, False])
@pytest.mark.parametrize("at", range(5))
def test_whichever_answer_is_lost_the_caps_still_hold(client: Any, at: int, done: bool) -> None:
    sent = 0
    for delivery in range(6):
        held = caps(_Lossy(client, at if delivery == 0 else 99, done=done), every=3)
        try:
            sent += claim(held, "r", "1", now=NOW + delivery * TEN_MINUTES) is None
        except HeedError:
            continue
    assert 1 <= sent <= 2  # nothing was settled here: as after lost answers of the mail service
