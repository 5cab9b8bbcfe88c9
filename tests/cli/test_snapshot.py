"""`heed snapshot` with the real functions."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from heed import clock
from heed.domain.jobs.job_phase import JobPhase
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import Change, Entry, Source
from heed.override import override
from heed.snapshot.reader import Snapshot
from heed.use_cases.ports.job_work import JobExecutions
from tests.cli.conftest import Heed
from tests.cli.server import ApiServer
from tests.support.aws_calls import outside_handlers
from tests.support.deployment import ROOT, World, client, parts
from tests.support.javascript import install_client, run_module
from tests.support.job_machine import JobMachineRun, definition
from tests.support.registers import out

SNAPSHOT = ("snapshot", "--purpose", "sending", "-o", "today.heedsnap")
LEFT = "joan@example.com"

pytestmark = pytest.mark.usefixtures("local")


class WorkingMachine(JobExecutions):
    """Does the work of an execution at once.

    Attributes:
        damaged_byte: the place of a byte of the result that it changes, or None.
    """

    def __init__(self, world: World) -> None:
        self.damaged_byte: int | None = None
        self._world = world

    @override
    def start(self, job_id: str, phase: JobPhase, attempt: int) -> None:
        with outside_handlers():
            start = {"job": job_id, "phase": phase.value, "stage": 0}
            JobMachineRun(self._world.context).run(definition(), start)
        if self.damaged_byte is not None:
            place = {"Bucket": "bulk", "Key": f"{job_id}/results/snapshot.heedsnap"}
            content = bytearray(client("s3").get_object(**place)["Body"].read())
            content[self.damaged_byte] ^= 1
            client("s3").put_object(**place, Body=bytes(content))


@pytest.fixture(autouse=True)
def machine(world: World, monkeypatch: pytest.MonkeyPatch) -> WorkingMachine:
    machine = WorkingMachine(world)
    monkeypatch.setitem(vars(parts()), "job_executions", machine)
    opt_out(world, LEFT, Millis(clock.now() - 3_600_000))
    return machine


def opt_out(world: World, address: str, at: Millis) -> None:
    with outside_handlers():
        world.apply_changes(address, Change(out(0), Entry(at, Source.PHONE, "{}")), now=at)


def code_blocks(language: str) -> list[str]:
    """Returns the code in the section about snapshots."""
    page = (ROOT / "docs" / "integrating.md").read_text()
    section = page.partition("\n## Snapshots")[2].partition("\n## ")[0]
    return re.findall(rf"^```{language}\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)


def test_a_snapshot_is_made_verified_and_saved(
    heed: Heed, world: World, server: ApiServer, tmp_path: Path
) -> None:
    result = heed(*SNAPSHOT, "--days", "2")

    path = tmp_path / "today.heedsnap"
    assert (result.code, result.err) == (0, "")
    assert "applied     1\n" in result.out and result.out.endswith("\nSaved today.heedsnap\n")
    assert path.stat().st_mode & 0o777 == 0o600
    snapshot = Snapshot.open(path, f"{server.url}/.well-known/heed-keys.json")
    assert snapshot.may_send(world.recipient(LEFT), "offers") == "no"
    assert snapshot.may_send(world.recipient("lee@example.com"), "offers") == "yes"
    manifest = snapshot.manifest
    assert Millis(manifest.expires_at - manifest.as_of) == Millis(2 * 86_400_000)


def test_a_file_that_exists_is_replaced_only_with_force(heed: Heed, tmp_path: Path) -> None:
    (tmp_path / "today.heedsnap").write_bytes(b"yesterday")

    refused, replaced = heed(*SNAPSHOT), heed(*SNAPSHOT, "--force", "--json")

    assert (refused.code, "--force" in refused.err) == (2, True)
    assert (replaced.code, replaced.json["state"]) == (0, "done")
    assert (tmp_path / "today.heedsnap").read_bytes().startswith(b"HEEDSNAP")


@pytest.mark.parametrize("place", [0, 30, -9], ids=["magic", "manifest", "shard"])
def test_a_damaged_snapshot_is_not_kept(
    heed: Heed, machine: WorkingMachine, tmp_path: Path, place: int
) -> None:
    machine.damaged_byte = place

    result = heed(*SNAPSHOT)

    assert (result.code, "the snapshot is not valid" in result.err) == (3, True)
    assert [path.name for path in tmp_path.iterdir()] == [".local"]


def test_without_the_keys_of_the_stack_no_snapshot_is_kept(
    heed: Heed, server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "publishes_keys", False)

    result = heed(*SNAPSHOT)

    assert (result.code, "the keys of the stack cannot be read" in result.err) == (3, True)
    assert [path.name for path in tmp_path.iterdir()] == [".local"]


def test_the_python_code_of_the_documentation_knows_who_opted_out_since(
    heed: Heed, world: World, server: ApiServer, api_key: str
) -> None:
    heed(*SNAPSHOT)
    people = [world.recipient(f"{name}@example.com") for name in ("joan", "lee", "kim")]
    opt_out(world, "lee@example.com", clock.now())
    code: dict[str, Any] = {}
    for block in code_blocks("python"):
        exec(block, code)  # noqa: S102 - code of this repository

    snapshot = code["open_snapshot"]("today.heedsnap", server.url, api_key)

    assert code["split_campaign"](snapshot, people, "offers") == ([people[2]], [people[1]])


@pytest.mark.system  # node takes longer than a second
def test_the_javascript_code_of_the_documentation_knows_who_opted_out_since(
    heed: Heed, world: World, server: ApiServer, api_key: str, tmp_path: Path
) -> None:
    heed(*SNAPSHOT)
    people = [world.recipient(f"{name}@example.com") for name in ("joan", "lee", "kim")]
    opt_out(world, "lee@example.com", clock.now())
    install_client(tmp_path)
    (code,) = code_blocks("js")
    (tmp_path / "example.mjs").write_text(code)
    script = (
        'import { openSnapshot, splitCampaign } from "./example.mjs";'
        "const [host, key, ...people] = process.argv.slice(1);"
        'const snapshot = await openSnapshot("today.heedsnap", host, key);'
        'console.log(JSON.stringify(splitCampaign(snapshot, people, "offers")));'
    )

    printed = run_module(script, server.url, api_key, *people, folder=tmp_path)

    assert json.loads(printed) == [[people[2]], [people[1]]]


@pytest.mark.parametrize("arguments", [("--days", "32"), ("--days", "0"), ("--purpose", "fun")])
def test_wrong_usage_makes_no_snapshot(heed: Heed, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    result = heed(*SNAPSHOT, *arguments)

    assert (result.code, result.out) == (2, "")
    assert [path.name for path in tmp_path.iterdir()] == [".local"]
