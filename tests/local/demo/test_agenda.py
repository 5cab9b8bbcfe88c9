"""The order in which the events of the demo happen, and the clock that they find."""

from __future__ import annotations

import pytest

from local.demo import agenda as agendas
from local.demo.agenda import DAY, Agenda, to_working_hours
from local.problem import LocalProblem

SATURDAY = 20_001 * DAY + 9 * agendas.HOUR  # 2024-10-05


class Clock:
    """Keeps the times to which it was set."""

    def __init__(self) -> None:
        self.times: list[int] = []

    def set(self, at: int) -> None:
        self.times.append(at)


def test_events_happen_in_the_order_of_their_times_and_the_clock_has_these_times() -> None:
    clock, happened = Clock(), list[str]()
    agenda = Agenda(clock, lambda: False)
    for at, name in ((30, "third"), (10, "first"), (10, "second")):
        agenda.add(at, lambda name=name: happened.append(name))  # type: ignore[misc]

    agenda.run(until=100)

    assert happened == ["first", "second", "third"]
    assert clock.times == [10, 10, 30]


def test_an_event_may_enter_another_one() -> None:
    happened = list[int]()
    agenda = Agenda(Clock(), lambda: False)
    agenda.add(10, lambda: agenda.add(agenda.now + 5, lambda: happened.append(agenda.now)))
    agenda.run(until=100)
    assert happened == [15]


def test_an_event_after_the_end_waits_for_the_next_run() -> None:
    happened = list[int]()
    agenda = Agenda(Clock(), lambda: False)
    agenda.add(10, lambda: happened.append(agenda.now))
    agenda.run(until=10)
    assert happened == []
    agenda.run(until=11)
    assert happened == [10]


def test_the_clock_waits_until_the_stack_has_finished_what_happened_before() -> None:
    clock = Clock()
    answers = iter([True, True, False])
    seen = list[list[int]]()

    def has_unfinished_work() -> bool:
        seen.append(list(clock.times))
        return next(answers, False)

    agenda = Agenda(clock, has_unfinished_work)
    agenda.add(10, lambda: None)
    agenda.run(until=100)

    assert seen == [[], [], [], [10]]


def test_work_that_does_not_end_stops_the_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agendas, "_WORK_SECONDS", 0)
    agenda = Agenda(Clock(), lambda: True)
    agenda.add(10, lambda: None)
    with pytest.raises(LocalProblem, match="do not finish"):
        agenda.run(until=100)


@pytest.mark.parametrize(("days", "moved"), [(-1, 0), (0, 2), (1, 1), (2, 0)])
def test_what_would_happen_on_a_weekend_happens_on_monday(days: int, moved: int) -> None:
    at = SATURDAY + days * DAY
    assert to_working_hours(at) == at + moved * DAY
