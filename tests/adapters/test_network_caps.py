"""The cap of a network: some mails at once, then further mails at later times, then no more."""

from __future__ import annotations

from collections import Counter
from typing import Any

import boto3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heed.adapters.dynamodb.network_caps import NetworkCapsTable
from heed.domain.errors import StoreUnavailable
from heed.domain.milliseconds import Millis
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.opt_in.mail_caps import CAP_WINDOW, MAX_WAIT
from tests.simulation.aws_in_memory import Dynamo
from tests.simulation.nemesis import Nemesis
from tests.support.cut_updates import CutUpdates
from tests.support.template import table_definition

NOW = Millis(1_772_701_964_390)
DAY = CAP_WINDOW


@pytest.fixture
def client(aws: None) -> Any:
    dynamodb = boto3.client("dynamodb")
    dynamodb.create_table(TableName="Control", **table_definition("ControlTable"))
    return dynamodb


def make_caps(client: Any, per_day: int = 4) -> NetworkCapsTable:
    return NetworkCapsTable(client, "Control", per_day)


def test_the_mails_of_a_day_go_at_once_and_further_ones_at_later_times_within_two_days(
    client: Any,
) -> None:
    origin_caps = make_caps(client)
    times = [origin_caps.reserve("n1", Intent.IN, NOW) for _ in range(14)]
    assert times[:4] == [NOW] * 4
    assert times[4:12] == [NOW + n * DAY // 4 for n in range(1, 9)]
    assert times[11] == NOW + MAX_WAIT
    assert times[12:] == [None, None], "no further mail is accepted"


def test_opt_outs_of_a_network_have_a_separate_cap_that_is_ten_times_as_high(client: Any) -> None:
    origin_caps = make_caps(client)
    while origin_caps.reserve("n1", Intent.IN, NOW) is not None:
        pass
    times = [origin_caps.reserve("n1", Intent.OUT, NOW) for _ in range(122)]
    assert times[:40] == [NOW] * 40 and times[40] == NOW + DAY // 40
    assert times[119] == NOW + MAX_WAIT and times[120:] == [None, None]


def test_each_network_has_its_own_cap(client: Any) -> None:
    origin_caps = make_caps(client)
    while origin_caps.reserve("n1", Intent.IN, NOW) is not None:
        pass
    assert origin_caps.reserve("n2", Intent.IN, NOW) == NOW


def test_the_cap_frees_up_with_time(client: Any) -> None:
    origin_caps = make_caps(client)
    for _ in range(4):
        assert origin_caps.reserve("n1", Intent.IN, NOW) == NOW
    assert origin_caps.reserve("n1", Intent.IN, Millis(NOW + DAY // 4)) == NOW + DAY // 4
    later = Millis(NOW + 3 * DAY)
    assert [origin_caps.reserve("n1", Intent.IN, later) for _ in range(4)] == [later] * 4


def test_two_concurrent_first_requests_get_different_times(client: Any) -> None:
    real = client.update_item
    other = make_caps(client)
    calls = [0]

    class Interleaved:
        exceptions = client.exceptions

        @staticmethod
        def update_item(**arguments: Any) -> Any:
            calls[0] += 1
            if calls[0] == 2:  # the first request has seen that the cap is free
                other.reserve("n1", Intent.IN, NOW)
            return real(**arguments)

    for _ in range(4):
        other.reserve("n1", Intent.IN, NOW)
    assert make_caps(Interleaved()).reserve("n1", Intent.IN, NOW) == NOW + 2 * DAY // 4


def test_a_truncated_response_is_unavailable_and_not_a_full_cap(client: Any) -> None:
    with pytest.raises(StoreUnavailable):
        make_caps(CutUpdates(client)).reserve("n1", Intent.IN, NOW)


def test_an_item_names_no_person_and_expires(client: Any) -> None:
    make_caps(client).reserve("n1", Intent.IN, NOW)
    (item,) = client.scan(TableName="Control")["Items"]
    assert item["pk"] == {"S": "mails#network#in#n1"}
    assert int(item["expires"]["N"]) == (NOW + 4 * DAY) // 1000


@settings(max_examples=200)
@given(st.integers(1, 40), st.lists(st.integers(0, DAY // 2), min_size=1, max_size=200))
def test_no_day_has_more_than_twice_the_cap_and_no_mail_waits_longer_than_two_days(
    per_day: int, gaps: list[int]
) -> None:
    origin_caps, now, times = make_caps(Dynamo(Nemesis()), per_day), NOW, list[int]()
    for gap in gaps:
        now = Millis(now + gap)
        due = origin_caps.reserve("n", Intent.IN, now)
        if due is not None:
            assert now <= due <= now + MAX_WAIT
            times.append(due)
    by_day = Counter((due - NOW) // DAY for due in times)
    assert all(mails <= 2 * per_day for mails in by_day.values()), (
        "the mails of one day at once, and those of another in its course"
    )
    assert len(times) <= per_day * (2 + (max(times) - NOW) // DAY)
