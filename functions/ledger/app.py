"""The stream of the preferences table: every write becomes entries of the ledger, hashes and events.

Records are handled in order. The first that cannot be handled now is named in the answer, and Lambda
comes back with it and what is behind it. One that nobody can ever read, or whose entry somebody has made
unreadable, is put aside by its place in the stream, never with what is in it; the reconciler mends or
tells of what it left open.
"""

from __future__ import annotations

import heed.cold_start as _start  # noqa: F401 - first, by what it does

import json
from typing import TYPE_CHECKING, Any

from heed.bootstrap import Heed
from heed.domain.errors import DependencyUnavailable, HeedError
from heed.domain.ledger.deadlines import delays_by_source
from heed.entrypoints import stream
from heed.entrypoints.observability import count_metric, logger, measure_metric, observed
from heed.use_cases.ledger.append import LedgerBatch

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

heed = Heed.from_environment()
RESERVE = 3_000  # milliseconds that the hashes and events of what was entered may need


@observed
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """A batch of the stream; the answer names the first record to be delivered again."""
    records = event["Records"]
    batch = LedgerBatch()
    done = 0
    try:
        for record in records:
            if context.get_remaining_time_in_millis() < RESERVE:
                break
            _enter(record, batch)
            done += 1
    except HeedError as error:
        _deferred(error)
    try:
        heed.finish_batch(batch)
    except HeedError as error:
        _deferred(error)
        done = 0
    else:
        _measure(batch)
    failed = [{"itemIdentifier": one["dynamodb"]["SequenceNumber"]} for one in records[done:][:1]]
    return {"batchItemFailures": failed}


def _enter(record: dict[str, Any], batch: LedgerBatch) -> None:
    try:
        heed.enter_transition(stream.parse_transition(record), batch)
    except DependencyUnavailable:
        raise  # it may go through later
    except HeedError as error:
        place = {
            "eventID": record.get("eventID"),
            "sequenceNumber": record["dynamodb"]["SequenceNumber"],
            "stream": record.get("eventSourceARN"),
        }
        heed.ledger_dead_letters.send(json.dumps(place), str(error))
        count_metric("LedgerRecordDeadLettered")
        logger.error("stream record put aside", **place)


def _deferred(error: HeedError) -> None:
    count_metric("LedgerBatchRetried")
    logger.warning("ledger deferred", error=type(error).__name__)


def _measure(batch: LedgerBatch) -> None:
    """How many entries, and how long each stop took from the event to the record, by its source."""
    if batch.entered:
        count_metric("LedgerEntered", len(batch.entered))
    by_source: dict[str, list[int]] = {}
    for source, milliseconds in delays_by_source(batch.entered):
        by_source.setdefault(source, []).append(milliseconds)
    for source, taken in by_source.items():
        measure_metric("SuppressionLatency", taken, source=source)


heed.warm_up(lambda: (heed.enter_transition, heed.finish_batch, heed.ledger_dead_letters))
