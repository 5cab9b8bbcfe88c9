"""`heed links` with the real function `platform`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Heed
from tests.cli.server import ApiServer
from tests.support.deployment import World, parts
from tests.support.openapi import document, validator

READER = "reader@example.com"


def test_links_and_headers_are_printed_below_each_address(heed: Heed, local: Path) -> None:
    result = heed("links", "--topic", "offers", "--campaign", "spring", "--lang", "de", stdin=READER)

    lines = result.out.splitlines()
    assert (result.code, result.err, lines[0]) == (0, "", READER)
    assert lines[1].startswith("  unsubscribe  https://prefs.example.com/u/")
    assert lines[1].endswith("?c=spring&lang=de")
    assert lines[2].startswith("  preferences  https://prefs.example.com/p/")
    assert [line.split(":")[0].strip() for line in lines[3:]] == [
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "List-Id",
        "SES message tags",
    ]


def test_links_report_an_invalid_address_in_its_place(heed: Heed, local: Path) -> None:
    result = heed("links", "--topic", "offers", stdin=f"nobody\n\n{READER}\n")

    assert result.code == 1
    assert result.out.splitlines()[:3] == ["nobody", "  invalid", READER]


def test_json_is_one_answer_per_line_for_each_1000_people(heed: Heed, local: Path, server: ApiServer) -> None:
    people = [f"reader{n}@example.com" for n in range(1_001)]

    result = heed("links", "--topic", "offers", "--json", stdin="\n".join(people))

    answers = [json.loads(line) for line in result.out.splitlines()]
    for answer in answers:
        validator(document()["components"]["schemas"]["LinksAnswer"]).validate(answer)
    assert [link["address"] for answer in answers for link in answer["links"]] == people
    assert (result.code, len(answers), len(server.requests)) == (0, 2, 2)


def test_links_accept_ids_in_place_of_addresses(heed: Heed, local: Path, world: World) -> None:
    result = heed("links", "--topic", "offers", "--json", stdin=world.recipient(READER))

    assert result.json["links"][0]["recipient"] == world.recipient(READER)


def test_the_ref_of_one_person_is_in_the_links_and_tags(heed: Heed, local: Path) -> None:
    result = heed("links", "--topic", "offers", "--ref", "customer-7", "--json", stdin=READER)

    (link,) = result.json["links"]
    assert (result.code, link["tags"]["heed-ref"]) == (0, "customer-7")
    assert link["unsubscribe_url"].endswith("?r=customer-7")


def test_each_line_of_a_file_may_have_a_ref(heed: Heed, local: Path, world: World, server: ApiServer) -> None:
    lines = [f"reader{n}@example.com\tcustomer-{n}" for n in range(1_001)]
    lines += [f"{world.recipient(READER)}\tlast", "none@example.com\t", "other@example.com"]

    result = heed("links", "--topic", "offers", "--refs", "--json", stdin="\n".join(lines))

    links = [link for line in result.out.splitlines() for link in json.loads(line)["links"]]
    assert [link["tags"].get("heed-ref", "") for link in links] == [
        *(f"customer-{n}" for n in range(1_001)),
        "last",
        "",
        "",
    ]
    assert [link["address"] for link in links[:2]] == ["reader0@example.com", "reader1@example.com"]
    assert (result.code, len(server.requests)) == (0, 4)


def test_one_ref_is_not_given_to_several_people(heed: Heed, local: Path, server: ApiServer) -> None:
    several = heed("links", "--topic", "offers", "--ref", "customer-7", stdin=f"{READER}\nother@example.com")
    both = heed("links", "--topic", "offers", "--ref", "customer-7", "--refs", stdin=READER)

    assert (several.code, both.code, server.requests) == (2, 2, [])
    assert "--refs" in several.err


def test_an_invalid_ref_is_a_fault(heed: Heed, local: Path) -> None:
    result = heed("links", "--topic", "offers", "--ref", READER, stdin=READER)

    assert (result.code, "/refs/0" in result.err) == (2, True)


def test_a_deployment_without_a_domain_causes_a_warning(
    heed: Heed, local: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts().config, "public_url", "")

    result = heed("links", "--topic", "offers", stdin=READER)

    assert (result.code, result.err.startswith("heed: PUBLIC_URL is not set")) == (0, True)


def test_an_invalid_option_is_a_fault_with_the_pointer_of_its_field(heed: Heed, local: Path) -> None:
    result = heed("links", "--topic", "service", "--campaign", "a b", "--lang", "xx", stdin=READER)

    assert result.code == 2
    assert [line.split(":")[0] for line in result.err.splitlines()[1:]] == [
        "  /topic",
        "  /campaign",
        "  /lang",
    ]
