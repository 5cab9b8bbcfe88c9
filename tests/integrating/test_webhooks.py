"""The snippets of docs/webhooks.md verify what Heed sends, and the library of npm verifies it, too."""

from __future__ import annotations

import base64
import json
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from heed.domain.webhooks.webhook_signature import parse_webhook_secret, sign_webhook
from tests.support.doc_code import code_block
from tests.support.webhook_receiver import WEBHOOK_SECRET

HERE = Path(__file__).parent
OTHER_SECRET = base64.b64encode(b"another secret of 32 bytes......").decode()
BODY = '{"type":"recipient.opted_out","timestamp":"2026-03-05T09:12:44.390Z","data":{"scope":"日本"}}'
_SCRIPT = """
import { readFileSync } from "node:fs";
const cases = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(cases.map(([body, headers, secret]) => readWebhook(body, headers, secret))));
"""


def snippet(language: str, words: str) -> str:
    return code_block("webhooks.md", language, words)


def signed(*secrets: str, seconds: int | None = None) -> dict[str, str]:
    at = int(time.time()) if seconds is None else seconds
    return sign_webhook("a" * 32, at, BODY.encode(), map(parse_webhook_secret, secrets))


def cases() -> list[tuple[str, dict[str, str], bool]]:
    """Returns bodies with headers, and whether they verify with WEBHOOK_SECRET."""
    now = int(time.time())
    return [
        (BODY, signed(WEBHOOK_SECRET), True),
        (BODY, signed(OTHER_SECRET, WEBHOOK_SECRET), True),
        (BODY, signed(WEBHOOK_SECRET, OTHER_SECRET), True),
        (BODY, signed(WEBHOOK_SECRET, seconds=now - 240), True),
        (BODY, signed(WEBHOOK_SECRET, seconds=now - 600), False),
        (BODY, signed(WEBHOOK_SECRET, seconds=now + 600), False),
        (BODY, signed(OTHER_SECRET), False),
        (BODY.replace("out", "in"), signed(WEBHOOK_SECRET), False),
        (BODY.replace(",", ", "), signed(WEBHOOK_SECRET), False),
        (BODY, {**signed(WEBHOOK_SECRET), "webhook-id": "b" * 32}, False),
        (BODY, {}, False),
    ]


def test_the_python_of_the_page_accepts_what_heed_signed_and_nothing_else() -> None:
    code: dict[str, Any] = {}
    exec(snippet("python", "def read_webhook"), code)  # noqa: S102
    for body, headers, is_valid in cases():
        read = code["read_webhook"](body.encode(), headers, WEBHOOK_SECRET)
        assert read == (json.loads(BODY) if is_valid else None)


@pytest.mark.system  # Node.js starts
def test_the_javascript_of_the_page_accepts_what_heed_signed_and_nothing_else() -> None:
    given = cases()
    done = subprocess.run(
        ["node", "--input-type=module", "--eval", snippet("js", "function readWebhook") + _SCRIPT],  # noqa: S607
        input=json.dumps([(body, headers, WEBHOOK_SECRET) for body, headers, _ in given]),
        capture_output=True,
        text=True,
        check=False,
        cwd=HERE,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [json.loads(BODY) if is_valid else None for *_, is_valid in given]
