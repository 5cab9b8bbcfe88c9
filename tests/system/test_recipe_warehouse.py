"""The SQL of docs/recipes/warehouse.md, on PostgreSQL with the feed of a stack, agrees with /v1/check."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from local.aws import Clients
from tests.support.doc_code import DOCS, code_block
from tests.system.running import PATIENCE

pytestmark = pytest.mark.system

Stack = dict[str, Any]
Step = dict[str, Any]
FOLDER = Path(__file__).parents[1] / "integrating"
PAGE = "recipes/warehouse.md"
PEOPLE = [f"warehouse.{number}@example.com" for number in range(60)]
NOT_PLAIN = "Grete <grete@bücher.example>"
CUSTOMERS = """
CREATE TABLE customer (id int PRIMARY KEY, email text);
INSERT INTO customer SELECT n, email FROM jsonb_array_elements_text('%s') WITH ORDINALITY AS c(email, n);
"""
FRESH = {"sql": "SELECT email, topic FROM may_send"}


def call(stack: Stack, method: str, path: str, body: object = None) -> Any:
    key = {"authorization": f"Bearer {stack['api_key']}"}
    with httpx.Client(trust_env=False, timeout=PATIENCE) as client:
        answer = client.request(method, f"{stack['api']}{path}", json=body, headers=key)
    return answer.raise_for_status().json()


def changes() -> Iterator[dict[str, Any]]:
    """Returns many choices of the people, each later than those before it."""
    random = Random(5)  # noqa: S311 - the same choices in each run
    at = datetime.now(UTC) - timedelta(days=2)
    for _ in range(300):
        at += timedelta(minutes=random.randrange(1, 9))
        change = {
            "address": random.choice(PEOPLE[:50]),
            "scope": random.choice(["*", "meridian", "offers", "news", "events"]),
            "state": random.choice(["out", "out", "in", "paused"]),
            "source": "phone",
            "reference": "call",
            "occurred_at": at.isoformat(),
        }
        if change["state"] == "paused":
            ends_in = random.choice([-1, 30])  # some pauses are over
            change["until"] = (datetime.now(UTC) + timedelta(days=ends_in)).isoformat()
        yield change


@pytest.fixture(scope="module")
def feed(stack: Stack) -> list[dict[str, Any]]:
    """Records the choices. Returns the pages of the feed since then, without the people of other tests."""
    start = datetime.now(UTC) - timedelta(minutes=1)
    names = [topic["name"] for topic in call(stack, "GET", "/v1/topics")["topics"]]
    brands = [brand["name"] for brand in call(stack, "GET", "/v1/topics")["brands"]]
    made = list(changes())
    assert {change["scope"] for change in made} <= {"*", *names, *brands}
    for first in range(0, len(made), 100):
        call(stack, "POST", "/v1/changes", {"changes": made[first : first + 100]})
    entry = {"source": "letter", "reference": "letter 1"}
    call(stack, "POST", "/v1/minors", {"address": PEOPLE[50], **entry})
    call(stack, "POST", "/v1/holds", {"address": PEOPLE[51], "reason": "dispute", **entry})
    pages: list[dict[str, Any]] = []
    query = f"&since={start:%Y-%m-%dT%H:%M:%SZ}"
    while not pages or not pages[-1]["end"]:
        pages.append(call(stack, "GET", f"/v1/suppressions?limit=20{query}"))
        query = f"&cursor={pages[-1]['cursor']}"
    return pages


def run(*steps: Step) -> list[list[dict[str, Any]]]:
    """Runs steps on a new database. Returns the rows that each gives."""
    done = subprocess.run(
        ["node", FOLDER / "postgres.mjs"],  # noqa: S607 - tests/node_packages.sh installs it
        input=json.dumps(steps),
        capture_output=True,
        text=True,
        check=False,
        cwd=FOLDER,
    )
    assert done.returncode == 0, done.stderr
    results: list[list[dict[str, Any]]] = json.loads(done.stdout)
    return results


def of_page(words: str, *parameters: str) -> Step:
    """Returns a statement of the page with these words."""
    step: Step = {"sql": code_block(PAGE, "sql", words)}
    return {**step, "parameters": parameters} if parameters else step


def load(page: dict[str, Any]) -> Step:
    return of_page("WITH loaded", json.dumps(page))


def prepared(stack: Stack) -> list[Step]:
    """Returns the steps until the feed is loaded."""
    arn = stack["outputs"]["IdentityKeyArn"]
    kms = Clients(stack["aws"]).make_client("kms")
    key = kms.generate_mac(KeyId=arn, MacAlgorithm="HMAC_SHA_256", Message=b"identity/1")["Mac"]
    update = code_block(PAGE, "sql", "UPDATE customer").replace("$1", "decode($1, 'hex')")
    return [
        {"sql": CUSTOMERS % json.dumps([*PEOPLE, NOT_PLAIN])},
        {"sql": code_block("integrating.md", "sql", "FUNCTION heed_id")},
        of_page("ALTER TABLE customer"),
        {"sql": update, "parameters": [key.hex()]},
        of_page("CREATE TABLE heed_topic"),
        of_page("CREATE VIEW may_send"),
        of_page("INSERT INTO heed_topic", json.dumps(call(stack, "GET", "/v1/topics"))),
    ]


def of_later_version(stack: Stack, page: dict[str, Any]) -> dict[str, Any]:
    """Returns a page with a suppression of which only the scope is known."""
    body = {"topic": "offers", "addresses": [PEOPLE[-1]]}
    (result,) = call(stack, "POST", "/v1/check", body)["results"]
    entry = {"recipient": result["recipient"], "reason": "new", "scope": "*"}
    return {**page, "suppressions": [entry]}


@pytest.fixture(scope="module")
def rows(stack: Stack, feed: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Returns what is selected in a warehouse, by the moment. One database costs seconds, so it is one."""
    age = "UPDATE heed_feed SET complete_at = now() - interval '7 hours'"
    moments: dict[str, list[Step]] = {
        "before the last page": [*prepared(stack), *map(load, feed[:-1]), FRESH],
        "complete": [load(feed[-1]), FRESH],
        "without an id": [{"sql": "SELECT email FROM customer WHERE heed_recipient IS NULL"}],
        "loaded twice": [*map(load, [*feed, feed[-1]]), FRESH],
        "cursor": [{"sql": "SELECT cursor FROM heed_feed"}],
        "old": [{"sql": age}, FRESH],
        "of a later version": [load(of_later_version(stack, feed[-1])), FRESH],
        "version": [{"sql": "SHOW server_version"}],
    }
    results = run(*(step for steps in moments.values() for step in steps))
    ends = accumulate(len(steps) for steps in moments.values())
    return {moment: results[end - 1] for moment, end in zip(moments, ends, strict=True)}


def sendable(stack: Stack) -> set[tuple[str, str]]:
    """Returns who may get which marketing topic that nobody must ask for, as Heed answers."""
    pairs = set()
    for topic in call(stack, "GET", "/v1/topics")["topics"]:
        if (topic["kind"], topic["default"], topic["retired"]) == ("marketing", "in", False):
            body = {"topic": topic["name"], "addresses": PEOPLE}
            results = call(stack, "POST", "/v1/check", body)["results"]
            pairs |= {(result["address"], topic["name"]) for result in results if result["sendable"]}
    return pairs


def pairs_of(rows: list[dict[str, Any]]) -> set[tuple[str, str]]:
    return {(row["email"], row["topic"]) for row in rows}


def test_the_view_has_exactly_whom_heed_permits(
    stack: Stack, feed: list[dict[str, Any]], rows: dict[str, Any]
) -> None:
    permitted = sendable(stack)
    topics = {topic for _, topic in permitted}

    assert pairs_of(rows["complete"]) == permitted
    assert len(feed) > 2 and len(topics) > 2
    assert len(PEOPLE) / 2 < len(permitted) < len(PEOPLE) * len(topics) / 2


def test_pages_that_are_loaded_twice_change_nothing(feed: list[dict[str, Any]], rows: dict[str, Any]) -> None:
    assert pairs_of(rows["loaded twice"]) == pairs_of(rows["complete"])
    assert rows["cursor"] == [{"cursor": feed[-1]["cursor"]}]


@pytest.mark.parametrize("moment", ["before the last page", "old"])
def test_an_incomplete_or_old_copy_permits_nothing(rows: dict[str, Any], moment: str) -> None:
    assert rows[moment] == []


def test_a_suppression_of_which_little_is_known_stops_mail(rows: dict[str, Any]) -> None:
    assert pairs_of(rows["complete"]) - pairs_of(rows["of a later version"]) == {
        pair for pair in pairs_of(rows["complete"]) if pair[0] == PEOPLE[-1]
    }
    assert PEOPLE[-1] in {email for email, _ in pairs_of(rows["complete"])}


def test_a_customer_whose_id_is_not_known_is_not_in_the_view(rows: dict[str, Any]) -> None:
    assert rows["without an id"] == [{"email": NOT_PLAIN}]
    assert NOT_PLAIN not in {row["email"] for row in rows["complete"]}


def test_the_page_names_the_version_of_postgresql_that_ran(rows: dict[str, Any]) -> None:
    version = rows["version"][0]["server_version"].partition(".")[0]
    assert f"PostgreSQL {version} " in (DOCS / PAGE).read_text(encoding="utf-8")
