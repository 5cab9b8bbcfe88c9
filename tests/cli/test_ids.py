"""`heed ids`: the same ids as everywhere, computed here with one call of KMS."""

from __future__ import annotations

import json
from pathlib import Path

from heed.domain.recipients.recipient import recipient_id
from tests.cli.conftest import Heed
from tests.cli.served import Served
from tests.support.deployment import ROOT, World, parts

VECTORS = json.loads((ROOT / "tests" / "vectors" / "addresses.json").read_text())


def test_an_address_a_line_becomes_an_id_a_line(heed: Heed, local: Path, world: World) -> None:
    people = ["reader@example.com", " Reader <READER@Example.com> ", "info@bücher.example"]

    ended = heed("ids", stdin="\r\n".join(people))

    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines() == [world.recipient(one) for one in people]


def test_one_call_of_kms_is_enough_and_no_address_leaves_the_machine(
    heed: Heed, local: Path, server: Served
) -> None:
    heed("ids", stdin="\n".join(f"reader{n}@example.com" for n in range(5_000)))

    assert [headers["x-amz-target"] for _, _, headers in server.asked] == ["TrentService.GenerateMac"]


def test_what_is_no_address_is_reported_on_its_line(heed: Heed, local: Path, world: World) -> None:
    ended = heed("ids", stdin=b"nobody\n\xff@example.com\n\nreader@example.com\n")

    assert ended.code == 1
    assert ended.out.splitlines() == [
        "invalid: needs exactly one @",
        "invalid: holds a control character",
        world.recipient("reader@example.com"),
    ]


def test_a_file_that_begins_with_a_byte_order_mark_is_read(heed: Heed, local: Path, world: World) -> None:
    ended = heed("ids", stdin="\ufeffreader@example.com\n")

    assert ended.out.split() == [world.recipient("reader@example.com")]


def test_json_is_an_object_a_line(heed: Heed, local: Path, world: World) -> None:
    ended = heed("ids", "--json", stdin="nobody\nreader@example.com\n")

    assert [json.loads(line) for line in ended.out.splitlines()] == [
        {
            "address": "nobody",
            "recipient": None,
            "error": "invalid",
            "detail": "needs exactly one @",
        },
        {"address": "reader@example.com", "recipient": world.recipient("reader@example.com")},
    ]


def test_the_published_vectors_hold_for_every_line_that_can_stand_in_a_file(
    heed: Heed, local: Path, world: World
) -> None:
    """The vectors have a key of their own, so that the normalised address is what is compared."""
    identity = parts().identity_key.identity_key()
    vectors = [one for one in VECTORS["accepted"] if len(one["input"].splitlines()) == 1]

    ended = heed("ids", stdin="\n".join(one["input"].strip() for one in vectors))

    assert ended.out.splitlines() == [recipient_id(identity, one["normalised"]) for one in vectors]


def test_a_deployed_stacks_ids_come_from_its_own_key(heed: Heed, stack: str, world: World) -> None:
    ended = heed("ids", "--stack", stack, stdin="reader@example.com")

    assert ended.out.split() == [world.recipient("reader@example.com")]
