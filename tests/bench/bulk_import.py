"""The AWS requests of an import, and the price of a million rows.

Run: .venv/bin/python tests/bench/bulk_import.py. The state machine of template.yaml calls the real function
on moto, which has no ledger: bench_cost.py has the price of its entries. The run time of a step is assumed.
"""

from __future__ import annotations

import io
import sys
import time
from collections import Counter
from contextlib import redirect_stdout
from typing import Any

import pytest

from functions.jobs import app as jobs
from heed.domain.imports.formats import RowMeaning
from heed.domain.jobs.import_estimate import estimate_import
from heed.domain.jobs.job import JobSignature, JobState, new_job
from heed.domain.jobs.job_settings import ColumnMapping, ImportJobSettings
from heed.domain.milliseconds import Millis
from heed.domain.privacy.disclosure import DisclosurePurpose
from heed.entrypoints.bulk_files.parts import MAX_PART_ROWS
from heed.use_cases.jobs.commit_import import commit_import
from heed.use_cases.jobs.start_execution import start_execution
from tests import conftest
from tests.bench.bench_cost import GB_SECOND, LAMBDA, READ, S3_PUT, WRITE, counted_calls
from tests.support.deployment import Context, client, deployed, parts
from tests.support.job_machine import run_executions

ROWS = 5_000
CHANGE_IN_LEDGER = 2.25  # US dollars for a million: what bench_cost.py prints
S3_GET, TRANSITION = 0.40, 25.00  # the same
MEMORY = 1.769  # GB, as in template.yaml
PREVIEW_SECONDS, COMMIT_SECONDS = 5, 50  # of a part, assumed: the commit has the pace of its writer
TRANSITIONS_OF_A_PART = 4  # its execution starts, works, decides and ends


def import_rows() -> tuple[Counter[str], Counter[str]]:
    """Imports a file, and returns the calls of its preview and of its commit."""
    now = Millis(time.time_ns() // 1_000_000)
    mapping = ColumnMapping("email", RowMeaning.UNSUBSCRIBED)
    settings = ImportJobSettings("a list", exported_at=now, mapping=mapping)
    caller, officer = (JobSignature("0123456789abcdef", owner, now) for owner in ("caller", "officer"))
    job_id = "0" * 32
    parts().jobs.add(new_job(job_id, settings, DisclosurePurpose.SENDING, caller))
    rows = b"email\n" + b"".join(b"reader.%d@example.com\n" % n for n in range(ROWS))
    client("s3").put_object(Bucket="bulk", Key=f"{job_id}/upload", Body=rows)
    upload = {"object": {"key": f"{job_id}/upload"}}
    jobs.handler({"detail-type": "Object Created", "detail": upload}, Context())
    preview = _run_and_count()
    previewed = commit_import(job_id, officer, parts().jobs, parts().disclosures)
    start_execution(previewed, parts().job_executions)
    commit = _run_and_count()
    job = parts().jobs.find(job_id)
    if job is None or job.report.counts.applied != ROWS or job.state is not JobState.DONE:
        raise AssertionError(job)
    return preview, commit


def _run_and_count() -> Counter[str]:
    others: Counter[str] = Counter()
    clients = (parts().client("dynamodb", once=True), parts().client("cloudwatch"))

    def count_call(model: Any, **_: object) -> None:
        others[model.name] += 1

    for each in clients:
        each.meta.events.register("before-call", count_call, unique_id="count")
    with counted_calls() as calls:
        run_executions()
    for each in clients:
        each.meta.events.unregister("before-call", unique_id="count")
    return calls + others


def main() -> int:
    """Prints the requests and the price."""
    conftest.made_up_credentials()
    with pytest.MonkeyPatch.context() as patch, deployed(patch), redirect_stdout(io.StringIO()):
        preview, commit = import_rows()
    calls, steps = preview + commit, 2 * ROWS / MAX_PART_ROWS
    seconds = (PREVIEW_SECONDS + COMMIT_SECONDS) * ROWS / MAX_PART_ROWS
    prices = {
        "records": 2 * READ + 2 * WRITE * commit["UpdateItem"] / ROWS,
        "the ledger and the bus": CHANGE_IN_LEDGER,
        "S3": (S3_PUT * calls["PutObject"] + S3_GET * calls["GetObject"]) / ROWS,
        "Lambda": (steps * LAMBDA / 1e6 + seconds * MEMORY * GB_SECOND) * 1e6 / ROWS,
        "Step Functions": steps * TRANSITIONS_OF_A_PART * TRANSITION / ROWS,
    }
    for name, counted in (("preview", preview), ("commit", commit)):
        print(f"bulk: the {name} of {ROWS:,} rows makes {counted.total():,} requests of AWS: {dict(counted)}")
    millions = ROWS / 1e6
    total = sum(prices.values())
    print(f"bulk: {calls.total() / millions:,.0f} requests for a million imported rows, US$ {total:.2f}")
    print("bulk: of that", ", ".join(f"{name} {price:.2f}" for name, price in prices.items()))
    estimate = estimate_import(1_000_000, 1_000_000, 500)
    print(f"bulk: the preview of a million rows estimates US$ {estimate.usd:.2f} for the commit")
    return 0


if __name__ == "__main__":
    sys.exit(main())
