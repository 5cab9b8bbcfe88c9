"""A snapshot of many people, from their records to the answers of its reader."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest

from functions.preferences import app as preferences
from heed.codec.record import decode_record, encode_entry
from heed.domain.jobs.job import JobState, start_job
from heed.domain.jobs.job_settings import SnapshotJobSettings
from heed.domain.milliseconds import Millis
from heed.domain.preferences.decision import decide
from heed.domain.preferences.register import COMPLAINT, Entry, Source
from heed.domain.recipients.recipient import recipient_from_bytes
from heed.domain.snapshots.membership import snapshot_topics
from heed.snapshot.reader import Snapshot
from tests.functions.conftest import Clock
from tests.support.deployment import World, client, http_event, moto_backend, parts
from tests.support.job_machine import JobMachineRun, definition
from tests.support.jobs import job_of
from tests.support.registers import in_, out

PEOPLE, ALL_PEOPLE = 4_000, 100_000  # with `--full` all
REGISTERS = (out(0), out(2), out(3), in_(2), in_(3), COMPLAINT)


def make_item(random: Random) -> dict[str, Any]:
    """Returns the item of a person with one or two registers."""
    entries = {
        register.code: encode_entry(Entry(Millis(random.randrange(1, 9)), Source.PHONE, "{}"))
        for register in random.choices(REGISTERS, k=random.randrange(1, 3))
    }
    recipient = recipient_from_bytes(random.randbytes(16))
    return {"id": {"S": recipient}, "n": {"N": "1"}, "salt": {"B": bytes(16)}, **entries}


@pytest.mark.system  # it takes longer than a second
def test_no_answer_of_a_snapshot_about_many_people_permits_what_the_check_does_not(
    world: World, clock: Clock, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    people = ALL_PEOPLE if pytestconfig.getoption("full") else PEOPLE
    random = Random(1)  # noqa: S311 - the same people in each run
    items = [make_item(random) for _ in range(people)]
    table = moto_backend("dynamodb").tables[world.table]
    for item in items:
        table.put_item(item)  # a hundred thousand requests would take minutes
    job = start_job(job_of(SnapshotJobSettings(7)), None, Millis(clock.now))
    parts().jobs.add(job)

    JobMachineRun(world.context).run(definition(), {"job": job.id, "phase": "snapshot", "stage": 0})

    done = parts().jobs.find(job.id)
    assert done is not None and (done.state, done.report.counts.total) == (JobState.DONE, people)
    assert done.report.counts.invalid == 0
    path = tmp_path / "snapshot"
    result = {"Bucket": "bulk", "Key": f"{job.id}/results/snapshot.heedsnap"}
    path.write_bytes(client("s3").get_object(**result)["Body"].read())
    keys = preferences.handler(http_event("GET", "/.well-known/heed-keys.json"), world.context)
    snapshot = Snapshot.open(path, json.loads(keys["body"]))
    answers = Counter(
        (
            decide(decode_record(item), topic, Millis(clock.now)).sendable,
            snapshot.may_send(item["id"]["S"], name),
        )
        for item in items
        for topic in snapshot_topics(parts().catalogue)
        for name in [parts().catalogue.scope_name(topic.number)]
    )
    assert answers.keys() <= {(True, "yes"), (False, "no"), (True, "no")}
    assert answers[True, "no"] <= max(answers[True, "yes"] / 10_000, 5)
