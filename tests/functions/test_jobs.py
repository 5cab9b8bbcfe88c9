"""Jobs, from HTTP event to answer: created, uploaded to, started, committed, cancelled, swept."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.exceptions import ConnectionClosedError

from functions.jobs import app
from heed.domain import rfc3339
from heed.domain.api_key import KeyScope
from heed.domain.errors import StoreUnavailable
from heed.domain.jobs import job_limits
from heed.domain.jobs.job import JobState, fail_job
from heed.domain.jobs.job_report import JobCounts, JobError, JobReport
from heed.domain.milliseconds import Millis
from heed.domain.privacy.disclosure import DisclosurePurpose
from heed.use_cases.jobs.change_job import change_job, find_job
from heed.use_cases.jobs.report_work import report_end, report_preview
from heed.use_cases.jobs.sweep_jobs import sweep_jobs
from tests.functions.conftest import DAY, HOUR, Clock
from tests.support import openapi
from tests.support.aws_calls import outside_handlers
from tests.support.deployment import NOW, ROOT, World, client, http_event, parts, restart
from tests.support.jobs import ON_RECORD, SMALL_REPORT

REFERENCE = {"reference": "export of May"}
LARGE_REPORT = JobReport(counts=JobCounts(applied=100_000))
RESULT = "rejects.csv"


class Office:
    """People with API keys, who call the routes."""

    def __init__(self, world: World, clock: Clock) -> None:
        self.world, self.clock = world, clock
        self.keys: dict[tuple[object, ...], str] = {}

    def key(self, owner: str, *scopes: KeyScope, purposes: Any = (DisclosurePurpose.SENDING,)) -> str:
        signature = (owner, scopes, tuple(purposes))
        if signature not in self.keys:
            self.keys[signature] = parts().api_keys.create("key", owner, scopes, None, purposes)[1]
        return self.keys[signature]

    def call(self, key: str, method: str, path: str, body: object = None, **query: str) -> tuple[int, Any]:
        text = None if body is None else json.dumps(body)
        headers = {"Authorization": f"Bearer {key}"}
        event = http_event(method, path, body=text, headers=headers, at=self.clock.now, query=query)
        answer = app.handler(event, self.world.context)
        route = "/v1/jobs/{id}" if path.startswith("/v1/jobs/") else path
        return answer["statusCode"], openapi.check_response(method, route, answer)

    def create(self, key: str, path: str = "/v1/imports", body: object = REFERENCE) -> Any:
        status, created = self.call(key, "POST", path, body)
        assert status == 202, created
        return created

    def upload(self, job_id: str, content: bytes = b"email\nx\n") -> None:
        """Uploads a file and delivers the event of S3, as AWS documents it."""
        client("s3").put_object(Bucket="bulk", Key=f"{job_id}/upload", Body=content)
        self.deliver(job_id)

    def deliver(self, job_id: str) -> None:
        event = json.loads((ROOT / "events" / "jobs-eventbridge-object-created.json").read_text())
        event["detail"]["object"]["key"] = f"{job_id}/upload"
        assert app.handler(event, self.world.context) == {}

    def preview(self, report: JobReport = SMALL_REPORT, key: str | None = None) -> str:
        """Brings an import to its preview, as its work does."""
        job_id: str = self.create(key or self.marketing)["job"]
        self.upload(job_id)
        now = Millis(self.clock.now)
        with outside_handlers():
            report_preview(job_id, report, ON_RECORD, now, parts().jobs, parts().disclosures)
        return job_id

    def finish(self, job_id: str, report: JobReport = SMALL_REPORT) -> None:
        client("s3").put_object(Bucket="bulk", Key=f"{job_id}/results/{RESULT}", Body=b"line,why\n")
        report_end(job_id, report, Millis(self.clock.now), parts().jobs, parts().disclosures)

    def show(self, job_id: str, key: str | None = None) -> Any:
        status, job = self.call(key or self.marketing, "GET", f"/v1/jobs/{job_id}")
        assert status == 200, job
        return job

    def command(self, job_id: str, command: str, key: str | None = None) -> tuple[int, Any]:
        return self.call(key or self.marketing, "POST", f"/v1/jobs/{job_id}", {command: True})

    def sweep(self) -> dict[str, int]:
        result: dict[str, int] = app.handler({}, self.world.context)
        return result

    @property
    def marketing(self) -> str:
        return self.key("Marketing", KeyScope.IMPORT)

    @property
    def officer(self) -> str:
        return self.key("Officer", KeyScope.PRIVACY)


@pytest.fixture
def office(world: World, clock: Clock) -> Office:
    return Office(world, clock)


def objects() -> list[str]:
    listed = client("s3").list_objects_v2(Bucket="bulk").get("Contents", ())
    return [item["Key"] for item in listed]


def disclosures() -> list[tuple[str, str, int]]:
    page = parts().disclosures.latest(None, 100)
    return [(e.details.what, e.details.purpose.value, e.details.people) for e in page.entries]


def pointers(problem: Any) -> list[str]:
    return [fault["pointer"] for fault in problem["errors"]]


def test_an_import_gets_a_url_for_one_upload_within_an_hour(office: Office) -> None:
    created = office.create(office.marketing)
    url, upload = urlsplit(created["upload"]["url"]), created["upload"]
    query = parse_qs(url.query)
    assert (created["kind"], created["state"], upload["method"]) == ("import", "waiting", "PUT")
    assert upload["headers"] == {"If-None-Match": "*"}
    assert query["X-Amz-SignedHeaders"] == ["host;if-none-match"], "an upload without it is refused"
    assert (query["X-Amz-Expires"], query["X-Amz-Algorithm"]) == (["3600"], ["AWS4-HMAC-SHA256"])
    assert url.path == f"/{created['job']}/upload"


def test_an_upload_starts_the_job_and_a_repeated_event_changes_nothing(office: Office) -> None:
    job_id = office.create(office.marketing)["job"]
    office.deliver(job_id)
    assert office.show(job_id)["state"] == "waiting", "an event without an object"
    office.upload(job_id)
    started = parts().jobs.find(job_id)
    office.clock.now += 5
    office.deliver(job_id)
    assert parts().jobs.find(job_id) == started
    assert started is not None and started.upload is not None
    assert (started.state, started.upload.size) == (JobState.RUNNING, 8)


def test_an_upload_whose_event_is_lost_is_found_by_the_sweep(office: Office) -> None:
    job_id = office.create(office.marketing)["job"]
    client("s3").put_object(Bucket="bulk", Key=f"{job_id}/upload", Body=b"x")
    office.sweep()
    assert office.show(job_id)["state"] == "running"


def test_an_upload_without_a_job_or_after_its_end_is_deleted(office: Office) -> None:
    office.upload("0" * 32)
    job_id = office.create(office.marketing)["job"]
    office.command(job_id, "cancel")
    office.upload(job_id)
    assert objects() == []
    assert office.show(job_id)["state"] == "cancelled"


def test_a_preview_shows_what_an_import_would_do_and_a_commit_goes_on(office: Office) -> None:
    job_id = office.preview()
    shown = office.show(job_id)
    assert (shown["state"], shown["rows"], shown["format"]) == ("previewed", 10, "sendgrid-bounces")
    assert shown["counts"] == {
        "applied": 1,
        "known": 2,
        "superseded": 3,
        "skipped": 2,
        "invalid": 1,
        "refused": 1,
    }
    assert (shown["skipped"], shown["meanings"]) == (
        {"soft-bounce": 2},
        {"Bounced": {"means": "undeliverable", "rows": 6}},
    )
    assert (shown["reference"], shown["committed_by"]) == ("export of May", None)
    for _ in range(2):
        status, committed = office.command(job_id, "commit")
        assert (status, committed["state"]) == (200, "running")
        assert committed["committed_by"]
    office.finish(job_id)
    assert office.command(job_id, "commit")[0] == 200
    assert office.show(job_id)["finished_at"]


def test_each_preview_and_each_commit_is_a_disclosure(office: Office) -> None:
    job_id = office.preview()
    assert disclosures() == [("import", "sending", 6)]
    office.command(job_id, "commit")
    office.command(job_id, "commit")
    office.finish(job_id)
    assert disclosures()[0] == ("import", "sending", 6)
    assert len([entry for entry in disclosures() if entry[0] == "import"]) == 3


def test_a_large_import_is_committed_by_an_officer_of_another_owner(office: Office) -> None:
    job_id = office.preview(LARGE_REPORT)
    assert office.show(job_id)["needs_second_owner"] is True
    same = office.key("MARKETING ", KeyScope.PRIVACY, KeyScope.IMPORT)
    for key in (office.marketing, same):
        status, problem = office.command(job_id, "commit", key)
        assert (status, problem["type"]) == (403, "urn:heed:problem:second-owner-needed")
    status, committed = office.command(job_id, "commit", office.officer)
    assert (status, committed["state"]) == (200, "running")


def test_an_officer_cancels_an_import_but_commits_no_small_one_and_cancels_no_scrub(office: Office) -> None:
    job_id = office.preview()
    assert [office.command(job_id, word, office.officer)[0] for word in ("commit", "cancel")] == [403, 200]
    scrub = office.create(office.key("Agency", KeyScope.CHECK), "/v1/scrubs", {"topic": "offers"})["job"]
    assert office.command(scrub, "cancel", office.officer)[0] == 403


@pytest.mark.parametrize("word", ["commit", "cancel"])
def test_a_job_that_failed_takes_no_command(office: Office, word: str) -> None:
    job_id = office.preview()
    failed = JobError("unreadable", "The file is not text.", line=7)
    change_job(job_id, lambda job: fail_job(job, failed, Millis(office.clock.now)), parts().jobs)
    status, problem = office.command(job_id, word)
    assert (status, problem["type"]) == (409, "urn:heed:problem:job-conflict")
    shown = office.show(job_id)
    assert shown["error"] == {"type": "unreadable", "detail": "The file is not text.", "line": 7}


def test_what_is_cancelled_stays_cancelled(office: Office) -> None:
    job_id = office.preview()
    assert [office.command(job_id, "cancel")[0] for _ in range(2)] == [200, 200]
    assert office.command(job_id, "commit")[0] == 409


@pytest.mark.parametrize(
    "body", [{}, {"commit": True, "cancel": True}, {"commit": False}, {"cancel": 1}, {"stop": True}]
)
def test_a_command_is_exactly_one_word(office: Office, body: object) -> None:
    job_id = office.preview()
    assert office.call(office.marketing, "POST", f"/v1/jobs/{job_id}", body)[0] == 422
    assert office.show(job_id)["state"] == "previewed"


@pytest.mark.threat(
    "T40",
    "A key of one team reads the list of addresses that another team uploaded.",
    "A job belongs to an owner. To keys of other owners it does not exist, and an officer gets no files.",
)
def test_a_job_is_visible_to_keys_of_its_owner_with_its_scope_and_to_officers_without_files(
    office: Office,
) -> None:
    job_id = office.preview()
    office.command(job_id, "commit")
    office.finish(job_id)
    same_owner = office.key("marketing", KeyScope.IMPORT, KeyScope.CHECK)
    for key in (office.marketing, same_owner):
        (file,) = office.show(job_id, key)["files"]
        assert (file["name"], file["bytes"]) == (RESULT, 120)
        assert parse_qs(urlsplit(file["url"]).query)["X-Amz-Expires"] == ["600"]
    assert office.show(job_id, office.officer)["files"] == []
    others = [office.key("Agency", KeyScope.IMPORT), office.key("Marketing", KeyScope.CHECK)]
    for key in others:
        assert office.call(key, "GET", f"/v1/jobs/{job_id}")[0] == 404
        assert office.command(job_id, "cancel", key)[0] == 404
    assert office.call(office.marketing, "GET", "/v1/jobs/not-an-id")[0] == 404


def test_a_scrub_with_links_needs_the_scope_links_to_create_and_to_read_it(office: Office) -> None:
    checker, linker = (
        office.key("Shop", *scopes) for scopes in ([KeyScope.CHECK], [KeyScope.CHECK, KeyScope.LINKS])
    )
    body = {"topic": "offers", "links": True, "campaign": "spring", "lang": "de"}
    assert office.call(checker, "POST", "/v1/scrubs", body)[0] == 403
    job_id = office.create(linker, "/v1/scrubs", body)["job"]
    assert office.call(checker, "GET", f"/v1/jobs/{job_id}")[0] == 404
    assert office.show(job_id, linker)["kind"] == "scrub"


def test_the_list_leaves_out_a_scrub_that_its_own_route_hides(office: Office) -> None:
    checker, linker = (
        office.key("Shop", *scopes) for scopes in ([KeyScope.CHECK], [KeyScope.CHECK, KeyScope.LINKS])
    )
    plain = office.create(checker, "/v1/scrubs", {"topic": "offers"})["job"]
    linked = office.create(linker, "/v1/scrubs", {"topic": "offers", "links": True})["job"]
    lists = [office.call(key, "GET", "/v1/jobs")[1]["jobs"] for key in (checker, linker)]
    assert [{job["job"] for job in listed} for listed in lists] == [{plain}, {plain, linked}]


def test_a_scrub_makes_no_links_of_a_host_that_may_end(office: Office) -> None:
    linker = office.key("Shop", KeyScope.CHECK, KeyScope.LINKS)
    restart(PUBLIC_URL="")
    status, problem = office.call(linker, "POST", "/v1/scrubs", {"topic": "offers", "links": True})
    assert (status, pointers(problem)) == (422, ["/links"])
    office.create(linker, "/v1/scrubs", {"topic": "offers"})


def test_the_purpose_is_one_of_the_key_and_by_default_its_only_one(office: Office) -> None:
    audit = office.key("Audit", KeyScope.CHECK, purposes=[DisclosurePurpose.LEGAL])
    job_id = office.create(audit, "/v1/scrubs", {"topic": "offers"})["job"]
    assert office.show(job_id, audit)["purpose"] == "legal"
    for purpose in ("sending", "curiosity"):
        body = {"topic": "offers", "purpose": purpose}
        status, problem = office.call(audit, "POST", "/v1/scrubs", body)
        assert (status, problem["type"]) == (403, "urn:heed:problem:purpose-refused")


def test_a_finished_scrub_is_a_disclosure_of_its_people(office: Office) -> None:
    key = office.key("Shop", KeyScope.CHECK)
    job_id = office.create(key, "/v1/scrubs", {"topic": "offers"})["job"]
    office.upload(job_id)
    with outside_handlers():
        office.finish(job_id)
        office.finish(job_id)
    assert disclosures() == [("scrub", "sending", 6)]


def test_a_scrub_says_as_of_when_it_read_the_records(office: Office) -> None:
    key = office.key("Shop", KeyScope.CHECK)
    job_id = office.create(key, "/v1/scrubs", {"topic": "offers"})["job"]
    assert office.show(job_id, key)["as_of"] is None
    office.clock.now += HOUR
    office.upload(job_id)
    started = rfc3339.format_time(Millis(office.clock.now))
    office.clock.now += HOUR
    assert office.show(job_id, key)["as_of"] == started


def test_a_snapshot_has_no_upload(office: Office) -> None:
    key = office.key("Shop", KeyScope.EXPORT)
    created = office.create(key, "/v1/snapshots", {"purpose": "sending", "days": 31.0})
    assert (created["kind"], "upload" in created) == ("snapshot", False)


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("/v1/imports", {}, "/reference"),
        ("/v1/imports", {"reference": "  "}, "/reference"),
        ("/v1/imports", {**REFERENCE, "exported_at": "2099-01-01"}, "/exported_at"),
        ("/v1/imports", {**REFERENCE, "exported_at": "May"}, "/exported_at"),
        ("/v1/imports", {**REFERENCE, "format": "Send Grid"}, "/format"),
        ("/v1/imports", {**REFERENCE, "zone": "to@day"}, "/zone"),
        ("/v1/imports", {**REFERENCE, "zone": "Mars/Olympus"}, "/zone"),
        ("/v1/imports", {**REFERENCE, "undated": "now"}, "/undated"),
        ("/v1/imports", {**REFERENCE, "scope": "service"}, "/scope"),
        ("/v1/imports", {**REFERENCE, "scope": "unheard-of"}, "/scope"),
        ("/v1/imports", {**REFERENCE, "topics": {"News": "unheard-of"}}, "/topics"),
        ("/v1/imports", {**REFERENCE, "topics": {"joan@example.com": "news"}}, "/topics"),
        ("/v1/imports", {**REFERENCE, "topics": {"News": 3}}, "/topics"),
        ("/v1/imports", {**REFERENCE, "topics": []}, "/topics"),
        ("/v1/imports", {**REFERENCE, "commit": "yes"}, "/commit"),
        ("/v1/scrubs", {}, "/topic"),
        ("/v1/scrubs", {"topic": "offers", "column": "joan@example.com"}, "/column"),
        ("/v1/scrubs", {"topic": "service", "links": True}, "/topic"),
        ("/v1/scrubs", {"topic": "offers", "campaign": "spring"}, "/links"),
        ("/v1/snapshots", {"days": 32}, "/days"),
        ("/v1/snapshots", {"days": True}, "/days"),
        ("/v1/snapshots", {"days": 7.5}, "/days"),
        ("/v1/snapshots", {"days": "7"}, "/days"),
    ],
)
def test_a_wrong_request_is_refused_with_a_pointer(
    office: Office, path: str, body: object, pointer: str
) -> None:
    status, problem = office.call(office.key("Boss", *KeyScope), "POST", path, body)
    assert (status, pointers(problem)) == (422, [pointer])
    assert list(parts().jobs.open_ids()) == []


def test_the_settings_of_an_import_are_stored_without_what_may_name_a_person(office: Office) -> None:
    office.clock.now = NOW
    body = {
        "reference": "from joan.smith@example.com",
        "name": "joan.smith@example.com bounces.csv",
        "exported_at": "2026-03-05",
        "topics": {"News": "news"},
        "scope": "meridian",
    }
    job = parts().jobs.find(office.create(office.marketing, body=body)["job"])
    assert job is not None and "joan" not in repr(job)
    settings: Any = job.settings
    assert (settings.name_words, settings.exported_at, settings.topics, settings.scope) == (
        ("bounces",),
        NOW,
        {"News": 3},
        1,
    )


def test_an_owner_with_too_many_open_jobs_gets_429_until_one_has_ended(office: Office) -> None:
    boss = office.key("Boss", *KeyScope)
    bodies = [("/v1/scrubs", {"topic": "offers"}), ("/v1/imports", REFERENCE)]
    ids = [office.create(boss, *bodies[number % 2])["job"] for number in range(job_limits.MAX_OPEN_JOBS)]
    for path, body in [*bodies, ("/v1/snapshots", {})]:
        status, problem = office.call(boss, "POST", path, body)
        assert (status, problem["type"]) == (429, "urn:heed:problem:too-many-jobs")
    assert len(list(parts().jobs.open_ids())) == job_limits.MAX_OPEN_JOBS
    office.create(office.marketing)
    assert office.command(ids[0], "cancel", boss)[0] == 200
    office.create(boss)


def test_an_owner_who_creates_and_cancels_jobs_all_day_gets_429(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_limits, "MAX_JOBS_A_DAY", 2)
    for _ in range(2):
        office.command(office.create(office.marketing)["job"], "cancel")
    assert office.call(office.marketing, "POST", "/v1/imports", REFERENCE)[0] == 429
    office.clock.now += DAY
    office.create(office.marketing)


def test_the_snapshots_of_the_schedule_are_not_limited(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_limits, "MAX_OPEN_JOBS", 1)
    for _ in range(2):
        assert app.handler({"create": "snapshot"}, office.world.context) == {}
    assert len(list(parts().jobs.open_ids())) == 2


def test_jobs_of_the_owner_are_listed_newest_first_and_page_by_page(office: Office) -> None:
    boss = office.key("Boss", *KeyScope)
    bodies = [("/v1/scrubs", {"topic": "offers"}), ("/v1/imports", REFERENCE), ("/v1/snapshots", {})]
    jobs = []
    for body in bodies:
        office.clock.now += 1
        jobs.append(find_job(office.create(boss, *body)["job"], parts().jobs))
    for number in range(3, 102):  # without the route, which reads all jobs before it creates one
        created = replace(jobs[0].created, at=Millis(jobs[0].created.at + number))
        jobs.append(replace(jobs[number % 3], id=f"{number:032x}", created=created))
        parts().jobs.add(jobs[-1])
    ids = [job.id for job in jobs]
    office.clock.now += DAY
    office.create(office.marketing)
    first = office.call(boss, "GET", "/v1/jobs")[1]
    second = office.call(boss, "GET", "/v1/jobs", cursor=first["cursor"])[1]
    listed = [job["job"] for page in (first, second) for job in page["jobs"]]
    assert (listed, len(first["jobs"]), second["cursor"]) == (ids[::-1], 100, None)
    scrubs = office.call(boss, "GET", "/v1/jobs", kind="scrub")[1]["jobs"]
    assert [job["job"] for job in scrubs] == ids[::-1][2::3]
    checker = office.key("Boss", KeyScope.CHECK)
    assert [job["kind"] for job in office.call(checker, "GET", "/v1/jobs")[1]["jobs"]] == ["scrub"] * 34
    assert office.call(checker, "GET", "/v1/jobs", kind="import")[0] == 403


@pytest.mark.parametrize(
    ("query", "pointer"), [({"kind": "purge"}, "/kind"), ({"cursor": "1-x"}, "/cursor"), ({"x": "1"}, "/x")]
)
def test_a_wrong_query_is_refused_with_a_pointer(office: Office, query: dict[str, str], pointer: str) -> None:
    status, problem = office.call(office.marketing, "GET", "/v1/jobs", **query)
    assert (status, pointers(problem)) == (422, [pointer])


def test_the_files_of_a_job_are_deleted_a_day_after_its_end(office: Office) -> None:
    job_id = office.preview()
    office.command(job_id, "commit")
    office.finish(job_id)
    other = office.preview()
    office.clock.now += DAY - 1
    assert office.sweep() == {"open": 2, "ended": 0, "cleared": 0}
    office.clock.now += 1
    assert office.sweep() == {"open": 2, "ended": 1, "cleared": 1}, "nobody committed the other one"
    assert objects() == [f"{other}/upload"]
    assert (office.show(job_id)["files"], office.show(other)["state"]) == ([], "cancelled")
    assert office.sweep() == {"open": 1, "ended": 0, "cleared": 0}


def test_a_job_without_an_upload_fails_after_a_day(office: Office) -> None:
    job_id = office.create(office.marketing)["job"]
    office.clock.now += DAY
    office.sweep()
    assert office.show(job_id)["error"]["type"] == "no-upload"


def test_a_sweep_that_stops_at_any_call_is_completed_by_the_next(office: Office) -> None:
    job_id = office.preview()
    office.command(job_id, "cancel")
    office.clock.now += DAY
    s3 = parts().client("s3")

    def fail(**_: object) -> None:
        raise ConnectionClosedError(endpoint_url="s3")

    s3.meta.events.register("before-call.s3.DeleteObjects", fail)
    with pytest.raises(Exception, match="ConnectionClosedError"):
        office.sweep()
    s3.meta.events.unregister("before-call.s3.DeleteObjects", fail)
    assert objects() == [f"{job_id}/upload"]
    office.sweep()
    assert (objects(), list(parts().jobs.open_ids())) == ([], [])


def test_a_job_whose_files_cannot_be_deleted_keeps_no_other_job_from_the_sweep(office: Office) -> None:
    first, second = office.preview(), office.preview()
    for job_id in (first, second):
        office.command(job_id, "cancel")
    office.clock.now += DAY
    events, calls = parts().client("s3").meta.events, list[str]()

    def fail_once(**_: object) -> None:
        calls.append("delete")
        if len(calls) == 1:
            raise ConnectionClosedError(endpoint_url="s3")

    events.register("before-call.s3.DeleteObjects", fail_once)
    with pytest.raises(StoreUnavailable):
        office.sweep()
    events.unregister("before-call.s3.DeleteObjects", fail_once)
    assert len(objects()) == len(list(parts().jobs.open_ids())) == 1


def test_sweeps_that_have_time_for_one_job_each_reach_all_jobs(office: Office) -> None:
    waiting = sorted(office.create(office.marketing)["job"] for _ in range(3))
    looked: list[str] = []
    events = parts().client("s3").meta.events
    events.register(
        "before-call.s3.HeadObject", look := lambda params, **_: looked.append(params["url_path"])
    )
    for at in range(NOW, NOW + len(waiting)):
        time_left = iter([10_000, 0]).__next__
        swept = sweep_jobs(Millis(at), parts().jobs, parts().job_files, parts().job_executions, time_left)
        assert isinstance(swept.failure, StoreUnavailable)
    events.unregister("before-call.s3.HeadObject", look)
    assert sorted(path.split("/")[-2] for path in looked) == waiting


def test_an_unreadable_job_hides_no_other_job_and_stops_no_sweep(office: Office) -> None:
    broken, job_id = (office.create(office.marketing)["job"] for _ in range(2))
    client("dynamodb").update_item(
        TableName="Control",
        Key={"pk": {"S": f"job#{broken}"}},
        UpdateExpression="SET settings = :x",
        ExpressionAttributeValues={":x": {"S": "{}"}},
    )
    assert [job["job"] for job in office.call(office.marketing, "GET", "/v1/jobs")[1]["jobs"]] == [job_id]
    assert office.call(office.marketing, "GET", f"/v1/jobs/{broken}")[0] == 503
    office.clock.now += DAY + HOUR
    assert office.sweep()["ended"] == 1


def test_a_concurrent_change_is_not_lost(office: Office) -> None:
    job_id = office.preview()
    jobs = parts().jobs
    current = jobs.find(job_id)
    assert current is not None
    assert jobs.replace(current, replace(current, changed_at=Millis(current.changed_at + 1)))
    assert not jobs.replace(current, replace(current, state=JobState.CANCELLED))
    assert office.show(job_id)["state"] == "previewed"
