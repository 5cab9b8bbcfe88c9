"""A scrub of many rows on the local stack: from the signed URL through the state machine to the result."""

from __future__ import annotations

import csv
from typing import Any

import httpx
import pytest

from tests.system.running import PATIENCE, wait_until

pytestmark = pytest.mark.system

ROWS, ALL_ROWS = 6_000, 20_000  # with `--full` all; more rows than a part has
STOPPED = ["person.7@example.com", "person.5900@example.com"]


def call(stack: dict[str, Any], method: str, path: str, body: object = None) -> Any:
    key = {"authorization": f"Bearer {stack['api_key']}"}
    answer = httpx.request(method, f"{stack['api']}{path}", json=body, headers=key, timeout=PATIENCE)
    return answer.raise_for_status().json()


def test_many_rows_come_back_with_their_answers(stack: dict[str, Any], pytestconfig: pytest.Config) -> None:
    count = ALL_ROWS if pytestconfig.getoption("full") else ROWS
    for address in STOPPED:
        change = {"address": address, "scope": "offers", "state": "out", "source": "api"}
        call(stack, "POST", "/v1/changes", {"changes": [change]})
    lines = ["name;email", *(f'"Reader; {n}";person.{n}@example.com' for n in range(count))]
    created = call(stack, "POST", "/v1/scrubs", {"topic": "offers", "links": True, "campaign": "spring"})
    upload = created["upload"]
    sent = "\r\n".join(lines).encode("utf-8-sig")
    httpx.put(upload["url"], content=sent, headers=upload["headers"], timeout=PATIENCE).raise_for_status()

    path = f"/v1/jobs/{created['job']}"
    assert wait_until(lambda: call(stack, "GET", path)["state"] in ("done", "failed"))
    job = call(stack, "GET", path)

    assert (job["state"], job["rows"], job["done_rows"]) == ("done", count, count), job
    assert (job["counts"]["applied"], job["counts"]["known"]) == (count - 2, 2)
    (file,) = job["files"]
    result = httpx.get(file["url"], timeout=PATIENCE).content
    assert (file["name"], file["bytes"]) == ("scrubbed.csv", len(result))
    header, *rows = result.decode("utf-8-sig").split("\r\n")
    links = "unsubscribe_url;preferences_url;list_unsubscribe;list_unsubscribe_post"
    assert header == f"{lines[0]};recipient;sendable;reason;since;{links}"
    for line, row, cells in zip(lines[1:], rows, csv.reader(rows, delimiter=";"), strict=True):
        assert row.startswith(f"{line};")
        assert cells[3] == ("false" if cells[1] in STOPPED else "true")
    for link in cells[6:8]:
        assert httpx.get(link, timeout=PATIENCE).status_code == 200
