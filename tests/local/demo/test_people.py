"""The invented people of the demo."""

from __future__ import annotations

from local.demo.people import invent_people


def test_nobody_owns_the_addresses_and_no_two_people_share_one() -> None:
    people = invent_people(300)
    addresses = [person.address for person in people]

    assert len(set(addresses)) == 300
    assert {address.partition("@")[2] for address in addresses} == {
        "example.com",
        "example.org",
        "example.net",
    }


def test_each_demo_has_the_same_people() -> None:
    first, second = (invent_people(50) for _ in range(2))
    assert first == second
