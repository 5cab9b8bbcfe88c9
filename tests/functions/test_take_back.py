"""An import is taken back: by an officer of another owner, person by person, and nothing else with it."""

from __future__ import annotations

from typing import Any

import pytest

from heed.domain.api_key import KeyScope
from heed.domain.milliseconds import Millis
from heed.domain.preferences.decision import sendable_by_topic
from tests.functions.conftest import Clock
from tests.functions.test_jobs import Office
from tests.support.deployment import NOW, World, parts
from tests.support.job_machine import run_executions

JOAN, LEE, SAM = "joan@example.com", "lee@example.com", "sam@example.com"
REFERENCE = {"reference": "the old list", "commit": True}
REASON = "The column was that of all customers."


class Imports(Office):
    """An office that imports lists and takes them back."""

    def bring(self, *addresses: str, reference: str = "the old list", on: str = "2026-01-02") -> str:
        """Imports a list of opt-outs, and returns the job."""
        body = {"reference": reference, "commit": True, "format": "sendgrid-unsubscribes"}
        job_id: str = self.create(self.marketing, body=body)["job"]
        rows = "".join(f"{address},{on}\n" for address in addresses)
        self.upload(job_id, f"email,created\n{rows}".encode())
        run_executions()
        if self.show(job_id)["state"] == "previewed":  # it stops a large part of the few people on record
            assert self.command(job_id, "commit", self.second)[0] == 200
            run_executions()
        assert self.show(job_id)["state"] == "done"
        return job_id

    def take_back(self, job_id: str, key: str | None = None, reason: str = REASON) -> tuple[int, Any]:
        body = {"take_back": True, "reason": reason}
        return self.call(key or self.officer, "POST", f"/v1/jobs/{job_id}", body)

    @property
    def second(self) -> str:
        return self.key("Second", KeyScope.PRIVACY)

    def sends_offers(self, address: str) -> bool:
        record = parts().preferences.read(self.world.recipient(address))
        return sendable_by_topic(record, parts().catalogue, Millis(NOW))["offers"]


@pytest.fixture
def imports(world: World, clock: Clock) -> Imports:
    return Imports(world, clock)


def test_what_an_import_stopped_no_longer_counts_after_it_was_taken_back(imports: Imports) -> None:
    job_id = imports.bring(JOAN, LEE)
    assert not imports.sends_offers(JOAN)

    status, answer = imports.take_back(job_id)
    assert (status, answer["taken_back"]["people"]) == (200, None)
    run_executions()

    assert imports.sends_offers(JOAN)
    assert imports.sends_offers(LEE)
    shown = imports.show(job_id)["taken_back"]
    assert (shown["reason"], shown["people"], shown["unreadable"]) == (REASON, 2, 0)
