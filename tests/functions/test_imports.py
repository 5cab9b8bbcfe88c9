"""Imports from the request to the record: the state machine of the template runs the function `bulk`."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from heed.domain.api_key import KeyScope
from heed.domain.preferences.decision import sendable_by_topic
from tests.functions.conftest import Clock
from tests.functions.test_jobs import Office
from tests.support.deployment import NOW, World, client, parts
from tests.support.job_machine import run_executions

BOUNCES = "email,created,status,reason\n"
LISTED = b"email,date\njoan@example.com,2026-01-02\nlee@example.com,2026-01-03\n"
MAPPED = {"reference": "the old list", "columns": {"address": "email", "date": "date"}, "as": "unsubscribed"}


class Imports(Office):
    """An office that imports files."""

    def run(self, content: bytes, body: Any = MAPPED, key: str = "") -> Any:
        """Uploads a file to a new import, runs what it starts, and returns the job."""
        job_id = self.create(key or self.marketing, "/v1/imports", body)["job"]
        self.upload(job_id, content)
        run_executions()
        return self.show(job_id, key or self.marketing)

    def commit(self, job: Any, key: str = "") -> Any:
        status, answer = self.command(job["job"], "commit", key or self.second)
        assert status == 200, answer
        self.runs = run_executions()
        return self.show(job["job"])

    @property
    def second(self) -> str:
        return self.key("Second", KeyScope.PRIVACY)

    def result(self, job: Any, name: str) -> list[list[str]]:
        stored = client("s3").get_object(Bucket="bulk", Key=f"{job['job']}/results/{name}")["Body"].read()
        return list(csv.reader(io.StringIO(stored.decode())))

    def sendable(self, address: str) -> dict[str, bool]:
        record = parts().preferences.read(self.world.recipient(address))
        return sendable_by_topic(record, parts().catalogue, NOW)


@pytest.fixture
def imports(world: World, clock: Clock) -> Imports:
    return Imports(world, clock)


def test_a_preview_decides_each_row_and_writes_nothing(imports: Imports) -> None:
    job = imports.run(LISTED)
    assert (job["state"], job["format"], job["encoding"], job["rows"]) == ("previewed", "manual", "utf-8", 2)
    assert job["counts"]["applied"] == 2
    assert job["meanings"] == {"manual": {"means": "unsubscribed", "rows": 2}}
    assert job["estimate"]["seconds"] > 0
    assert imports.world.items() == []


def test_a_commit_records_the_stops_of_all_rows(imports: Imports) -> None:
    job = imports.commit(imports.run(LISTED))
    assert (job["state"], job["counts"]["applied"], job["done_rows"]) == ("done", 2, 2)
    assert not imports.sendable("joan@example.com")["offers"]
    assert not imports.sendable("lee@example.com")["offers"]
    assert imports.sendable("other@example.com")["offers"]
