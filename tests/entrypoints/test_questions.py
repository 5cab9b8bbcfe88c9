"""The bodies of POST /v1/check and POST /v1/links: what is understood, and every fault by its pointer."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from heed.domain.errors import InvalidRequest
from heed.entrypoints.http.api import checks, links
from heed.entrypoints.http.api.json_body import read_json_object
from heed.use_cases.identify import Mention
from tests.support.catalogues import CATALOGUE

READER = "reader@example.com"


def faults(asked: Callable[..., object], body: Any) -> list[str]:
    with pytest.raises(InvalidRequest) as refused:
        asked(read_json_object(json.dumps(body).encode()), CATALOGUE)
    return [fault.pointer for fault in refused.value.faults]


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, ["/topic", "/addresses"]),
        ([], ["", "/topic", "/addresses"]),
        ("text", ["", "/topic", "/addresses"]),
        (None, ["", "/topic", "/addresses"]),
        ({"topic": "offers"}, ["/addresses"]),
        ({"topic": "offers", "addresses": []}, ["/addresses"]),
        ({"topic": "offers", "addresses": [READER] * 1001}, ["/addresses"]),
        ({"topic": "offers", "addresses": [READER, 3, None]}, ["/addresses/1", "/addresses/2"]),
        ({"topic": "offers", "addresses": READER}, ["/addresses"]),
        ({"topic": "offers", "recipients": None}, ["/recipients"]),
        ({"topic": "offers", "addresses": [READER], "recipients": ["x"]}, ["/recipients"]),
        ({"topic": "*", "addresses": [READER]}, ["/topic"]),
        ({"topic": "meridian", "addresses": [READER]}, ["/topic"]),
        ({"topic": "unheard-of", "addresses": [READER]}, ["/topic"]),
        ({"topic": 2, "addresses": [READER]}, ["/topic"]),
        ({"topic": "", "addresses": [READER]}, ["/topic"]),
        ({"topic": "offers", "addresses": [READER], "a/b~": 1, "x": 1}, ["/a~1b~0", "/x"]),
    ],
)
@pytest.mark.parametrize("asked", [checks.parse_check_request, links.parse_links_request])
def test_every_fault_is_named(asked: Callable[..., object], body: Any, wrong: list[str]) -> None:
    assert faults(asked, body) == wrong


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"topic": "service"}, ["/topic"]),
        ({"topic": "targeted-advertising"}, ["/topic"]),
        ({"topic": "catalogues"}, ["/topic"]),  # retired
        ({"campaign": ""}, ["/campaign"]),
        ({"campaign": "x" * 33}, ["/campaign"]),
        ({"campaign": "a b"}, ["/campaign"]),
        ({"campaign": "a\r\nBcc: x"}, ["/campaign"]),
        ({"campaign": "trailing\n"}, ["/campaign"]),
        ({"campaign": None}, ["/campaign"]),
        ({"lang": "fr"}, ["/lang"]),
        ({"lang": "EN"}, ["/lang"]),
        ({"lang": ["de"]}, ["/lang"]),
        ({"topic": "*", "campaign": "?", "lang": ""}, ["/topic", "/campaign", "/lang"]),
    ],
)
def test_what_no_mail_can_carry_is_refused(fields: dict[str, Any], wrong: list[str]) -> None:
    assert faults(links.parse_links_request, {"topic": "offers", "addresses": [READER], **fields}) == wrong


@pytest.mark.parametrize(
    ("topic", "number"),
    [
        ("offers", 2),
        ("meridian/offers", 2),
        ("aurora/offers", 11),
        ("targeted-advertising", 7),
        ("service", 6),
        ("catalogues", 14),
    ],
)
def test_any_topic_can_be_asked_about_by_its_name(topic: str, number: int) -> None:
    body = read_json_object(json.dumps({"topic": topic, "addresses": [READER]}).encode())

    assert checks.parse_check_request(body, CATALOGUE).topic.number == number


def test_ids_stand_in_place_of_addresses() -> None:
    body = read_json_object(json.dumps({"topic": "offers", "recipients": ["a", "b"]}).encode())

    assert checks.parse_check_request(body, CATALOGUE).mentions == [
        Mention(id="a"),
        Mention(id="b"),
    ]


@pytest.mark.parametrize(
    ("fields", "query"),
    [
        ({}, ""),
        ({"campaign": "Spring_sale-1"}, "?c=Spring_sale-1"),
        ({"lang": "de"}, "?lang=de"),
        ({"campaign": "x" * 32, "lang": "en"}, f"?c={'x' * 32}&lang=en"),
    ],
)
def test_campaign_and_language_become_the_links_query(fields: dict[str, Any], query: str) -> None:
    body = {"topic": "offers", "addresses": [READER], **fields}

    assert links.parse_links_request(read_json_object(json.dumps(body).encode()), CATALOGUE).query == query


@pytest.mark.parametrize("asked", [checks.parse_check_request, links.parse_links_request])
@pytest.mark.parametrize(
    ("topic", "said"),
    [
        ("ofers", "not in the catalogue; the nearest is offers"),
        ("meridan", "not in the catalogue"),  # a brand is near, and no topic
        ("meridian", "not a topic"),
        ("jane@example.com", "not in the catalogue"),
    ],
)
def test_an_unknown_topic_names_the_nearest_and_where_all_are_listed(
    asked: Callable[..., object], topic: str, said: str
) -> None:
    body = json.dumps({"topic": topic, "addresses": [READER]}).encode()
    with pytest.raises(InvalidRequest) as refused:
        asked(read_json_object(body), CATALOGUE)
    (fault,) = refused.value.faults
    assert fault.detail == f"is {said}; GET /v1/topics lists all names"
