"""`heed check`, against the real platform function."""

from __future__ import annotations

from pathlib import Path

from heed.domain.preferences.register import Change, Entry, Source
from heed.domain.recipients.recipient import recipient_to_bytes
from tests.cli.conftest import Heed
from tests.cli.served import Served
from tests.support.deployment import NOW, World
from tests.support.openapi import document, validator
from tests.support.registers import out

READER, STRANGER = "reader@example.com", "stranger@example.com"
OUT_OF_OFFERS = Change(out(2), Entry(NOW - 90_000, Source.ONE_CLICK, "{}"))


def test_all_may_be_sent_to_is_yes(heed: Heed, local: Path) -> None:
    ended = heed("check", READER, STRANGER, "--topic", "offers")

    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines() == [
        "ADDRESS               SENDABLE  REASON  SINCE  SOURCE  UNTIL",
        "reader@example.com    yes       ok      -      -       -",
        "stranger@example.com  yes       ok      -      -       -",
    ]


def test_one_who_may_not_be_sent_to_makes_it_a_no(heed: Heed, local: Path, world: World) -> None:
    world.put(READER, OUT_OF_OFFERS)

    ended = heed("check", STRANGER, READER, "--topic", "offers")

    assert ended.code == 1
    assert ended.out.splitlines()[2].split() == [
        READER,
        "no",
        "topic_unsubscribed",
        "2026-03-05T09:11:14.390Z",
        "one-click",
        "-",
    ]


def test_what_is_no_address_is_a_no(heed: Heed, local: Path) -> None:
    ended = heed("check", "no address", "--topic", "offers")

    assert (ended.code, "invalid" in ended.out) == (1, True)


def test_json_is_the_apis_own_answer(heed: Heed, local: Path) -> None:
    ended = heed("check", READER, "--topic", "meridian/offers", "--json")

    validator(document()["components"]["schemas"]["CheckAnswer"]).validate(ended.json)
    assert ended.json["results"][0]["address"] == READER


def test_ids_may_stand_among_addresses_and_the_order_is_kept(
    heed: Heed, local: Path, world: World, server: Served
) -> None:
    world.put(READER, OUT_OF_OFFERS)
    recipient = world.recipient(READER)
    people = [STRANGER, recipient, recipient_to_bytes(recipient).hex(), STRANGER]

    ended = heed("check", *people, "--topic", "offers")

    rows = [line.split()[:2] for line in ended.out.splitlines()[1:]]
    assert rows == [[people[0], "yes"], [people[1], "no"], [people[2], "no"], [people[3], "yes"]]
    assert len(server.asked) == 3  # addresses and ids apart


def test_more_than_a_request_takes_are_several_requests(heed: Heed, local: Path, server: Served) -> None:
    people = [f"reader{n}@example.com" for n in range(1_001)]

    ended = heed("check", *people, "--topic", "offers")

    assert [line.split()[0] for line in ended.out.splitlines()[1:]] == people
    assert (ended.code, len(server.asked)) == (0, 2)


def test_an_unknown_topic_is_named_by_its_pointer(heed: Heed, local: Path) -> None:
    ended = heed("check", READER, "--topic", "nonsense")

    assert (ended.code, ended.out) == (2, "")
    assert ended.err.splitlines()[0] == "heed: The request is not valid (422)"
    assert ended.err.splitlines()[1].startswith("  /topic: ")


def test_no_address_stands_in_a_url(heed: Heed, local: Path, server: Served) -> None:
    heed("check", READER, "--topic", "offers")
    heed("lookup", READER)
    heed("change", READER, "--scope", "offers", "--out", "--source", "phone")
    heed("links", "--topic", "offers", stdin=READER)

    assert [path for _, path, _ in server.asked] == [
        "/v1/check",
        "/v1/recipients/lookup",
        "/v1/changes",
        "/v1/links",
    ]


def test_a_terminal_obeys_nothing_of_what_is_printed(heed: Heed, local: Path) -> None:
    ended = heed("check", "\x1b[2Jx\udcff@example.com", "--topic", "offers")

    assert ended.code == 1
    assert "\\x1b[2Jx\\udcff@example.com" in ended.out
