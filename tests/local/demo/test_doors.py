"""The doors of the demo, with an API that takes at most a thousand addresses in a request."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from local.demo.doors import KeyHolder
from local.demo.people import invent_people

PEOPLE = invent_people(2_100)


class Api(KeyHolder):
    """A holder of a key whose API answers that every second person may get mail."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def post(self, path: str, body: Any) -> dict[str, Any]:
        addresses = body["addresses"]
        self.sizes.append(len(addresses))
        if path == "/v1/links":
            urls = {"unsubscribe_url": "https://p.example/u", "preferences_url": "https://p.example/p"}
            link = {"recipient": "r", "headers": {}, "tags": {}}
            return {"links": [{**link, **urls, "address": each} for each in addresses]}
        return {"results": [{"address": each, "sendable": n % 2 == 0} for n, each in enumerate(addresses)]}


def test_a_demo_may_have_more_people_than_a_request_has_addresses() -> None:
    api = Api()

    sendable = api.list_sendable("offers", PEOPLE)

    assert api.sizes == [1_000, 1_000, 100]
    assert sendable == [person.address for person in PEOPLE[::2]]


def test_a_mailing_has_a_mail_for_each_address_also_beyond_a_thousand() -> None:
    addresses = [person.address for person in PEOPLE]
    api = Api()

    mails = api.make_mails("offers", "offers-1", addresses, datetime(2026, 3, 5, tzinfo=UTC))

    assert api.sizes == [1_000, 1_000, 100]
    assert [dict(mail.headers)["To"] for mail in mails] == addresses
