"""Acknowledged and stated facts decide which topics no check may allow with any record."""

from __future__ import annotations

from heed.domain.milliseconds import Millis
from tests.simulation.history import Fact
from tests.simulation.invariants import is_undone, limit_to_later_pause, why_forbidden
from tests.simulation.steps import DAY
from tests.support.deployment import NOW

OFFERS = 2
PRESS = Fact(0, "o:2", NOW, "link", press_id="one")
UNDO = Fact(0, "u:2", NOW, "preference-centre", is_promised=False, press_id="one")
ONE_CLICK = Fact(0, "o:2", NOW, "one-click")
PAUSE = Fact(0, "p:1", NOW, "preference-centre", Millis(NOW + 90 * DAY), press_id="two")


def is_allowed(*acknowledged: Fact, facts: tuple[Fact, ...]) -> bool:
    return not why_forbidden(acknowledged, (*acknowledged, *facts), OFFERS, Millis(NOW + DAY))


def test_an_undo_lifts_the_press_that_it_names() -> None:
    assert not is_allowed(PRESS, facts=())
    assert is_allowed(PRESS, facts=(UNDO,))


def test_an_undo_lifts_nothing_else() -> None:
    other = PRESS._replace(press_id="other")
    for suppression in (other, ONE_CLICK, PRESS._replace(at=Millis(NOW - 1)), PRESS._replace(register="o:1")):
        assert not is_undone(suppression, [UNDO])
        assert not is_allowed(PRESS, suppression, facts=(UNDO,))
    assert not is_undone(PRESS._replace(who=1), [UNDO])


def test_a_shorter_pause_by_a_link_does_not_shorten_an_acknowledged_pause() -> None:
    shorter = PAUSE._replace(at=Millis(NOW + 1), until=Millis(NOW + 2), press_id="three")
    assert not is_allowed(PAUSE, facts=(shorter,))
    ended = shorter._replace(source="confirmation", press_id="")
    assert is_allowed(PAUSE, facts=(ended,))


def test_a_late_pause_lasts_no_longer_than_the_newer_one() -> None:
    letter = Fact(0, "p:1", Millis(NOW - 1), "letter", Millis(NOW + 500 * DAY))
    assert limit_to_later_pause(letter, [PAUSE]).until == PAUSE.until
    assert limit_to_later_pause(letter, [PAUSE._replace(at=Millis(NOW - 2))]) == letter
    assert limit_to_later_pause(PRESS, [PAUSE]) == PRESS
