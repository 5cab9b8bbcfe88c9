"""Acknowledged and stated facts decide which topics no check may allow with any record."""

from __future__ import annotations

from heed.domain.milliseconds import Millis
from tests.simulation.history import Fact
from tests.simulation.invariants import cut_short, forbidden, taken_back
from tests.simulation.steps import DAY
from tests.support.deployment import NOW

OFFERS = 2
PRESS = Fact(0, "o:2", NOW, "link", press="one")
UNDO = Fact(0, "u:2", NOW, "preference-centre", is_promised=False, press="one")
ONE_CLICK = Fact(0, "o:2", NOW, "one-click")
PAUSE = Fact(0, "p:1", NOW, "preference-centre", Millis(NOW + 90 * DAY), press="two")


def allowed(*owed: Fact, facts: tuple[Fact, ...]) -> bool:
    return not forbidden(owed, (*owed, *facts), OFFERS, Millis(NOW + DAY))


def test_an_undo_lifts_the_press_that_it_names() -> None:
    assert not allowed(PRESS, facts=())
    assert allowed(PRESS, facts=(UNDO,))


def test_an_undo_lifts_nothing_else() -> None:
    other = PRESS._replace(press="other")
    for suppression in (other, ONE_CLICK, PRESS._replace(at=Millis(NOW - 1)), PRESS._replace(register="o:1")):
        assert not taken_back(suppression, [UNDO])
        assert not allowed(PRESS, suppression, facts=(UNDO,))
    assert not taken_back(PRESS._replace(who=1), [UNDO])


def test_a_shorter_pause_by_a_link_does_not_shorten_an_acknowledged_pause() -> None:
    shorter = PAUSE._replace(at=Millis(NOW + 1), until=Millis(NOW + 2), press="three")
    assert not allowed(PAUSE, facts=(shorter,))
    ended = shorter._replace(source="confirmation", press="")
    assert allowed(PAUSE, facts=(ended,))


def test_a_late_pause_lasts_no_longer_than_the_newer_one() -> None:
    letter = Fact(0, "p:1", Millis(NOW - 1), "letter", Millis(NOW + 500 * DAY))
    assert cut_short(letter, [PAUSE]).until == PAUSE.until
    assert cut_short(letter, [PAUSE._replace(at=Millis(NOW - 2))]) == letter
    assert cut_short(PRESS, [PAUSE]) == PRESS
