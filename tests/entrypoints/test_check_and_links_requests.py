"""The bodies of POST /v1/check and POST /v1/links, and the faults of invalid bodies."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from heed.domain.errors import InvalidRequest
from heed.entrypoints.http.api import checks, links
from heed.entrypoints.http.api.json_body import read_json_object
from heed.entrypoints.http.api.mail_links import link_query
from heed.use_cases.identify import Mention
from tests.support.catalogues import CATALOGUE

READER = "reader@example.com"


def faults(parse_request: Callable[..., object], body: Any) -> list[str]:
    with pytest.raises(InvalidRequest) as raised:
        parse_request(read_json_object(json.dumps(body).encode()), CATALOGUE)
    return [fault.pointer for fault in raised.value.faults]


@pytest.mark.parametrize(
    ("body", "pointers"),
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
@pytest.mark.parametrize("parse_request", [checks.parse_check_request, links.parse_links_request])
def test_each_fault_has_its_pointer(
    parse_request: Callable[..., object], body: Any, pointers: list[str]
) -> None:
    assert faults(parse_request, body) == pointers


@pytest.mark.parametrize(
    ("fields", "pointers"),
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
        ({"refs": []}, ["/refs", "/refs"]),
        ({"refs": ["a", "b"]}, ["/refs"]),
        ({"refs": "a"}, ["/refs", "/refs"]),
        ({"refs": [None]}, ["/refs/0", "/refs"]),
        ({"refs": [READER]}, ["/refs/0"]),
        ({"refs": ["x" * 65]}, ["/refs/0"]),
        ({"refs": ["a b"]}, ["/refs/0"]),
        ({"refs": ["trailing\n"]}, ["/refs/0"]),
        ({"refs": [f"{'Ab-9' * 13}xy"]}, ["/refs/0"]),  # it looks like the token of a link
        ({"lang": "fr"}, ["/lang"]),
        ({"lang": "EN"}, ["/lang"]),
        ({"lang": ["de"]}, ["/lang"]),
        ({"topic": "*", "campaign": "?", "lang": ""}, ["/topic", "/campaign", "/lang"]),
    ],
)
def test_a_topic_campaign_ref_or_language_without_links_is_refused(
    fields: dict[str, Any], pointers: list[str]
) -> None:
    assert faults(links.parse_links_request, {"topic": "offers", "addresses": [READER], **fields}) == pointers


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
def test_each_topic_can_be_checked_by_its_name(topic: str, number: int) -> None:
    body = read_json_object(json.dumps({"topic": topic, "addresses": [READER]}).encode())

    assert checks.parse_check_request(body, CATALOGUE).topic.number == number


def test_a_request_may_have_ids_instead_of_addresses() -> None:
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
        ({"refs": ["a.b_c-1"]}, "?r=a.b_c-1"),
        ({"refs": [""]}, ""),
        ({"campaign": "may", "refs": ["x" * 39], "lang": "de"}, f"?c=may&r={'x' * 39}&lang=de"),
    ],
)
def test_campaign_ref_and_language_become_the_query_of_the_links(fields: dict[str, Any], query: str) -> None:
    body = {"topic": "offers", "addresses": [READER], **fields}

    parsed = links.parse_links_request(read_json_object(json.dumps(body).encode()), CATALOGUE)

    assert link_query(parsed.hints[0], parsed.language) == query


@pytest.mark.parametrize("parse_request", [checks.parse_check_request, links.parse_links_request])
@pytest.mark.parametrize(
    ("topic", "detail"),
    [
        ("ofers", "not in the catalogue; the most similar name is offers"),
        ("meridan", "not in the catalogue"),  # a brand has a similar name, but no topic has
        ("meridian", "not a topic"),
        ("jane@example.com", "not in the catalogue"),
    ],
)
def test_the_fault_of_an_unknown_topic_suggests_the_nearest_topic(
    parse_request: Callable[..., object], topic: str, detail: str
) -> None:
    body = json.dumps({"topic": topic, "addresses": [READER]}).encode()
    with pytest.raises(InvalidRequest) as raised:
        parse_request(read_json_object(body), CATALOGUE)
    (fault,) = raised.value.faults
    assert fault.detail == f"is {detail}; GET /v1/topics lists all names"
