"""A scrub on AWS: a file goes through the state machine and comes back with the answers behind each row."""

from __future__ import annotations

import csv
import gzip
import io
import json
from dataclasses import replace
from typing import Any

import pytest

from functions.bulk import app as bulk
from functions.platform import app as platform
from heed.domain.api_key import KeyScope
from heed.domain.jobs.job import Job, JobState, Upload, new_job, start_job
from heed.domain.jobs.job_report import JobCounts, WordMeaning
from heed.domain.jobs.job_settings import ScrubJobSettings
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import Change, Entry, ScopeNumber, Source
from heed.domain.privacy.disclosure import DisclosurePurpose
from heed.entrypoints.bulk_files import parts as file_parts
from heed.use_cases.jobs.change_job import find_job
from tests.support.aws_calls import outside_handlers
from tests.support.crash import SimulatedCrash, crash_after, run_after_calls
from tests.support.deployment import NOW, World, client, http_event, parts
from tests.support.full import some_of
from tests.support.job_machine import JobMachineRun, definition
from tests.support.jobs import MARKETING
from tests.support.registers import out

SERVICES = ("dynamodb", "s3")
OFFERS = ScrubJobSettings(topic=ScopeNumber(2))
STOPPED, FREE = "joan@example.com", "lee@example.com"
LIST = f'Name,E-Mail\r\nJoan,{STOPPED}\r\n"Lee, A",{FREE}\r\nNobody,none\r\n'.encode()
LINKS = ("unsubscribe_url", "preferences_url", "list_unsubscribe", "list_unsubscribe_post")


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_parts, "MAX_PART_ROWS", 2)


@pytest.fixture(autouse=True)
def _stopped(world: World) -> None:
    world.context.milliseconds_left = 600_000
    with outside_handlers():
        world.apply_changes(STOPPED, Change(out(2), Entry(Millis(NOW - 1_000), Source.LINK, "{}")))


def start_scrub(upload: bytes, settings: ScrubJobSettings = OFFERS, number: int = 1) -> str:
    """Stores a scrub whose upload has arrived, and returns its id."""
    job = new_job(f"{number:032x}", settings, DisclosurePurpose.SENDING, MARKETING)
    put = client("s3").put_object(Bucket="bulk", Key=f"{job.id}/upload", Body=upload)
    with outside_handlers():
        parts().jobs.add(start_job(job, Upload(put["ETag"], len(upload)), NOW))
    return job.id


def run_scrub(world: World, job_id: str) -> Job:
    """Runs its execution to the end, and returns the job."""
    JobMachineRun(world.context).run(definition(), {"job": job_id, "phase": "scrub", "stage": 0})
    with outside_handlers():
        return find_job(job_id, parts().jobs)


def result_of(job: Job) -> bytes:
    (file,) = job.report.files
    stored = client("s3").get_object(Bucket="bulk", Key=f"{job.id}/results/{file.name}")
    content: bytes = stored["Body"].read()
    assert len(content) == file.size
    return content


def scrub(world: World, upload: bytes, settings: ScrubJobSettings = OFFERS) -> Job:
    return run_scrub(world, start_scrub(upload, settings))


def call(world: World, path: str, **body: object) -> Any:
    key = parts().api_keys.create("key", "Shop", [KeyScope.CHECK, KeyScope.LINKS], None)[1]
    headers = {"Authorization": f"Bearer {key}"}
    text = json.dumps({"topic": "offers", **body})
    answer = platform.handler(http_event("POST", path, body=text, headers=headers), world.context)
    assert answer["statusCode"] == 200
    return json.loads(answer["body"])


def read_table(content: bytes, encoding: str = "utf-8", delimiter: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(encoding), newline=""), delimiter=delimiter))


def make_unreadable(world: World, address: str) -> None:
    item = {"id": {"S": world.recipient(address)}, "n": {"S": "?"}}
    client("dynamodb").put_item(TableName=world.table, Item=item)


def test_the_file_comes_back_with_the_answers_of_a_check_behind_each_row(world: World) -> None:
    job = scrub(world, LIST)
    assert job.state is JobState.DONE
    checked = call(world, "/v1/check", addresses=[STOPPED, FREE, "none"])["results"]
    first, second, third = (
        f",{each['recipient'] or ''},{str(each['sendable']).lower()},{each['reason']},{each['since'] or ''}"
        for each in checked
    )
    assert result_of(job).decode() == (
        "Name,E-Mail,recipient,sendable,reason,since\r\n"
        f"Joan,{STOPPED}{first}\r\n"
        f'"Lee, A",{FREE}{second}\r\n'
        f"Nobody,none{third}\r\n"
    )
    assert [each["sendable"] for each in checked] == [False, True, False]


def test_the_report_counts_each_row_once_and_the_reasons(world: World) -> None:
    report = scrub(world, LIST + b'"open\r\n\r\n').report
    assert report.counts == JobCounts(applied=1, known=1, invalid=2)
    assert report.rows == report.done_rows == report.counts.total == 4
    assert report.meanings == {
        "ok": WordMeaning("send", 1),
        "topic_unsubscribed": WordMeaning("do not send", 1),
        "invalid": WordMeaning("do not send", 2),
    }


def test_a_scrub_is_a_disclosure_of_its_valid_rows(world: World) -> None:
    scrub(world, LIST)
    with outside_handlers():
        (entry,) = parts().disclosures.latest(None, 10).entries
    assert (entry.details.what, entry.details.people) == ("scrub", 2)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_and_the_dialect_stay(world: World, encoding: str) -> None:
    data = LIST.decode().replace(",", ";").encode(encoding)
    result = result_of(scrub(world, data))
    assert result[:2] == data[:2]
    assert [row["sendable"] for row in read_table(result, encoding, ";")] == ["false", "true", "false"]


def test_a_compressed_file_comes_back_expanded(world: World) -> None:
    job = scrub(world, gzip.compress(LIST))
    assert job.report.files[0].name == "scrubbed.csv"
    assert result_of(job) == result_of(scrub_again(world, LIST))


def scrub_again(world: World, upload: bytes) -> Job:
    return run_scrub(world, start_scrub(upload, number=2))


def test_a_json_file_comes_back_with_the_answers_as_members(world: World) -> None:
    data = f'{{"items": [\n  {{"email": "{STOPPED}"}},\n  {{}}, {{"email": "{FREE}"\n}}], "next": null}}\n'
    job = scrub(world, data.encode())
    assert job.report.files[0].name == "scrubbed.json"
    records = json.loads(result_of(job))["items"]
    checked = call(world, "/v1/check", addresses=[STOPPED, "", FREE])["results"]
    for record, answer in zip(records, checked, strict=True):
        record.pop("email", None)
        assert record == {name: answer[name] for name in ("recipient", "sendable", "reason", "since")}


def test_links_are_those_of_the_api(world: World) -> None:
    settings = replace(OFFERS, links=True, campaign="spring", language="de")
    _, row, invalid = read_table(result_of(scrub(world, LIST, settings)))
    body = {"addresses": [FREE], "campaign": "spring", "lang": "de"}
    (made,) = call(world, "/v1/links", **body)["links"]
    headers = made["headers"]
    assert [row[name] for name in LINKS] == [
        made["unsubscribe_url"],
        made["preferences_url"],
        headers["List-Unsubscribe"],
        headers["List-Unsubscribe-Post"],
    ]
    assert [invalid[name] for name in LINKS] == [""] * 4


def test_a_record_that_cannot_be_read_is_not_sendable(world: World) -> None:
    make_unreadable(world, FREE)
    others = "".join(f"{n}@example.com\n" for n in range(99))
    job = scrub(world, f"email\n{FREE}\n{others}".encode())
    first, *rest = read_table(result_of(job))
    assert (first["sendable"], first["reason"]) == ("false", "unreadable")
    assert {row["sendable"] for row in rest} == {"true"}
    assert job.report.counts == JobCounts(applied=99, known=1)


def test_a_scrub_fails_if_more_than_one_record_in_a_hundred_cannot_be_read(world: World) -> None:
    make_unreadable(world, FREE)
    others = "".join(f"{n}@example.com\n" for n in range(98))
    job = scrub(world, f"email\n{FREE}\n{others}".encode())
    assert job.error is not None
    assert (job.state, job.error.type) == (JobState.FAILED, "too-many-unreadable")
    assert job.report.files == ()


def test_the_column_is_the_one_that_the_caller_names(world: World) -> None:
    data = f"email,contact\nnone,{FREE}\n".encode()
    (row,) = read_table(result_of(scrub(world, data, replace(OFFERS, column="Contact"))))
    assert row["sendable"] == "true"


def test_without_the_column_the_job_fails_and_names_those_that_there_are(world: World) -> None:
    job = scrub(world, f"city,{STOPPED[:4]}\nBerlin,x\n".encode(), replace(OFFERS, column="Contact"))
    assert job.error is not None
    assert (job.state, job.error.type) == (JobState.FAILED, "unknown-header")
    assert "city" in job.error.detail


def test_a_json_file_of_texts_has_no_room_for_answers(world: World) -> None:
    job = scrub(world, f'["{STOPPED}",\n"{FREE}"]'.encode())
    assert job.error is not None
    assert (job.state, job.error.type, job.error.line) == (JobState.FAILED, "records-without-members", 1)


def test_a_scrub_goes_on_where_its_function_ran_out_of_time(world: World) -> None:
    whole = result_of(scrub(world, LIST))
    world.context.milliseconds_left = 1
    assert result_of(scrub_again(world, LIST)) == whole


def test_large_parts_are_joined_by_s3_and_small_ones_are_put_together(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_parts, "MAX_PART_ROWS", 100)
    lines = [f"{'x' * 60_000},{n}@example.com" for n in range(230)]
    with run_after_calls(0, print, SERVICES) as calls:
        job = scrub(world, "\n".join(["note,email", *lines]).encode())
    assert calls.count("UploadPartCopy") == 2
    result = result_of(job).decode().split("\n")
    assert [row.rpartition(",true,ok,")[0].rpartition(",")[0] for row in result[1:]] == lines


def test_a_scrub_that_is_killed_at_any_call_and_repeated_gives_the_same_bytes(world: World) -> None:
    whole = scrub(world, LIST)
    job_id = start_scrub(LIST, number=2)
    with crash_after(10_000, SERVICES) as calls:
        run_scrub(world, job_id)
    for number in some_of(range(1, len(calls) + 1)):
        job_id = start_scrub(LIST, number=number + 2)
        with crash_after(number, SERVICES), pytest.raises(SimulatedCrash):
            run_scrub(world, job_id)
        job = run_scrub(world, job_id)
        assert (job.state, job.report) == (JobState.DONE, whole.report)
        assert result_of(job) == result_of(whole)


def test_the_results_of_a_file_with_many_parts_are_joined_in_several_calls(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = b"email\n" + f"{STOPPED}\n{FREE}\n".encode() * 4
    at_once = result_of(scrub(world, upload))
    monkeypatch.setattr(bulk, "_RESERVED_MS", 10**9)
    run, job_id = JobMachineRun(world.context), start_scrub(upload, number=2)
    run.run(definition(), {"job": job_id, "phase": "scrub", "stage": 0})
    with outside_handlers():
        job = find_job(job_id, parts().jobs)
    assert (job.state, job.report.counts) == (JobState.DONE, JobCounts(applied=4, known=4))
    assert result_of(job) == at_once
    assert [each["stage"] for each in run.inputs if each["step"] == "plan"].count(1) > 4, "one part a call"
