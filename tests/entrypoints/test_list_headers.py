"""Header injection is a common attack on mailers (GHSA-268h-hp4c-crq3). No text can start a new line."""

from __future__ import annotations

from dataclasses import replace
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.domain.links.link_hints import LinkHints
from heed.domain.milliseconds import Millis
from heed.domain.recipients.recipient import recipient_from_bytes
from heed.entrypoints.http.api import links
from heed.entrypoints.http.api.list_headers import list_id
from heed.entrypoints.http.api.mail_links import LinkBases
from heed.use_cases.identify import IdentifiedPerson
from heed.use_cases.links.mint_links import mint_links
from tests.support.catalogues import CATALOGUE
from tests.support.fakes import MemoryKeys
from tests.support.strategies import recipients

OFFERS = CATALOGUE.topics[2]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Offers", "Offers <offers.meridian.example.com>"),
        ("Watches 2 go", "Watches 2 go <offers.meridian.example.com>"),
        ("Offers, early", '"Offers, early" <offers.meridian.example.com>'),
        ('Say "hi" \\o/', '"Say \\"hi\\" \\\\o/" <offers.meridian.example.com>'),
        ("Actualités", "<offers.meridian.example.com>"),
        ("お得な情報", "<offers.meridian.example.com>"),
        ("a\r\nBcc: b", "<offers.meridian.example.com>"),
        (" ", '" " <offers.meridian.example.com>'),
        ("x" * 201, "<offers.meridian.example.com>"),
    ],
)
def test_a_list_id_has_topic_brand_and_domain_and_an_ascii_title(title: str, expected: str) -> None:
    assert list_id(replace(OFFERS, names={"en": title, "de": "nie"}), CATALOGUE) == expected


def test_topics_of_two_brands_have_different_list_ids() -> None:
    assert list_id(CATALOGUE.topics[11], CATALOGUE) == "Offers <offers.aurora.example.net>"


@given(title=st.text(max_size=300), raw=recipients, now=st.integers(0, 2**32 * 60_000 - 1))
def test_each_header_is_one_ascii_line_without_folding(title: str, raw: bytes, now: Millis) -> None:
    label = "x" * 63
    bases = LinkBases(f"https://{label}.{label}.{label}.{label[:61]}", f"{label}.{label}.{label}")
    person = IdentifiedPerson("a@example.com", recipient_from_bytes(raw))
    titled = list_id(replace(OFFERS, names={"en": title}), CATALOGUE)

    hints = LinkHints("x" * 32, "ab" * 32)
    links_request = links.LinksRequest(OFFERS, [], [hints], hints.campaign, "de")

    answer = links.links_to_json(
        mint_links([person], OFFERS, now, MemoryKeys()), links_request, bases, titled
    )

    (link,) = answer["links"]  # type: ignore[misc]
    for name, value in link["headers"].items():  # type: ignore[has-type]
        assert value.isascii() and value.isprintable()
        assert len(f"{name}: {value}") < 998
        message = EmailMessage(policy=SMTP.clone(max_line_length=998))
        message[name] = value
        assert message.as_bytes() == f"{name}: {value}\r\n\r\n".encode()
