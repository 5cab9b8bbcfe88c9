"""What one network may ask for: so many mails at once, then each at a time of its own, then no more."""

from __future__ import annotations

from collections import Counter
from typing import Any

import boto3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heed.adapters.dynamodb.network_caps import NetworkCapsTable
from heed.domain.errors import StoreUnavailable
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.opt_in.mail_caps import CAP_WINDOW, MAX_WAIT
from tests.simulation.aws_in_memory import Dynamo
from tests.simulation.nemesis import Nemesis
from tests.support.template import table_definition

NOW = 1_772_701_964_390
DAY = CAP_WINDOW


@pytest.fixture
def client(aws: None) -> Any:
    made = boto3.client("dynamodb")
    made.create_table(TableName="Control", **table_definition("ControlTable"))
    return made


def room(client: Any, per_day: int = 4) -> NetworkCapsTable:
    return NetworkCapsTable(client, "Control", per_day)


def test_so_many_go_at_once_and_each_other_has_a_time_of_its_own_within_two_days(
    client: Any,
) -> None:
    held = room(client)
    times = [held.take("n1", Intent.IN, NOW) for _ in range(14)]
    assert times[:4] == [NOW] * 4
    assert times[4:12] == [NOW + n * DAY // 4 for n in range(1, 9)]
    assert times[11] == NOW + MAX_WAIT
    assert times[12:] == [None, None], "beyond that nothing is accepted"


def test_the_way_out_has_ten_times_as_many_and_its_own(client: Any) -> None:
    held = room(client)
    while held.take("n1", Intent.IN, NOW) is not None:
        pass
    times = [held.take("n1", Intent.OUT, NOW) for _ in range(122)]
    assert times[:40] == [NOW] * 40 and times[40] == NOW + DAY // 40
    assert times[119] == NOW + MAX_WAIT and times[120:] == [None, None]


def test_another_network_has_room_of_its_own(client: Any) -> None:
    held = room(client)
    while held.take("n1", Intent.IN, NOW) is not None:
        pass
    assert held.take("n2", Intent.IN, NOW) == NOW


def test_room_comes_back_with_time(client: Any) -> None:
    held = room(client)
    for _ in range(4):
        assert held.take("n1", Intent.IN, NOW) == NOW
    assert held.take("n1", Intent.IN, NOW + DAY // 4) == NOW + DAY // 4
    later = NOW + 3 * DAY
    assert [held.take("n1", Intent.IN, later) for _ in range(4)] == [later] * 4


def test_two_that_are_first_at_once_each_take_their_own(client: Any) -> None:
    real = client.update_item
    other = room(client)
    calls = [0]

    class Interleaved:
        exceptions = client.exceptions

        @staticmethod
        def update_item(**arguments: Any) -> Any:
            calls[0] += 1
            if calls[0] == 2:  # the first look saw nobody's room used up
                other.take("n1", Intent.IN, NOW)
            return real(**arguments)

    for _ in range(4):
        other.take("n1", Intent.IN, NOW)
    assert room(Interleaved()).take("n1", Intent.IN, NOW) == NOW + 2 * DAY // 4


def test_an_answer_that_was_cut_on_its_way_is_no_room_but_a_store_that_cannot_be_asked(
    client: Any,
) -> None:
    class Cut:
        exceptions = client.exceptions

        @staticmethod
        def update_item(**arguments: Any) -> Any:
            client.update_item(**arguments)
            return {}  # what botocore makes of a body that it cannot read

    with pytest.raises(StoreUnavailable):
        room(Cut()).take("n1", Intent.IN, NOW)


def test_what_is_kept_names_no_person_and_ends_by_itself(client: Any) -> None:
    room(client).take("n1", Intent.IN, NOW)
    (item,) = client.scan(TableName="Control")["Items"]
    assert item["pk"] == {"S": "mails#network#in#n1"}
    assert int(item["expires"]["N"]) == (NOW + 4 * DAY) // 1000


@settings(max_examples=200)
@given(st.integers(1, 40), st.lists(st.integers(0, DAY // 2), min_size=1, max_size=200))
def test_whenever_they_ask_no_day_has_more_than_twice_as_many_and_nobody_waits_longer_than_two(
    per_day: int, gaps: list[int]
) -> None:
    held, now, times = room(Dynamo(Nemesis()), per_day), NOW, list[int]()
    for gap in gaps:
        now += gap
        due = held.take("n", Intent.IN, now)
        if due is not None:
            assert now <= due <= now + MAX_WAIT
            times.append(due)
    by_day = Counter((due - NOW) // DAY for due in times)
    assert all(mails <= 2 * per_day for mails in by_day.values()), "a day's at once, a day's in its course"
    assert len(times) <= per_day * (2 + (max(times) - NOW) // DAY)
