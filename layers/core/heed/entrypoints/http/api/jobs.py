"""GET /v1/jobs and the answers about jobs: the query and the responses."""

from __future__ import annotations

import heapq
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from heed.domain import rfc3339
from heed.domain.api_key import ApiKey, KeyScope
from heed.domain.errors import InvalidQuery, NotAuthorised, RequestFault
from heed.domain.jobs.job import Job, JobKind, TakeBack
from heed.domain.jobs.job_access import SCOPE_OF_KIND, can_use_job
from heed.domain.jobs.job_deadlines import are_files_due
from heed.domain.jobs.job_settings import ImportJobSettings, ScrubJobSettings
from heed.domain.milliseconds import Millis
from heed.entrypoints.http.api.query import read_query_parameters
from heed.entrypoints.http.api.routes import ApiRequest
from heed.use_cases.ports.jobs import JobPosition, SignedUrl

MAX_JOBS = 100  # on a page
_CURSOR = re.compile(r"([1-9][0-9]{0,13})-([0-9a-f]{32})", re.ASCII)
_NAMES = ("kind", "cursor")


class JobsQuery(NamedTuple):
    """The kinds of jobs to list, and the position after which the page begins."""

    kinds: list[JobKind]
    after: JobPosition | None


def parse_jobs_query(event: Mapping[str, Any], key: ApiKey) -> JobsQuery:
    """Returns the query of a request. Without `kind` it is about all kinds that the key may see.

    Raises:
        NotAuthorised: The key may not see jobs of this kind.
        InvalidQuery: A parameter is unknown or not valid.
    """
    faults: list[RequestFault] = []
    query = read_query_parameters(event, _NAMES, faults)
    if query.get("kind", JobKind.IMPORT) not in list(JobKind):
        faults.append(RequestFault("/kind", f"must be one of {', '.join(JobKind)}"))
    cursor = _CURSOR.fullmatch(query["cursor"]) if "cursor" in query else None
    if "cursor" in query and cursor is None:
        faults.append(RequestFault("/cursor", "is not the cursor of an earlier answer"))
    if faults:
        raise InvalidQuery(faults)
    visible = [kind for kind in JobKind if key.scopes & {SCOPE_OF_KIND[kind], KeyScope.PRIVACY}]
    kinds = [JobKind(query["kind"])] if "kind" in query else visible
    if not set(kinds) <= set(visible):
        raise NotAuthorised("the API key lacks the scope of this kind of jobs")
    return JobsQuery(kinds, JobPosition(Millis(int(cursor[1])), cursor[2]) if cursor else None)


def jobs_to_json(lists: Iterable[Iterator[Job]]) -> dict[str, object]:
    """Returns a page of jobs, the newest first. `cursor` is null on the last page.

    Args:
        lists: the jobs of each kind, the newest first.
    """
    merged = heapq.merge(*lists, key=lambda job: (job.created.at, job.id), reverse=True)
    page = list(islice(merged, MAX_JOBS + 1))
    listed = page[:MAX_JOBS]
    last = listed[-1] if len(page) > MAX_JOBS else None
    return {
        "jobs": [job_to_json(job) for job in listed],
        "cursor": None if last is None else f"{last.created.at}-{last.id}",
    }


def job_to_json(job: Job) -> dict[str, object]:
    """Returns a job without its files."""
    report, ended_at = job.report, job.ended_at
    answer: dict[str, object] = {
        "job": job.id,
        "kind": job.kind.value,
        "state": job.state.value,
        "purpose": job.purpose.value,
        "format": report.format or None,
        "encoding": report.encoding or None,
        "rows": report.rows or report.counts.total,
        "done_rows": report.done_rows,
        "counts": {name: getattr(report.counts, name) for name in report.counts.__slots__},
        "skipped": dict(report.skipped),
        "meanings": {
            word: {"means": meaning.means, "rows": meaning.rows} for word, meaning in report.meanings.items()
        },
        "created_at": rfc3339.format_time(job.created.at),
        "finished_at": None if ended_at is None else rfc3339.format_time(ended_at),
    }
    if isinstance(job.settings, ScrubJobSettings):
        answer["as_of"] = None if job.started_at is None else rfc3339.format_time(job.started_at)
    if isinstance(job.settings, ImportJobSettings):
        answer["reference"] = job.settings.reference
        answer["against_yes"], answer["invalid_stops"] = report.against_yes, report.invalid_stops
        answer["estimate"] = report.estimate and {
            "seconds": report.estimate.seconds,
            "usd": report.estimate.usd,
        }
        answer["takes_too_long"] = report.estimate is not None and report.estimate.is_too_long
        answer["needs_second_owner"] = job.needs_second_owner
        answer["committed_by"] = job.committed and job.committed.key
        answer["taken_back"] = job.taken_back and _take_back_to_json(job.taken_back)
    if job.error:
        line = {} if job.error.line is None else {"line": job.error.line}
        answer["error"] = {"type": job.error.type, "detail": job.error.detail, **line}
    return answer


def _take_back_to_json(take_back: TakeBack) -> dict[str, object]:
    return {
        "by": take_back.key,
        "at": rfc3339.format_time(take_back.at),
        "reason": take_back.reason,
        "people": take_back.people,
        "unreadable": take_back.unreadable,
        "failed": take_back.failed,
    }


def shown_job_to_json(
    job: Job, call: ApiRequest, result_url: Callable[[str], SignedUrl]
) -> dict[str, object]:
    """Returns a job with its files, as long as they exist and the key may read them.

    Args:
        job: the job.
        call: the request.
        result_url: returns a URL that reads a result file, by the name of the file.
    """
    is_readable = can_use_job(job, call.key, call.catalogue) and not are_files_due(job, call.at)
    files = job.report.files if is_readable else ()
    return {
        **job_to_json(job),
        "files": [
            {
                "name": file.name,
                "url": url.url,
                "expires_at": rfc3339.format_time(url.expires_at),
                "bytes": file.size,
            }
            for file in files
            for url in [result_url(file.name)]
        ],
    }


def created_job_to_json(job: Job, upload: SignedUrl | None) -> dict[str, object]:
    """Returns the answer to a request for a job, with the URL for its upload if it has one."""
    answer: dict[str, object] = {"job": job.id, "kind": job.kind.value, "state": job.state.value}
    if upload is None:
        return answer
    return {
        **answer,
        "upload": {
            "url": upload.url,
            "method": "PUT",
            "headers": upload.headers,
            "expires_at": rfc3339.format_time(upload.expires_at),
        },
    }
