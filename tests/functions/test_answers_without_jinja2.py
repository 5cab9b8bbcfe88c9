"""Answers that know nothing of the record come from the build: a cold function needs no Jinja2 for them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from heed.domain.links.link_token import LinkToken, TokenPurpose, mint_link_token
from heed.domain.preferences.register import ScopeNumber
from tests.support.deployment import NOW, ROOT, http_event
from tests.support.fakes import MemoryKeys
from tests.support.sample_brand import brand

RECIPIENT = "ka3vc5dn2xo4yqhbvzyd6wjfxe"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
LINK = mint_link_token(
    LinkToken(RECIPIENT, ScopeNumber(2), NOW, 1),
    TokenPurpose.UNSUBSCRIBE,
    MemoryKeys().link_key(TokenPurpose.UNSUBSCRIBE, 1),
)

_FUNCTION = """
import json, sys
from app import handler, heed
from heed.domain.errors import StoreUnavailable
from heed.domain.preferences.register import MINOR
from heed.domain.preferences.register import Change, Entry, Source
from tests.support.fakes import MemoryKeys, MemoryPreferences, MemoryQueue
state, event = json.load(sys.stdin)
minor = Change(MINOR, Entry(1, Source.AGE_REPORT, "{}"))
heed.link_keys = MemoryKeys()
heed.preferences = MemoryPreferences(failure=StoreUnavailable("test") if state == "failing" else None)
heed.opt_out_retry_queue = MemoryQueue()
heed.request_confirmation = lambda request: None
if state == "minor":
    heed.preferences.apply(RECIPIENT, [minor], 1)
class Context:
    aws_request_id = "r"
    def get_remaining_time_in_millis(self): return 9000
answer = handler(event, Context())
print(json.dumps([answer["statusCode"], answer["body"], "jinja2" in sys.modules]))
"""


def _answer_cold(state: str, event: dict[str, Any], function: str = "unsubscribe") -> tuple[int, str, bool]:
    """Returns the status and body of the first request of a process, and whether it has imported Jinja2."""
    process = subprocess.run(
        [sys.executable, "-c", _FUNCTION.replace("RECIPIENT", repr(RECIPIENT))],
        input=json.dumps([state, event]),
        env={
            "PYTHONPATH": f"{ROOT}:{ROOT / 'layers' / 'core'}:{ROOT / 'functions' / function}",
            "BRAND_DIR": str(brand()),
            "PREFERENCES_TABLE": "t",
            "MAIL_FROM": "preferences@example.com",
            "AWS_DEFAULT_REGION": "us-east-1",
            "POWERTOOLS_METRICS_NAMESPACE": "Heed/test",
            "POWERTOOLS_SERVICE_NAME": "test",
            "PATH": os.environ["PATH"],  # noqa: TID251
        },
        check=True,
        capture_output=True,
        text=True,
    )
    status, body, imported = json.loads(process.stdout.splitlines()[-1])
    return status, body, imported


@pytest.mark.parametrize(
    ("state", "method", "link", "form", "status", "part"),
    [
        pytest.param("new", "POST", LINK, ONE_CLICK, 200, "Unsubscribed.\n", id="one-click"),
        pytest.param("new", "GET", "damaged", None, 404, "<h1>This link doesn’t work", id="an invalid link"),
        pytest.param("failing", "POST", LINK, ONE_CLICK, 503, "<h1>Something went", id="a store that fails"),
        pytest.param("failing", "POST", LINK, {"scope": "all"}, 503, 'name="scope" value="all"', id="a form"),
        pytest.param("minor", "GET", LINK, None, 200, "<h1>We don’t email this address", id="a minor"),
    ],
)
def test_a_cold_function_answers_without_jinja2(
    state: str, method: str, link: str, form: dict[str, str] | None, status: int, part: str
) -> None:
    answered, body, imported = _answer_cold(state, http_event(method, f"/u/{link}", form=form))

    assert (answered, imported) == (status, False)
    assert part in body


def test_a_cold_function_accepts_the_form_for_people_without_a_link_without_jinja2() -> None:
    link = LinkToken(RECIPIENT, ScopeNumber(2), NOW, 1)
    key = MemoryKeys().link_key(TokenPurpose.PREFERENCES, 1)
    origin = mint_link_token(link, TokenPurpose.PREFERENCES, key)
    form = {"address": "reader@example.com", "topics": "news", "preferences": origin}
    status, body, imported = _answer_cold("new", http_event("POST", "/subscribe", form=form), "resubscribe")

    assert (status, imported) == (202, False)
    assert "If reader@example.com can get email from us" in body and f'href="/p/{origin}?lang=en"' in body


def test_a_cold_function_imports_jinja2_for_a_page_of_its_visitor() -> None:
    status, body, imported = _answer_cold("new", http_event("GET", f"/u/{LINK}"))

    assert (status, imported) == (200, True)
    assert "<h1>Unsubscribe from Offers</h1>" in body
