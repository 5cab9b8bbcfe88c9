"""Reads the stream of the preferences table: each write becomes ledger entries, hashes and events.

Records are handled in order. The answer names the first record that cannot be handled now, and Lambda
retries that record and all records after it. A record that can never be read, or whose ledger entry is
unreadable, does not block the stream: its position goes to the dead-letter queue, without its content.
The reconciler repairs or reports what is missing then.
"""

from __future__ import annotations

import heed.cold_start as _start  # noqa: F401 - first: it pauses the garbage collector

import json
from typing import TYPE_CHECKING, Any

from heed.bootstrap import Heed
from heed.domain.errors import DependencyUnavailable, HeedError
from heed.domain.ledger.deadlines import delays_by_source
from heed.entrypoints import stream
from heed.entrypoints.observability import count_metric, logger, measure_metric, observed
from heed.use_cases.ledger.enter_transition import LedgerBatch

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

heed = Heed.from_environment()
RESERVED_MS = 3_000  # milliseconds that hashes and events of the new entries may need


@observed
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Handles a batch of the stream; the answer names the first record to retry."""
    records = event["Records"]
    batch = LedgerBatch()
    done = 0
    try:
        for record in records:
            if context.get_remaining_time_in_millis() < RESERVED_MS:
                break
            _enter(record, batch)
            done += 1
    except HeedError as error:
        _log_retry(error)
    try:
        heed.finish_batch(batch)
    except HeedError as error:
        _log_retry(error)
        done = 0
    else:
        _measure_batch(batch)
    failed = [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]} for record in records[done:][:1]]
    return {"batchItemFailures": failed}


def _enter(record: dict[str, Any], batch: LedgerBatch) -> None:
    try:
        heed.enter_transition(stream.parse_transition(record), batch)
    except DependencyUnavailable:
        raise  # a retry may succeed
    except HeedError as error:
        position = {
            "eventID": record.get("eventID"),
            "sequenceNumber": record["dynamodb"]["SequenceNumber"],
            "stream": record.get("eventSourceARN"),
        }
        heed.ledger_dead_letters.send(json.dumps(position), str(error))
        count_metric("LedgerRecordDeadLettered")
        logger.error("stream record dead-lettered", **position)


def _log_retry(error: HeedError) -> None:
    count_metric("LedgerBatchRetried")
    logger.warning("ledger batch retried", error=type(error).__name__)


def _measure_batch(batch: LedgerBatch) -> None:
    """Counts the entries, and measures for each source the time from an event to its record."""
    if batch.entries:
        count_metric("LedgerEntered", len(batch.entries))
    by_source: dict[str, list[int]] = {}
    for source, milliseconds in delays_by_source(batch.entries):
        by_source.setdefault(source, []).append(milliseconds)
    for source, delays in by_source.items():
        measure_metric("SuppressionLatency", delays, source=source)


heed.warm_up(lambda: (heed.enter_transition, heed.finish_batch, heed.ledger_dead_letters))
