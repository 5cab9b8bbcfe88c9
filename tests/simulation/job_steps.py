"""Steps of jobs: requests of the API, uploads, and the work that the state machine would have done."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from heed.domain.errors import HeedError
from heed.domain.jobs.job import JobState
from heed.domain.milliseconds import Millis
from heed.domain.preferences.catalogue import ALL_NAME
from heed.domain.preferences.register import ALL_SCOPES
from heed.domain.recipients.recipient import snapshot_key
from heed.domain.snapshots.file_format import SnapshotManifest, split_snapshot
from heed.snapshot.filters import SnapshotFilter
from tests.simulation import requests
from tests.simulation.deployment import APPS, SPELLINGS
from tests.simulation.feedback_messages import format_aws_time
from tests.simulation.history import (
    Acknowledgement,
    Anomaly,
    CheckAnswer,
    Fact,
    SnapshotAnswer,
    TakenBack,
)
from tests.simulation.steps import Step
from tests.support.deployment import parts

if TYPE_CHECKING:
    from tests.simulation.program import SimulatedProgram

_LAMBDA_TIME = 900_000  # milliseconds
_REGISTERS = {"complaint": "x:complaint", "hard-bounce": "x:undeliverable"}
_WHY = "The column was that of all customers."


class ImportFile(NamedTuple):
    """A file of an import, and what its rows mean."""

    content: str
    settings: Mapping[str, Any]
    stops: tuple[tuple[int, str, Millis], ...]  # the person, the register of the stop, the time

    @property
    def claim(self) -> str:
        """The same for the same file with the same meaning."""
        return sha256(repr((self.content, self.settings)).encode()).hexdigest()[:8]


@dataclass(eq=False)
class Execution:
    """An execution of the state machine: which call of its function is the next one.

    Attributes:
        job: id of the job.
        phase: the name of its phase.
        stage: the stage to plan.
        items: the items to work on before the next plan.
        has_failed: whether the job fails at the next call, because a call failed too often.
        is_busy: whether one of its calls is running.
        first_number: the number of the first invocation; 0 before it.
    """

    job: str
    phase: str
    stage: int = 0
    items: list[Any] = field(default_factory=list)
    has_failed: bool = False
    is_busy: bool = False
    first_number: int = 0

    def next_call(self) -> dict[str, Any]:
        """Returns the input of the next call."""
        call: dict[str, Any] = {"job": self.job, "phase": self.phase}
        if self.has_failed:
            return {**call, "step": "fail"}
        if self.items:
            return {**call, "step": "work", "item": self.items[0]}
        return {**call, "step": "plan", "stage": self.stage}


@dataclass
class SimulatedJobs:
    """What the callers and the state machine know about jobs.

    Attributes:
        imports: the file of each import by the id of its job, in the order of their creation.
        scrubs: the topic of each scrub, and the people in its rows.
        running: the executions that have not ended.
        started: the names of all executions.
        reported: the jobs whose end is in the history, and the executions that took an import back.
    """

    imports: dict[str, ImportFile] = field(default_factory=dict)
    scrubs: dict[str, tuple[int, list[int]]] = field(default_factory=dict)
    running: list[Execution] = field(default_factory=list)
    started: set[str] = field(default_factory=set)
    reported: set[tuple[str, str]] = field(default_factory=set)

    def start(self, executions: Mapping[str, str]) -> None:
        """Starts the executions that are new."""
        for name, text in executions.items():
            if name not in self.started:
                self.started.add(name)
                given = json.loads(text)
                self.running.append(Execution(given["job"], given["phase"]))


def run_import(program: SimulatedProgram, step: Step) -> None:
    """Somebody imports a file: the request, and the upload."""
    file = _make_file(program, step)
    body = {
        "reference": "the old list",
        "commit": True,
        "columns": {"address": "email", "date": "left"},
        **file.settings,
    }

    def note(job: str) -> str:
        program.jobs.imports[job] = file
        return file.content

    _create(program, step, "/v1/imports", body, note)


def run_scrub(program: SimulatedProgram, step: Step) -> None:
    """Somebody has a file scrubbed: the request, and the upload."""
    people = step.details["who"]
    content = "email\n" + "".join(f"{SPELLINGS[who][spelling]}\n" for who, spelling in people)

    def note(job: str) -> str:
        program.jobs.scrubs[job] = (step.details["topic"], [who for who, _ in people])
        return content

    _create(program, step, "/v1/scrubs", {"topic": requests.format_scope(step.details["topic"])}, note)


def run_snapshot(program: SimulatedProgram, step: Step) -> None:
    """Somebody requests a snapshot."""
    _create(program, step, "/v1/snapshots", {"days": 7}, lambda _: "")


def run_take_back(program: SimulatedProgram, step: Step) -> None:
    """An officer of another owner takes an import back."""
    imports = list(program.jobs.imports)
    if not imports:
        return
    job = imports[-step.details["from_end"] :][0]
    body = {"take_back": True, "reason": _WHY}
    event = requests.api_request(program.deployment.officer_key, f"/v1/jobs/{job}", body, step.at)

    def read(answer: Mapping[str, Any], number: int) -> None:
        if answer["statusCode"] not in (HTTPStatus.OK, HTTPStatus.CONFLICT, *requests.RETRY_STATUSES):
            program.report_status(step, number, answer["statusCode"])

    _invoke(program, step, "take back", event, (), read)
    program.jobs.start(program.deployment.executions)


def run_job_work(program: SimulatedProgram, step: Step) -> None:
    """The state machine calls its function, as often as the step says."""
    free = [execution for execution in program.jobs.running if not execution.is_busy]
    if not free:
        return
    execution = free[int(step.details["position"] * len(free))]
    calm = replace(step, faults={}, inner_steps={}, is_output_closed=False)
    for number in range(step.details["calls"]):
        if execution in program.jobs.running:
            _call(program, step if number == step.details["faulty_call"] else calm, execution)


def _call(program: SimulatedProgram, step: Step, execution: Execution) -> None:
    facts = _facts_of(program, execution)
    event = execution.next_call()
    if event["step"] == "work" and execution.phase == "scrub":
        program.deployment.objects.pop(f"{execution.job}/work/scrubbed/000001", None)
    answers: list[Mapping[str, Any]] = []

    def read(answer: Mapping[str, Any] | None, number: int) -> None:
        if answer is None:
            execution.has_failed |= step.details["gives_up"]
            return
        answers.append(answer)
        if event["step"] == "work" and execution.phase == "scrub":
            _read_scrubbed(program, execution.job, number)

    execution.is_busy = True
    has_time = step.details["has_time"] or not step.faults
    first = _invoke(program, step, "job work", event, facts, read, _LAMBDA_TIME if has_time else 0)
    execution.is_busy = False
    execution.first_number = execution.first_number or first
    for answer in answers:
        _go_on(program, execution, event, answer)
    _report(program, execution)
    program.jobs.start(program.deployment.executions)


def _invoke(
    program: SimulatedProgram,
    step: Step,
    app: str,
    event: dict[str, Any],
    facts: tuple[Fact, ...],
    read: Any,
    milliseconds_left: int = 10_000,
) -> int:
    """Runs an invocation, and returns its number. A function that failed has the answer None."""

    def call() -> Any:
        try:
            return APPS[app].handler(event, program.deployment.context)
        except HeedError:
            return None

    number = program.next_invocation_number
    program.invoke(replace(step, milliseconds_left=milliseconds_left), facts, call, read)
    return number


def _create(program: SimulatedProgram, step: Step, path: str, body: dict[str, Any], note: Any) -> None:
    """Requests a job and uploads its file. `note` gets the id of the job, and returns the file."""
    created: list[str] = []

    def read(answer: Mapping[str, Any], number: int) -> None:
        if answer["statusCode"] == HTTPStatus.ACCEPTED:
            created.append(json.loads(answer["body"])["job"])
        elif answer["statusCode"] not in requests.RETRY_STATUSES:
            program.report_status(step, number, answer["statusCode"])

    event = requests.api_request(program.deployment.api_key, path, body, step.at)
    _invoke(program, step, step.kind, event, (), read)
    for job in created:
        if content := note(job):
            program.deployment.objects[f"{job}/upload"] = content.encode()
            arrived = {"detail-type": "Object Created", "detail": {"object": {"key": f"{job}/upload"}}}
            calm = replace(step, faults={}, inner_steps={}, is_output_closed=False)
            _invoke(program, calm, step.kind, arrived, (), lambda *_: None)
    program.jobs.start(program.deployment.executions)


def _make_file(program: SimulatedProgram, step: Step) -> ImportFile:
    details, imports = step.details, list(program.jobs.imports.values())
    if details["is_same_file"] and imports:
        return imports[-1]
    meaning, scope = details["meaning"], details["scope"]
    settings = {"as": meaning} | ({} if meaning in _REGISTERS else {"scope": requests.format_scope(scope)})
    stops, text = [], "email,left\n"
    people = program.deployment.observe()
    for row in details["rows"]:
        at, erased_at = Millis(step.at - row["age"]), people[row["who"]].erased_at
        if details["has_time_of_erasure"] and erased_at is not None and erased_at < step.at:
            at = erased_at
        text += f"{SPELLINGS[row['who']][row['spelling']]},{format_aws_time(at)}\n"
        stops.append((row["who"], _REGISTERS.get(meaning, f"o:{scope}"), at))
    return ImportFile(text, settings, tuple(stops))


def _facts_of(program: SimulatedProgram, execution: Execution) -> tuple[Fact, ...]:
    """Returns the facts that a call may record: the stops of a commit, or their taking back."""
    if execution.phase not in ("commit", "take-back"):
        return ()
    file = program.jobs.imports[execution.job]
    stops = (
        Fact(who, name, at, "import", is_promised=False, job=execution.job, claim=file.claim)
        for who, name, at in file.stops
    )
    if execution.phase == "commit":
        return tuple(stops)
    return tuple(stop._replace(register=f"v:{stop.register[2:]}", source="agent") for stop in stops)


def _go_on(
    program: SimulatedProgram, execution: Execution, call: Mapping[str, Any], answer: Mapping[str, Any]
) -> None:
    """Does what the state machine does with an answer."""
    following = answer.get("next", "done")
    if call["step"] == "work":
        if following == "done":
            execution.items.pop(0)
    elif following == "done":
        program.jobs.running.remove(execution)
    else:
        execution.stage = answer["stage"]
        if following == "map":
            execution.items = json.loads(program.deployment.objects[answer["items"]])


def _report(program: SimulatedProgram, execution: Execution) -> None:
    """Adds to the history what the job now says about its end."""
    with program.deployment.nemesis.inject_faults({}, {}):
        job = parts().jobs.find(execution.job)
    assert job is not None
    name, number = (execution.job, execution.phase), execution.first_number
    if name in program.jobs.reported:
        return
    if execution.phase == "take-back":
        if job.taken_back and job.taken_back.people is not None:
            program.jobs.reported.add(name)
            program.history.add(TakenBack(number, job.id))
    elif job.state is JobState.DONE and execution.phase == "commit":
        program.jobs.reported.add(name)
        facts = (fact._replace(is_promised=True) for fact in _facts_of(program, execution))
        program.history.add(Acknowledgement(number, tuple(facts)))
    elif job.state is JobState.DONE and execution.phase == "scrub":
        program.jobs.reported.add(name)
        _compare_result(program, execution.job, number)
    elif job.state is JobState.DONE and execution.phase == "snapshot":
        program.jobs.reported.add(name)
        _read_snapshot(program, execution.job, number)


def _read_scrubbed(program: SimulatedProgram, job: str, number: int) -> None:
    """Adds the answers of a scrubbed file to the history."""
    content = program.deployment.objects.get(f"{job}/work/scrubbed/000001")
    with program.deployment.nemesis.inject_faults({}, {}):
        found = parts().jobs.find(job)
    if content is None or found is None or found.started_at is None:
        return  # the job had failed before
    topic, people = program.jobs.scrubs[job]
    rows = list(csv.DictReader(io.StringIO(content.decode())))
    if len(rows) != len(people):
        program.history.add(Anomaly(number, f"a scrub has {len(rows)} of {len(people)} rows"))
    for who, row in zip(people, rows, strict=False):
        is_sendable = row["sendable"] == "true"
        program.history.add(CheckAnswer(number, who, topic, found.started_at, is_sendable, row["reason"]))


def _compare_result(program: SimulatedProgram, job: str, number: int) -> None:
    """Adds an anomaly to the history if the result of a scrub is not what its part says."""
    objects = program.deployment.objects
    if objects[f"{job}/results/scrubbed.csv"] != objects[f"{job}/work/scrubbed/000001"]:
        program.history.add(Anomaly(number, "the result of a scrub differs from its part"))


def _read_snapshot(program: SimulatedProgram, job: str, number: int) -> None:
    """Adds the answers of a snapshot to the history, as a sender reads them."""
    file = split_snapshot(memoryview(program.deployment.objects[f"{job}/results/snapshot.heedsnap"]))
    manifest = SnapshotManifest.from_json(file.manifest)
    filters = {
        topic: SnapshotFilter(shards, file.shards) for topic, shards in manifest.shards_by_topic().items()
    }
    for who, recipient in enumerate(program.deployment.recipients):
        key = snapshot_key(recipient)
        for name, topic in manifest.topics.items():
            if name != ALL_NAME:
                is_stopped = key in filters[ALL_SCOPES] or key in filters[topic]
                program.history.add(SnapshotAnswer(number, who, topic, manifest.as_of, is_stopped))
