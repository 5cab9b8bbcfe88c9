"""The SQL and the JavaScript in docs/integrating.md compute the same ids as Heed, or none."""

from __future__ import annotations

import functools
import json
import re
import subprocess
from pathlib import Path
from random import Random
from typing import Any

import pytest

from heed.domain.errors import InvalidAddress
from heed.domain.recipients import address as normalisation
from heed.domain.recipients.address import normalise_address
from heed.domain.recipients.recipient import recipient_id
from tests.support.doc_code import code_block
from tests.vectors import addresses

pytestmark = pytest.mark.system  # Node.js starts

HERE = Path(__file__).parent
_SCRIPT = """
import { readFileSync } from "node:fs";
const { identity, addresses } = JSON.parse(readFileSync(0, "utf8"));
const key = Buffer.from(identity, "hex");
console.log(JSON.stringify(addresses.map((address) => recipientId(address, key))));
"""
FUNCTIONS = {"sql": "FUNCTION heed_id", "js": "function recipientId"}
_CHARACTERS = "aIZ09.@-_+' \"\\<>,;\t\n\x1f\x7f"
_CHARACTERS += "\u00a0\u0130\u0131\u017f\u212a\u00df\u00fc\u0308\u200d\ufeff\uff20\U0001f600"


@functools.cache
def compute(language: str) -> list[str | None]:
    """Returns what the code of the page in this language computes. None: the address is not plain.

    It computes the ids of both tests, because PostgreSQL takes seconds to start.
    """
    code = code_block("integrating.md", language, FUNCTIONS[language])
    case = {"sql": code, "identity": addresses.identity_key, "addresses": [*published(), *damaged()]}
    script = [HERE / "sql.mjs"] if language == "sql" else ["--input-type=module", "--eval", code + _SCRIPT]
    done = subprocess.run(
        ["node", *script],  # noqa: S607 - tests/node_packages.sh installs it
        input=json.dumps(case),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    ids: list[str | None] = json.loads(done.stdout)
    return ids


@functools.cache
def published() -> list[str]:
    inputs = (vector["input"] for vector in (*addresses.accepted, *addresses.rejected))
    return list(filter(is_storable, inputs))


@functools.cache
def damaged() -> list[str]:
    random = Random(17)  # noqa: S311 - the same addresses in each run
    whole = [vector["input"] for vector in addresses.accepted]
    return [each for text in whole for _ in range(40) for each in damage(text, random)]


def true_id(text: str) -> str | None:
    try:
        return recipient_id(bytes.fromhex(addresses.identity_key), normalise_address(text))
    except InvalidAddress:
        return None


def is_storable(text: str) -> bool:
    """Whether PostgreSQL can store the text."""
    return not re.search("[\0\ud800-\udfff]", text)


def is_plain(text: str) -> bool:
    return bool(normalisation._PLAIN.fullmatch(text)) and true_id(text) is not None


def damage(text: str, random: Random) -> list[str]:
    """Returns the address with one character replaced, inserted, removed or repeated many times."""
    at = random.randrange(len(text) + 1)
    new = random.choice(_CHARACTERS)
    middle = [new + text[at + 1 :], new + text[at:], text[at + 1 :], text[at : at + 1] * 70 + text[at:]]
    return [text[:at] + rest for rest in middle]


@pytest.mark.parametrize("language", ["sql", "js"])
def test_each_published_address_gets_its_id_or_none(language: str) -> None:
    vectors: list[dict[str, Any]] = [*addresses.accepted, *addresses.rejected]
    vectors = [vector for vector in vectors if is_storable(vector["input"])]
    ids = compute(language)[: len(vectors)]
    for vector, computed in zip(vectors, ids, strict=True):
        expected = vector.get("recipient") if is_plain(vector["input"]) else None
        assert computed == expected, vector["why"]
    assert len(list(filter(None, ids))) > 10


@pytest.mark.parametrize("language", ["sql", "js"])
def test_a_damaged_address_gets_its_id_or_none(language: str) -> None:
    given = damaged()
    ids = compute(language)[-len(given) :]
    for text, computed in zip(given, ids, strict=True):
        assert computed == (true_id(text) if is_plain(text) else None), repr(text)
    assert 500 < len(list(filter(None, ids))) < len(given) / 2
