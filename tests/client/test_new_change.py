"""A change as the API takes it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from heed.client import NewChange


def test_a_stop_without_a_time_counts_from_its_record() -> None:
    """A clock of this machine that is slow must not make the stop older than a yes."""
    assert NewChange(recipient="r", scope="offers", state="out").to_members() == {
        "recipient": "r",
        "scope": "offers",
        "state": "out",
        "source": "api",
    }


def test_an_opt_in_without_a_time_is_refused() -> None:
    """Recorded again after an error, it would be newer than a stop that arrived in between."""
    with pytest.raises(ValueError, match="time"):
        NewChange(address="a", scope="offers", state="in", reference="form 7")


@pytest.mark.parametrize(
    ("when", "text"),
    [
        (date(2026, 3, 5), "2026-03-05"),
        (datetime(2026, 3, 5, 10, 12, 44, tzinfo=timezone(timedelta(hours=1))), "2026-03-05T10:12:44+01:00"),
        (datetime(2026, 3, 5, 10, 12, 44, 390_000, UTC), "2026-03-05T10:12:44.390000+00:00"),
    ],
)
def test_a_time_has_its_offset_and_a_date_none(when: Any, text: str) -> None:
    change = NewChange(address="a", scope="*", state="paused", until=when, occurred_at=when)
    assert (change.to_members()["until"], change.to_members()["occurred_at"]) == (text, text)


def test_a_time_without_its_offset_is_refused() -> None:
    change = NewChange(address="a", scope="*", state="out", occurred_at=datetime(2026, 3, 5))  # noqa: DTZ001
    with pytest.raises(ValueError, match="offset"):
        change.to_members()


@pytest.mark.parametrize("person", [{}, {"address": "a", "recipient": "b"}])
def test_a_change_is_about_one_person(person: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="either"):
        NewChange(scope="*", state="out", **person)
