"""The domain that somebody may have meant."""

from __future__ import annotations

import pytest

from heed.domain.recipients.mistyped_domains import correct_domain


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("gmial.com", "gmail.com"),  # two letters in the wrong order
        ("gmal.com", "gmail.com"),  # one letter too few
        ("gmail.co", "gmail.com"),
        ("gmaill.com", "gmail.com"),  # one letter too many
        ("hotnail.com", "hotmail.com"),  # a wrong letter
        ("yahooo.co.jp", "yahoo.co.jp"),
        ("t-onlien.de", "t-online.de"),
    ],
)
def test_a_domain_with_one_mistake_is_corrected(typed: str, meant: str) -> None:
    assert correct_domain(f"joan@{typed}") == f"joan@{meant}"


@pytest.mark.parametrize(
    "domain",
    ["gmail.com", "ymail.com", "mail.com", "gmx.at", "gmx.net", "web.de", "gmialcom.com", "example.com"],
)
def test_a_known_domain_and_one_with_two_mistakes_stay_as_they_are(domain: str) -> None:
    assert correct_domain(f"joan@{domain}") == ""


def test_nobody_looked_up_by_id_has_a_domain() -> None:
    assert correct_domain("") == ""


def test_a_quoted_local_part_with_an_at_sign_stays_as_it_is() -> None:
    assert correct_domain('"a@b"@gmail.con') == '"a@b"@gmail.com'
