"""`heed check` with the real function `platform`."""

from __future__ import annotations

from pathlib import Path

from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import Change, Entry, Source
from heed.domain.recipients.recipient import recipient_to_bytes
from tests.cli.conftest import Heed
from tests.cli.server import ApiServer
from tests.support.deployment import NOW, World
from tests.support.openapi import document, validator
from tests.support.registers import out

READER, STRANGER = "reader@example.com", "stranger@example.com"
OUT_OF_OFFERS = Change(out(2), Entry(Millis(NOW - 90_000), Source.ONE_CLICK, "{}"))


def test_a_check_ends_with_code_0_if_all_people_may_get_mail(heed: Heed, local: Path) -> None:
    result = heed("check", READER, STRANGER, "--topic", "offers")

    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines() == [
        "ADDRESS               SENDABLE  REASON  SINCE  SOURCE  UNTIL",
        "reader@example.com    yes       ok      -      -       -",
        "stranger@example.com  yes       ok      -      -       -",
    ]


def test_a_check_ends_with_code_1_if_one_person_may_not_get_mail(
    heed: Heed, local: Path, world: World
) -> None:
    world.apply_changes(READER, OUT_OF_OFFERS)

    result = heed("check", STRANGER, READER, "--topic", "offers")

    assert result.code == 1
    assert result.out.splitlines()[2].split() == [
        READER,
        "no",
        "topic_unsubscribed",
        "2026-03-05T09:11:14.390Z",
        "one-click",
        "-",
    ]


def test_a_check_of_an_invalid_address_ends_with_code_1(heed: Heed, local: Path) -> None:
    result = heed("check", "no address", "--topic", "offers")

    assert (result.code, "invalid" in result.out) == (1, True)


def test_json_is_the_answer_of_the_api(heed: Heed, local: Path) -> None:
    result = heed("check", READER, "--topic", "meridian/offers", "--json")

    validator(document()["components"]["schemas"]["CheckAnswer"]).validate(result.json)
    assert result.json["results"][0]["address"] == READER


def test_ids_among_addresses_keep_their_order(
    heed: Heed, local: Path, world: World, server: ApiServer
) -> None:
    world.apply_changes(READER, OUT_OF_OFFERS)
    recipient = world.recipient(READER)
    people = [STRANGER, recipient, recipient_to_bytes(recipient).hex(), STRANGER]

    result = heed("check", *people, "--topic", "offers")

    rows = [line.split()[:2] for line in result.out.splitlines()[1:]]
    assert rows == [[people[0], "yes"], [people[1], "no"], [people[2], "no"], [people[3], "yes"]]
    assert len(server.requests) == 3  # ids and addresses need requests of their own


def test_more_than_1000_people_are_several_requests(heed: Heed, local: Path, server: ApiServer) -> None:
    people = [f"reader{n}@example.com" for n in range(1_001)]

    result = heed("check", *people, "--topic", "offers")

    assert [line.split()[0] for line in result.out.splitlines()[1:]] == people
    assert (result.code, len(server.requests)) == (0, 2)


def test_an_unknown_topic_is_a_fault_with_a_pointer(heed: Heed, local: Path) -> None:
    result = heed("check", READER, "--topic", "nonsense")

    assert (result.code, result.out) == (2, "")
    assert result.err.splitlines()[0] == "heed: The request is not valid (422)"
    assert result.err.splitlines()[1].startswith("  /topic: ")


def test_no_url_contains_an_address(heed: Heed, local: Path, server: ApiServer) -> None:
    heed("check", READER, "--topic", "offers")
    heed("lookup", READER)
    heed("change", READER, "--scope", "offers", "--out", "--source", "phone")
    heed("links", "--topic", "offers", stdin=READER)

    assert [path for _, path, _ in server.requests] == [
        "/v1/check",
        "/v1/recipients/lookup",
        "/v1/changes",
        "/v1/links",
    ]


def test_control_characters_are_escaped_in_the_output(heed: Heed, local: Path) -> None:
    result = heed("check", "\x1b[2Jx\udcff@example.com", "--topic", "offers")

    assert result.code == 1
    assert "\\x1b[2Jx\\udcff@example.com" in result.out
