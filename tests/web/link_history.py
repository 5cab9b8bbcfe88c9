"""What people press on the pages of links, for the browser's back, forward and reload."""

from __future__ import annotations

from collections.abc import Iterator

from heed.domain.opt_in.confirmation_token import CONFIRMATION_LIFETIME, Intent
from heed.domain.preferences.register import DAY_MS, HOLD, Source
from tests.support.registers import out
from tests.web.matrix import Visit
from tests.web.page_states import EVERYTHING, NEWS, OFFERS, THIS, LocalStack


def history(stage: LocalStack) -> Iterator[Visit]:
    """Yields for each link what is pressed, where going back leads to, and how often the record changes."""
    landing, done = "Unsubscribe from Offers", "You’re unsubscribed from Offers"
    all_done, centre = "You’re unsubscribed from all marketing emails", "Your email preferences"
    onward = "a[href^='/p/']"
    yield {
        "url": stage.unsubscribe(),
        "first": landing,
        "steps": [{"press": THIS, "shows": done}, {"press": onward, "shows": centre}],
        "back": [done, done],
        "changes": 1,
    }
    yield {
        "url": stage.unsubscribe(OFFERS, stage.store_choice(out(OFFERS))),
        "first": done,
        "steps": [{"press": EVERYTHING, "shows": all_done}],
        "back": [all_done],
        "changes": 2,
    }
    held, pressed = stage.store_choice(HOLD, Source.AGENT), "scope=this"
    neutral = {"first": "We don’t email this address", "steps": [], "back": []}
    yield {**neutral, "url": stage.unsubscribe(OFFERS, held), "post": pressed, "changes": 2}
    confirm, one_step = stage.confirmation(Intent.IN, NEWS), {"press": "button", "shows": "Confirmed"}
    yield {
        "url": confirm,
        "first": "One last step",
        "steps": [one_step, {"press": onward, "shows": centre}],
        "back": ["Confirmed", "Confirmed"],
        "changes": 1,
    }
    yield {
        "url": stage.confirmation(Intent.OUT),
        "first": "Unsubscribe from marketing emails",
        "steps": [one_step],
        "back": ["Confirmed"],
        "changes": 1,
    }
    stopped = [stage.store_choice(out(NEWS))]
    yield {
        "url": stage.confirmation(Intent.IN, NEWS, age=DAY_MS + 60_000, changes=stopped),
        "first": "One last step",
        "steps": [{"press": "button", "shows": "Nothing has changed"}],
        "back": ["Nothing has changed"],
        "changes": 2,
    }
    expired = stage.confirmation(Intent.IN, NEWS, age=CONFIRMATION_LIFETIME)
    gone = {"first": "This link has expired", "steps": [], "back": [], "post": ""}
    yield {**gone, "url": expired, "changes": 0}
