"""The Python in docs/integrating.md gives the results of the published test vectors."""

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
        exec(block, names)  # noqa: S102 - code of this repository
    return names


def test_the_sample_code_computes_each_published_recipient_id(code: dict[str, Any]) -> None:
    key = bytes.fromhex(addresses.identity_key)
    for vector in addresses.accepted:
        assert code["recipient_id"](key, vector["normalised"]) == vector["recipient"]


def test_the_sample_code_mints_each_published_token(code: dict[str, Any]) -> None:
    for vector in tokens.accepted:
        fields = (vector["key_id"], vector["recipient"], vector["scope"], vector["issued"])
        minted = code["token"](bytes.fromhex(vector["key"]), vector["purpose"], *fields)
        assert minted == vector["token"]


LONGEST = list_headers(
    f"https://{'.'.join(['x' * 63] * 3)}.example/u/{'A' * 54}?c={'c' * 32}&lang=pt-BR",
    f"u+{'a' * 58}@{'.'.join(['x' * 63] * 2)}.example",
    "Offers <offers.meridian.example.com>",
)
SHORT = list_headers(f"https://mail.example.com/u/{'A' * 54}", "", "<offers.example.com>")


@pytest.mark.parametrize("headers", [LONGEST, SHORT])
def test_the_sample_code_does_not_fold_or_encode_headers(
    code: dict[str, Any], headers: dict[str, str]
) -> None:
    mail = code["mail_with"](headers)
    mail.set_content("Hello")
    lines = mail.as_bytes().split(b"\r\n")

    for name, value in headers.items():
        assert f"{name}: {value}".encode() in lines


def test_the_sample_code_reads_only_the_rows_that_may_get_mail(code: dict[str, Any], tmp_path: Path) -> None:
    scrubbed = tmp_path / "scrubbed.csv"
    scrubbed.write_bytes(
        b"\xef\xbb\xbfemail,recipient,sendable,reason,since\r\n"
        b"joan@example.com,id,true,ok,\r\n"
        b"lee@example.com,id,false,unsubscribed,2026-03-05T00:41:02.000Z\r\n"
        b"nobody,,false,invalid,\r\n"
    )
    assert [row["email"] for row in code["sendable_rows"](str(scrubbed))] == ["joan@example.com"]


def test_the_default_policy_of_python_changes_the_headers(code: dict[str, Any]) -> None:
    """The page sets a policy because of this. If this test fails, Python no longer needs the policy."""
    plain = EmailMessage()
    for name, value in LONGEST.items():
        plain[name] = value

    assert f"List-Unsubscribe: {LONGEST['List-Unsubscribe']}".encode() not in plain.as_bytes()
    assert code["mail_with"](LONGEST).policy.max_line_length == 998


def test_smtplib_sends_the_headers_unchanged(code: dict[str, Any]) -> None:
    mail = code["mail_with"](LONGEST)
    mail["From"], mail["To"] = "us@example.com", "them@example.com"
    sent = io.BytesIO()
    BytesGenerator(sent).flatten(mail, linesep="\r\n")  # as send_message does

    assert f"List-Unsubscribe: {LONGEST['List-Unsubscribe']}\r\n".encode() in sent.getvalue()
