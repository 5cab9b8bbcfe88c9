"""The code of docs/integrating.md, run against the published vectors."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.vectors import addresses, tokens

PAGE = Path(__file__).parents[2] / "docs" / "integrating.md"


@pytest.fixture(scope="module")
def code() -> dict[str, Any]:
    (block,) = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    names: dict[str, Any] = {}
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
