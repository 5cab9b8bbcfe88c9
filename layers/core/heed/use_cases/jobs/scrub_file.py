"""Scrubs a file in parts, side by side, and joins the results to one file."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from heed.domain import rfc3339
from heed.domain.errors import TooManyUnreadable
from heed.domain.imports.recognition import find_address_column
from heed.domain.jobs.job import Job
from heed.domain.jobs.job_report import JobCounts, JobReport, ResultFile, WordMeaning
from heed.domain.jobs.job_settings import ScrubJobSettings
from heed.domain.milliseconds import Millis
from heed.domain.preferences.catalogue import Catalogue, Topic
from heed.domain.preferences.decision import Decision
from heed.domain.preferences.reasons import Reason
from heed.use_cases.jobs.report_work import report_end, report_part
from heed.use_cases.jobs.split_upload import PARTS, SplitUpload, load_part, load_parts, load_shape
from heed.use_cases.jobs.sum_files import sum_files
from heed.use_cases.jobs.work_files import part_name
from heed.use_cases.ports.bulk_files import INVALID_ROW, BulkFiles, ScrubAnswer
from heed.use_cases.ports.job_work import HasTime, NextStep, Plan, WorkFiles, WorkItem
from heed.use_cases.ports.jobs import Jobs
from heed.use_cases.ports.keys import IdentityKey
from heed.use_cases.ports.numbers import CampaignNames
from heed.use_cases.ports.preferences import Preferences
from heed.use_cases.ports.privacy import Disclosures
from heed.use_cases.preferences.check import Unanswerable, check_recipients

MAX_UNREADABLE = 100
"""A scrub fails if more than one in so many of its people has a record that cannot be read."""
_SCRUBBED, _ROWS = "work/scrubbed/", "work/rows/"
_SUMMED, _JOINED = "work/summed.json", "work/joined.json"  # where the next call goes on
_DO_NOT_SEND = "do not send"

MakeLinks = Callable[[Iterable[str], Topic, ScrubJobSettings, Millis], Mapping[str, tuple[str, ...]]]
"""Returns the cells of the link columns by recipient id. The time is that of their issue, milliseconds."""


@dataclass(frozen=True, slots=True)
class PlanScrub:
    """Plans a scrub: splits its file, and at the end joins the results of the parts.

    The campaign of its links is one that an API key named, so it is counted by name.
    """

    files: WorkFiles
    reader: BulkFiles
    split_upload: SplitUpload
    jobs: Jobs
    disclosures: Disclosures
    campaigns: CampaignNames
    now: Callable[[], Millis]

    def __call__(self, job: Job, stage: int, has_time: HasTime) -> Plan:
        """Plans a stage of the work (JobWork.plan).

        Raises:
            FileRefused: The file cannot be read or scrubbed.
            DependencyUnavailable, UnreadableRecord: The call has to be repeated.
        """
        if stage == 0:
            if campaign := _settings_of(job).campaign:
                self.campaigns.add(campaign, self.now())
            is_split = self.split_upload(job, lambda header: _check_columns(header, job), has_time)
            return Plan(NextStep.MAP, 1, PARTS) if is_split else Plan(NextStep.AGAIN)
        return Plan(NextStep.DONE) if self._join(job, has_time) else Plan(NextStep.AGAIN, 1)

    def _join(self, job: Job, has_time: HasTime) -> bool:
        """Joins the results, or goes on where the last call stopped. It returns whether it is at the end."""
        rows = Counter[str]()
        names = [_file(_ROWS, part) for part in load_parts(job, self.files)]
        if not sum_files(job.id, names, _SUMMED, self.files, rows, Counter.update, dict, has_time):
            return False
        report = _make_report(job.report, rows)
        if rows[Unanswerable.UNREADABLE.value] * MAX_UNREADABLE > report.counts.people:
            raise TooManyUnreadable("the records of more than 1 % of the people in the file cannot be read")
        name = self.reader.scrubbed_name(load_shape(job, self.files))
        parts = self.files.list_files(job.id, _SCRUBBED)
        size = self.files.join(job.id, parts, f"results/{name}", _JOINED, has_time)
        if size is None:
            return False
        report = replace(report, files=(ResultFile(name, size),))
        report_end(job.id, report, self.now(), self.jobs, self.disclosures)
        return True


@dataclass(frozen=True, slots=True)
class ScrubPart:
    """Scrubs a part of a file. All answers are those of one instant, the start of the job."""

    jobs: Jobs
    files: WorkFiles
    reader: BulkFiles
    identity: IdentityKey
    preferences: Preferences
    catalogue: Catalogue
    make_links: MakeLinks
    now: Callable[[], Millis]

    def __call__(self, job: Job, item: WorkItem, _: HasTime) -> None:
        """Scrubs a part (JobWork.work).

        Raises:
            RecordsWithoutMembers: A record of a JSON file is no object.
            DependencyUnavailable: The call has to be repeated.
        """
        shape, start, content = load_part(job, item, self.files)
        settings = _settings_of(job)
        scrubbed = self.reader.scrub_part(
            shape,
            start,
            content,
            settings.column,
            self.identity.identity_key(),
            lambda recipients: self._answer(recipients, job, settings),
            with_links=settings.links,
        )
        self.files.put(job.id, _file(_SCRUBBED, item), scrubbed.content)
        self.files.put(job.id, _file(_ROWS, item), json.dumps(scrubbed.rows).encode())
        report_part(job, item["start"][-1] + item["rows"], self.now(), self.jobs)

    def _answer(
        self, recipients: Iterable[str], job: Job, settings: ScrubJobSettings
    ) -> dict[str, ScrubAnswer]:
        topic, as_of = self.catalogue.topics[settings.topic], job.started_at or job.created.at
        answers = answer_people(recipients, topic, as_of, self.preferences)
        if not settings.links:
            return answers
        links = self.make_links(answers, topic, settings, as_of)
        return {recipient: answer._replace(links=links[recipient]) for recipient, answer in answers.items()}


def answer_people(
    recipients: Iterable[str], topic: Topic, as_of: Millis, preferences: Preferences
) -> dict[str, ScrubAnswer]:
    """Returns the answer about each recipient id, without links.

    Args:
        recipients: recipient ids.
        topic: the topic of the mail.
        as_of: the time of the decisions, milliseconds.
        preferences: the records.

    Raises:
        StoreUnavailable: Not all records could be read.
    """
    answers: dict[str, ScrubAnswer] = {}
    last: Decision | Unanswerable | None = None
    for recipient, decision in check_recipients(recipients, topic, as_of, preferences).items():
        if decision is not last:  # most people have the same answer
            last, answer = decision, _to_answer(decision)
        answers[recipient] = answer
    return answers


def _settings_of(job: Job) -> ScrubJobSettings:
    if not isinstance(job.settings, ScrubJobSettings):
        raise TypeError("not a scrub")
    return job.settings


def _check_columns(header: Sequence[str], job: Job) -> str:
    """Checks that there is a column with addresses. A scrub does not need to know the format of its file."""
    find_address_column(header, _settings_of(job).column)
    return ""


def _file(folder: str, item: WorkItem) -> str:
    return folder + part_name(item["part"])


def _to_answer(decision: Decision | Unanswerable) -> ScrubAnswer:
    if isinstance(decision, Unanswerable):
        return ScrubAnswer(is_sendable=False, reason=decision.value, since="")
    since = "" if decision.since is None else rfc3339.format_time(decision.since)
    return ScrubAnswer(decision.sendable, decision.reason.value, since)


def _make_report(report: JobReport, rows: Counter[str]) -> JobReport:
    """Returns the report of a scrub. Its meanings are the reasons of its answers."""
    sendable, invalid = rows[Reason.OK.value], rows[INVALID_ROW.reason]
    counts = JobCounts(applied=sendable, known=rows.total() - sendable - invalid, invalid=invalid)
    meanings = {
        reason: WordMeaning("send" if reason == Reason.OK.value else _DO_NOT_SEND, count)
        for reason, count in rows.items()
        if count
    }
    return replace(report, rows=rows.total(), done_rows=rows.total(), counts=counts, meanings=meanings)
