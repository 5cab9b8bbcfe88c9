"""The Python in docs/integrating.md gives the results of the published test vectors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.doc_code import code_blocks
from tests.vectors import addresses, tokens


@pytest.fixture(scope="module")
def code() -> dict[str, Any]:
    names: dict[str, Any] = {}
    for block in code_blocks("integrating.md", "python"):
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


def test_the_sample_code_reads_only_the_rows_that_may_get_mail(code: dict[str, Any], tmp_path: Path) -> None:
    scrubbed = tmp_path / "scrubbed.csv"
    scrubbed.write_bytes(
        b"\xef\xbb\xbfemail,recipient,sendable,reason,since\r\n"
        b"joan@example.com,id,true,ok,\r\n"
        b"lee@example.com,id,false,unsubscribed,2026-03-05T00:41:02.000Z\r\n"
        b"nobody,,false,invalid,\r\n"
    )
    assert [row["email"] for row in code["sendable_rows"](str(scrubbed))] == ["joan@example.com"]
