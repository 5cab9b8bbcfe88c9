"""The AWS requests of a scrub, and the price of a million rows.

Run: .venv/bin/python tests/bench/bulk_scrub.py. The state machine of template.yaml calls the real function
on moto. The prices are those of bench_cost.py. The run time of a step is assumed.
"""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stdout

import pytest

from heed.domain.jobs.job import JobState
from heed.entrypoints.bulk_files.parts import MAX_PART_ROWS
from tests import conftest
from tests.bench.bench_cost import GB_SECOND, LAMBDA, READ, S3_PUT, counted_calls
from tests.bench.bulk_import import MEMORY, S3_GET, TRANSITION, TRANSITIONS_OF_A_PART
from tests.functions.test_scrubs import run_scrub, start_scrub
from tests.support.deployment import deployed

ROWS = 20_000
STEP_SECONDS = 3  # assumed


def main() -> int:
    """Prints the requests and the price."""
    conftest.made_up_credentials()
    table = b"email,name\n" + b"".join(b"reader.%d@example.com,Reader\n" % n for n in range(ROWS))
    with pytest.MonkeyPatch.context() as patch, deployed(patch) as world, redirect_stdout(io.StringIO()):
        world.context.milliseconds_left = 900_000
        job_id = start_scrub(table)
        with counted_calls() as calls:
            job = run_scrub(world, job_id)
    if job.state is not JobState.DONE:
        raise AssertionError(job.error)
    parts, millions = ROWS / MAX_PART_ROWS, ROWS / 1e6
    steps = parts + 2  # the plans
    prices = {
        "reads of records": READ,
        "S3": (S3_PUT * calls["PutObject"] + S3_GET * calls["GetObject"]) / ROWS,
        "Lambda": steps * (LAMBDA / 1e6 + STEP_SECONDS * MEMORY * GB_SECOND) / millions,
        "Step Functions": (parts * TRANSITIONS_OF_A_PART + 4) * TRANSITION / ROWS,
    }
    print(f"bulk: a scrub of {ROWS:,} rows makes {calls.total():,} requests of AWS: {dict(calls)}")
    print(
        f"bulk: {calls.total() / millions:,.0f} requests for a million rows, US$ {sum(prices.values()):.2f}"
    )
    print("bulk: of that", ", ".join(f"{name} {price:.2f}" for name, price in prices.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
