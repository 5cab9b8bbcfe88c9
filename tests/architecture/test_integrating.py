"""The code of docs/integrating.md, run against the published vectors."""

from __future__ import annotations

import io
import re
from email.generator import BytesGenerator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from heed.entrypoints.http.api.list_headers import list_headers
from tests.vectors import addresses, tokens

PAGE = Path(__file__).parents[2] / "docs" / "integrating.md"


@pytest.fixture(scope="module")
def code() -> dict[str, Any]:
    names: dict[str, Any] = {}
    for block in re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL):
        exec(block, names)  # noqa: S102 - our own page
    return names


def test_it_computes_every_published_id(code: dict[str, Any]) -> None:
    key = bytes.fromhex(addresses.identity_key)
    for vector in addresses.accepted:
        assert code["recipient_id"](key, vector["normalised"]) == vector["recipient"]


def test_it_signs_every_published_link(code: dict[str, Any]) -> None:
    for vector in tokens.accepted:
        said = (vector["key_id"], vector["recipient"], vector["scope"], vector["issued"])
        minted = code["token"](bytes.fromhex(vector["key"]), vector["purpose"], *said)
        assert minted == vector["token"]


LONGEST = list_headers(
    f"https://{'.'.join(['x' * 63] * 3)}.example/u/{'A' * 54}?c={'c' * 32}&lang=pt-BR",
    f"u+{'a' * 58}@{'.'.join(['x' * 63] * 2)}.example",
    "Offers <offers.meridian.example.com>",
)
SHORT = list_headers(f"https://mail.example.com/u/{'A' * 54}", "", "<offers.example.com>")


@pytest.mark.parametrize("headers", [LONGEST, SHORT])
def test_the_headers_of_a_mail_made_by_it_are_neither_folded_nor_encoded(
    code: dict[str, Any], headers: dict[str, str]
) -> None:
    mail = code["mail_with"](headers)
    mail.set_content("Hello")
    lines = mail.as_bytes().split(b"\r\n")

    for name, value in headers.items():
        assert f"{name}: {value}".encode() in lines


def test_without_that_policy_a_library_spoils_them(code: dict[str, Any]) -> None:
    """Why the page says so: once this fails, Python has learnt it."""
    plain = EmailMessage()
    for name, value in LONGEST.items():
        plain[name] = value

    assert f"List-Unsubscribe: {LONGEST['List-Unsubscribe']}".encode() not in plain.as_bytes()
    assert code["mail_with"](LONGEST).policy.max_line_length == 998


def test_smtplib_sends_them_as_they_are(code: dict[str, Any]) -> None:
    mail = code["mail_with"](LONGEST)
    mail["From"], mail["To"] = "us@example.com", "them@example.com"
    sent = io.BytesIO()
    BytesGenerator(sent).flatten(mail, linesep="\r\n")  # what send_message does

    assert f"List-Unsubscribe: {LONGEST['List-Unsubscribe']}\r\n".encode() in sent.getvalue()
