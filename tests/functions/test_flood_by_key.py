"""An API key that floods Heed takes neither the mails of a day nor the waiting queue away from people."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from functions.platform import app as platform
from functions.resubscribe import app as resubscribe
from functions.send_confirmation import app as send_confirmation
from heed.domain.api_key import KeyScope
from heed.domain.milliseconds import Millis
from heed.domain.opt_in.confirmation_request import ConfirmationRequest
from heed.domain.opt_in.confirmation_token import Intent
from tests.functions.conftest import DAY, HOUR, Clock
from tests.support import mailbox
from tests.support.deployment import World, http_event, parts, restart

PER_DAY = 8
KEYS_PER_DAY = PER_DAY // 2
KEYS_WAITING = 2 * KEYS_PER_DAY
INTENTS = ("in", "out")


class Site:
    """A deployment with a small cap of the day, an API key that leaked, and people who use the form."""

    def __init__(self, world: World, clock: Clock) -> None:
        self.world, self.clock, self.requests = world, clock, 0

    def new_key(self) -> str:
        _, key = parts().api_keys.create("website", "web", [KeyScope.WRITE])
        return str(key)

    def post_by_key(self, key: str, intent: str) -> int:
        """Requests a mail for a new address with a key. Returns the status of the answer."""
        body = {"address": self._new_address("stranger"), "intent": intent, "topics": ["offers"]}
        headers = {"Authorization": f"Bearer {key}"}
        return self._post(platform, "/v1/subscriptions", body=json.dumps(body), headers=headers)

    def opt_out_by_form(self) -> int:
        """Requests an opt-out of a new address with the form. Returns the status of the answer."""
        form = [("address", self._new_address("person")), ("intent", "out")]
        return self._post(resubscribe, "/subscribe", form=form, source_ip="192.0.2.77")

    def flood(self, *keys: str) -> Counter[int]:
        """Requests mails with each key and intent until none is accepted. Returns the statuses."""
        statuses: Counter[int] = Counter()
        for key in keys:
            for intent in INTENTS:
                while (status := self.post_by_key(key, intent)) == 202:
                    statuses[status] += 1
                statuses[status] += 1
        return statuses

    def sweep(self) -> None:
        mailbox.make_messages_visible("WAITING_QUEUE_URL")
        send_confirmation.handler({}, self.world.context)

    def mailed(self, name: str) -> list[str]:
        """Returns the addresses with this name that got a mail, in order."""
        return [mail["To"] for mail in mailbox.sent_mails() if mail["To"].startswith(name)]

    def _new_address(self, name: str) -> str:
        self.requests += 1
        return f"{name}{self.requests}@example.com"

    def _post(self, app: Any, path: str, **more: Any) -> int:
        parts().waiting_queue._counted = None  # the queue caches its length for some seconds
        event = http_event("POST", path, at=self.clock.now, request_id=f"r{self.requests}", **more)
        status = int(app.handler(event, self.world.context)["statusCode"])
        mailbox.deliver_messages(self.world, "CONFIRMATION_REQUESTS_QUEUE_URL", send_confirmation.handler)
        return status


@pytest.fixture
def site(world: World, clock: Clock) -> Site:
    restart(CONFIRMATIONS_PER_DAY=str(PER_DAY), KEY_MAILS_PER_DAY="1000")
    return Site(world, clock)


@pytest.mark.threat(
    "T18",
    "A leaked API key requests so many confirmation mails that the form has no room for people.",
    "All keys together have half of the mails of a day and half of the waiting queue.",
)
@pytest.mark.parametrize("keys", [1, 3])
def test_an_opt_out_of_the_form_gets_its_mail_after_keys_used_all_they_may(site: Site, keys: int) -> None:
    leaked = [site.new_key() for _ in range(keys)]
    for day in range(1, 4):
        assert site.flood(*leaked)[503] == 2 * keys
        assert site.opt_out_by_form() == 202 and len(site.mailed("person")) == 2 * day - 1, "at once"
        site.clock.now += 22 * HOUR
        site.sweep()
        assert len(site.mailed("stranger")) == day * KEYS_PER_DAY
        assert parts().waiting_queue.count() <= KEYS_WAITING
        assert site.opt_out_by_form() == 202 and len(site.mailed("person")) == 2 * day, "at once"
        site.clock.now += 2 * HOUR


def test_a_key_is_rejected_above_its_part_of_the_waiting_queue_and_the_form_is_not(site: Site) -> None:
    key = site.new_key()
    for number in range(KEYS_WAITING):
        waiting = ConfirmationRequest(
            id=f"w{number}",
            address=f"waiting{number}@example.com",
            intent=Intent.IN,
            scopes=(),
            language="en",
            at=Millis(site.clock.now),
            base_url="https://prefs.example.com",
            origin="key other",
            due=Millis(site.clock.now + DAY),
        )
        parts().waiting_queue.send(waiting.to_message())
    assert [site.post_by_key(key, intent) for intent in INTENTS] == [503, 503]
    assert site.opt_out_by_form() == 202 and len(site.mailed("person")) == 1


@pytest.mark.threat(
    "A1",
    "A leaked API key, or a bug of a server, requests confirmation mails for a list of strangers.",
    "The key has a cap of mails. Requests above it wait for the next day, and beyond that they are rejected.",
)
def test_a_key_above_its_cap_waits_for_the_next_day_and_beyond_that_is_rejected(site: Site) -> None:
    restart(CONFIRMATIONS_PER_DAY="100", KEY_MAILS_PER_DAY="1")
    key = site.new_key()
    assert [site.post_by_key(key, "in") for _ in range(4)] == [202, 202, 503, 503]
    assert site.post_by_key(key, "out") == 202, "an opt-out has its own cap"
    assert site.mailed("stranger") == ["stranger1@example.com", "stranger5@example.com"]
    site.clock.now += DAY
    site.sweep()
    assert site.mailed("stranger")[2:] == ["stranger2@example.com"]


def test_a_key_above_its_own_cap_leaves_room_for_another_key(site: Site) -> None:
    restart(KEY_MAILS_PER_DAY="1")
    leaked, honest = site.new_key(), site.new_key()
    site.flood(leaked)
    assert len(site.mailed("stranger")) == len(INTENTS), "one mail for each intent"
    assert site.post_by_key(honest, "out") == 202
    assert len(site.mailed("stranger")) == len(INTENTS) + 1
