"""`heed ids`: the same ids as elsewhere, computed on this machine with one KMS call."""

from __future__ import annotations

import json
from pathlib import Path

from heed.domain.recipients.recipient import recipient_id
from tests.cli.conftest import Heed
from tests.cli.server import ApiServer
from tests.support.deployment import ROOT, World, parts

VECTORS = json.loads((ROOT / "tests" / "vectors" / "addresses.json").read_text())


def test_each_line_with_an_address_becomes_a_line_with_an_id(heed: Heed, local: Path, world: World) -> None:
    people = ["reader@example.com", " Reader <READER@Example.com> ", "info@bücher.example"]

    result = heed("ids", stdin="\r\n".join(people))

    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines() == [world.recipient(person) for person in people]


def test_one_kms_call_is_enough_and_no_address_leaves_the_machine(
    heed: Heed, local: Path, server: ApiServer
) -> None:
    heed("ids", stdin="\n".join(f"reader{n}@example.com" for n in range(5_000)))

    assert [headers["x-amz-target"] for _, _, headers in server.requests] == ["TrentService.GenerateMac"]


def test_an_invalid_address_is_reported_on_its_line(heed: Heed, local: Path, world: World) -> None:
    result = heed("ids", stdin=b"nobody\n\xff@example.com\n\nreader@example.com\n")

    assert result.code == 1
    assert result.out.splitlines() == [
        "invalid: needs exactly one @",
        "invalid: holds a control character",
        world.recipient("reader@example.com"),
    ]


def test_a_byte_order_mark_is_ignored(heed: Heed, local: Path, world: World) -> None:
    result = heed("ids", stdin="\ufeffreader@example.com\n")

    assert result.out.split() == [world.recipient("reader@example.com")]


def test_json_is_one_object_per_line(heed: Heed, local: Path, world: World) -> None:
    result = heed("ids", "--json", stdin="nobody\nreader@example.com\n")

    assert [json.loads(line) for line in result.out.splitlines()] == [
        {
            "address": "nobody",
            "recipient": None,
            "error": "invalid",
            "detail": "needs exactly one @",
        },
        {"address": "reader@example.com", "recipient": world.recipient("reader@example.com")},
    ]


def test_the_published_vectors_hold_for_lines_of_a_file(heed: Heed, local: Path, world: World) -> None:
    """The vectors use another key. So the test compares ids of the normalised addresses."""
    identity = parts().identity_key.identity_key()
    vectors = [vector for vector in VECTORS["accepted"] if len(vector["input"].splitlines()) == 1]

    result = heed("ids", stdin="\n".join(vector["input"].strip() for vector in vectors))

    assert result.out.splitlines() == [recipient_id(identity, vector["normalised"]) for vector in vectors]


def test_ids_of_a_deployed_stack_use_its_own_key(heed: Heed, stack: str, world: World) -> None:
    result = heed("ids", "--stack", stack, stdin="reader@example.com")

    assert result.out.split() == [world.recipient("reader@example.com")]
