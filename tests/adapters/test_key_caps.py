"""The caps of API keys: the mails of a day at once, those of the next day later, then no more."""

from __future__ import annotations

from collections import Counter
from typing import Any

import boto3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heed.adapters.dynamodb.key_caps import KeyCapsTable
from heed.domain.errors import StoreUnavailable
from heed.domain.milliseconds import Millis
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.opt_in.mail_caps import MAX_WAIT
from tests.simulation.aws_in_memory import Dynamo
from tests.simulation.nemesis import Nemesis
from tests.support.cut_updates import CutUpdates
from tests.support.template import table_definition

DAY = 86_400_000  # milliseconds
MIDNIGHT = 20_517 * DAY
NOW = Millis(MIDNIGHT + 9 * DAY // 24)


@pytest.fixture
def client(aws: None) -> Any:
    dynamodb = boto3.client("dynamodb")
    dynamodb.create_table(TableName="Control", **table_definition("ControlTable"))
    return dynamodb


def make_caps(client: Any, per_key: int = 4, all_keys: int = 100) -> KeyCapsTable:
    return KeyCapsTable(client, "Control", per_key, all_keys)


@pytest.mark.parametrize("intent", Intent)
def test_the_mails_of_this_day_go_at_once_and_those_of_the_next_day_are_spread_over_it(
    client: Any, intent: Intent
) -> None:
    caps = make_caps(client, per_key=4, all_keys=4)
    times = [caps.reserve("k1", intent, NOW) for _ in range(10)]
    assert times[:4] == [NOW] * 4, "an opt-out is no exception"
    assert times[4:8] == [MIDNIGHT + DAY + n * DAY // 4 for n in range(4)]
    assert times[8:] == [None, None], "no further mail is accepted"


def test_days_without_mails_give_a_key_no_credit(client: Any) -> None:
    caps = make_caps(client)
    caps.reserve("k1", Intent.IN, NOW)
    last = Millis(MIDNIGHT + 9 * DAY - 1)
    assert [caps.reserve("k1", Intent.IN, last) for _ in range(5)] == [last] * 4 + [last + 1]


def test_mails_that_were_promised_for_a_day_count_on_it(client: Any) -> None:
    caps = make_caps(client)
    for _ in range(7):
        caps.reserve("k1", Intent.IN, NOW)
    tomorrow = Millis(NOW + DAY)
    due = [caps.reserve("k1", Intent.IN, tomorrow) for _ in range(2)]
    assert due == [tomorrow, MIDNIGHT + 2 * DAY]


def test_the_two_intents_of_a_key_have_separate_caps(client: Any) -> None:
    caps = make_caps(client)
    while caps.reserve("k1", Intent.IN, NOW) is not None:
        pass
    assert caps.reserve("k1", Intent.OUT, NOW) == NOW


def test_all_keys_and_both_intents_share_one_cap(client: Any) -> None:
    caps = make_caps(client, per_key=1, all_keys=2)
    requests = [
        ("k1", Intent.IN),
        ("k2", Intent.OUT),
        ("k3", Intent.IN),
        ("k4", Intent.IN),
        ("k5", Intent.IN),
    ]
    times = [caps.reserve(*request, NOW) for request in requests]
    assert times == [NOW, NOW, MIDNIGHT + DAY, MIDNIGHT + DAY + DAY // 2, None]


def test_a_key_above_its_own_cap_leaves_the_shared_cap_to_the_others(client: Any) -> None:
    caps = make_caps(client, per_key=1, all_keys=3)
    for _ in range(40):
        caps.reserve("leaked", Intent.OUT, NOW)
    assert [caps.reserve(key, Intent.OUT, NOW) for key in ("k2", "k3")] == [NOW, NOW]


def test_the_items_name_the_key_and_no_person_and_expire(client: Any) -> None:
    make_caps(client).reserve("k1", Intent.OUT, NOW)
    items = client.scan(TableName="Control")["Items"]
    assert {item["pk"]["S"] for item in items} == {"mails#key#out#k1#20517", "mails#key#all#20517"}
    assert all(set(item) == {"pk", "n", "expires"} for item in items)
    assert {int(item["expires"]["N"]) for item in items} == {(NOW + 3 * DAY) // 1000}


def test_a_truncated_response_is_unavailable_and_not_a_full_cap(client: Any) -> None:
    with pytest.raises(StoreUnavailable):
        make_caps(CutUpdates(client)).reserve("k1", Intent.IN, NOW)


@settings(max_examples=200)
@given(
    st.integers(1, 20),
    st.integers(1, 30),
    st.lists(
        st.tuples(st.integers(0, DAY // 4), st.sampled_from("abc"), st.sampled_from(Intent)),
        min_size=1,
        max_size=150,
    ),
)
def test_no_day_has_more_mails_than_a_cap_and_none_waits_longer_than_two_days(
    per_key: int, all_keys: int, requests: list[tuple[int, str, Intent]]
) -> None:
    caps, now = make_caps(Dynamo(Nemesis()), per_key, all_keys), NOW
    of_all, of_key = Counter[int](), Counter[object]()
    for gap, key, intent in requests:
        now = Millis(now + gap)
        due = caps.reserve(key, intent, now)
        if due is not None:
            assert now <= due <= now + MAX_WAIT
            of_all[due // DAY] += 1
            of_key[due // DAY, key, intent] += 1
    assert max(of_all.values(), default=0) <= all_keys
    assert max(of_key.values(), default=0) <= per_key
