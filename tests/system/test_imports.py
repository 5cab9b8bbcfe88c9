"""An import on the local stack: the emulator runs the state machine, and the functions work on the parts."""

from __future__ import annotations

from typing import Any

import boto3
import httpx
import pytest

from heed.adapters.dynamodb.api_keys import ApiKeys
from heed.adapters.dynamodb.feed_index import parse_feed_position
from heed.domain.api_key import KeyScope
from local.places import ACCOUNT
from tests.support.template import template
from tests.system.running import PATIENCE, wait_until

pytestmark = pytest.mark.system

Stack = dict[str, Any]
ROWS, ALL_ROWS = 2_600, 20_000  # with `--full` all
SECONDS, ALL_SECONDS = 4, 10  # of each span in which the rate is measured
REQUEST = {"reference": "the old list", "columns": {"address": "email"}, "as": "unsubscribed"}
DEFAULTS = {name: parameter.get("Default") for name, parameter in template()["Parameters"].items()}


class Importer:
    """Imports a file into a stack."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    def client(self, service: str) -> Any:
        return boto3.client(  # type: ignore[call-overload]
            service,
            endpoint_url=self._stack["aws"],
            region_name=self._stack["region"],
            aws_access_key_id=ACCOUNT,
            aws_secret_access_key="local",
        )

    def call(self, method: str, path: str, body: object = None, key: str = "") -> Any:
        headers = {"authorization": f"Bearer {key or self._stack['api_key']}"}
        answer = httpx.request(
            method, f"{self._stack['api']}{path}", json=body, headers=headers, timeout=PATIENCE
        )
        return answer.raise_for_status().json()

    def start(self, content: bytes) -> str:
        created = self.call("POST", "/v1/imports", {**REQUEST, "exported_at": "2026-03-01"})
        upload = created["upload"]
        httpx.put(
            upload["url"], content=content, headers=upload["headers"], timeout=PATIENCE
        ).raise_for_status()
        job_id: str = created["job"]
        return job_id

    def wait(self, job_id: str, state: str) -> Any:
        def find_rested() -> Any:
            job = self.call("GET", f"/v1/jobs/{job_id}")
            return job if job["state"] not in ("waiting", "running") else None

        job = wait_until(find_rested)
        assert job["state"] == state, job
        return job

    def second_owner(self) -> str:
        keys = ApiKeys(self.client("dynamodb"), self._stack["outputs"]["ControlTable"])
        return keys.create("officer", owner="an officer", scopes=[KeyScope.PRIVACY])[1]

    def works_at_once(self, job_id: str) -> int:
        """Returns the most parts on which an execution worked at the same time."""
        machine = self.client("stepfunctions")
        (arn,) = (each["stateMachineArn"] for each in machine.list_state_machines()["stateMachines"])
        execution = f"{arn.replace('stateMachine', 'execution')}:{job_id}-commit"
        (run,) = machine.list_map_runs(executionArn=execution)["mapRuns"]
        children = machine.list_executions(mapRunArn=run["mapRunArn"])["executions"]
        moments = [(each["startDate"], 1) for each in children] + [
            (each["stopDate"], -1) for each in children
        ]
        at_once = most = 0
        for _, change in sorted(moments):
            at_once += change
            most = max(most, at_once)
        return most

    def times_of_writes(self) -> list[int]:
        pages = (
            self.client("dynamodb")
            .get_paginator("scan")
            .paginate(TableName=self._stack["outputs"]["PreferencesTable"])
        )
        items = (item for page in pages for item in page["Items"] if "m:0" in item)
        return sorted(parse_feed_position(item["chg_at"]["S"])[0] for item in items)


def test_many_rows_are_imported_within_the_limits_of_writers_and_rate(
    stack: Stack, pytestconfig: pytest.Config
) -> None:
    rows, seconds = (ALL_ROWS, ALL_SECONDS) if pytestconfig.getoption("full") else (ROWS, SECONDS)
    importer = Importer(stack)
    job_id = importer.start(b"email\n" + b"".join(b"reader.%d@example.com\n" % n for n in range(rows)))
    preview = importer.wait(job_id, "previewed")
    assert (preview["rows"], preview["counts"]["applied"], preview["needs_second_owner"]) == (
        rows,
        rows,
        True,
    )
    importer.call("POST", f"/v1/jobs/{job_id}", {"commit": True}, importer.second_owner())
    done = importer.wait(job_id, "done")
    assert (done["counts"]["applied"], done["done_rows"]) == (rows, rows)
    times = importer.times_of_writes()
    assert len(times) == rows
    rate, writers = DEFAULTS["BulkRate"], DEFAULTS["BulkConcurrency"]
    at_once = seconds * rate + writers
    spans = [last - first for first, last in zip(times, times[at_once:], strict=False)]
    assert min(spans) > seconds * 1_000 - 500, "a time is taken a little after the turn of its writer"
    assert importer.works_at_once(job_id) <= writers
    check = importer.call("POST", "/v1/check", {"topic": "offers", "addresses": ["reader.7@example.com"]})
    assert check["results"][0]["sendable"] is False
