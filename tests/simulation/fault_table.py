"""The table of faults: every fault that such systems had, and where it is injected, or why it is not.

A run fails if a fault that the simulation should inject was not injected.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Coverage(StrEnum):
    """How a fault is tested."""

    MACHINES = "machines"  # drawn by the simulation and counted
    TEST = "test"  # a test of its own
    NONE = "none"  # nothing that it could happen to


class Row(NamedTuple):
    """A fault: its number, what happens, how it is tested, and where, or why not."""

    number: int
    fault: str
    coverage: Coverage
    where: str


_M, _T, _N = Coverage.MACHINES, Coverage.TEST, Coverage.NONE
_ANY_REQUEST = "any request of any handler"

ROWS = tuple(
    Row(number, *row)
    for number, row in enumerate(
        (
            ("provisioned throughput exceeded", _M, _ANY_REQUEST),
            ("throttling, request limit", _M, _ANY_REQUEST),
            ("transaction cancelled for mixed reasons", _N, "no transactions: test_fault_table.py"),
            ("transaction conflict on a single write", _M, _ANY_REQUEST),
            ("transaction in progress, token mismatch", _N, "no transactions: test_fault_table.py"),
            ("replicated write conflict", _M, _ANY_REQUEST),
            ("time-out after the commit", _M, _ANY_REQUEST + "; botocore writes again"),
            ("time-out before the commit", _M, _ANY_REQUEST),
            ("connection reset, answer cut", _M, _ANY_REQUEST + "; TLS checks the bytes"),
            ("500 and 503, for long", _M, "every request of an invocation"),
            (
                "crash between record and ledger",
                _T,
                "test_sweep_functions.py, after every request",
            ),
            (
                "crash after the write, before the answer",
                _M,
                "and test_sweep_functions.py, every function",
            ),
            ("killed in the middle of a batch", _M, "batches of feedback and of delayed opt-outs"),
            ("no time left", _M, "0 and 1.5 s left, batches"),
            ("duplicates at the same time", _M, "a step inside a step; test_races.py, every order"),
            ("delivered again after 13 days", _M, "the machines' clock"),
            ("any order", _M, "dates of the past; test_order.py, all orders"),
            ("equal time stamps", _M, "the clock often does not move"),
            ("times in 2096, in 1970, missing", _M, "feedback"),
            ("clocks 5 minutes apart", _M, "a request's stamp"),
            ("a batch fails in part, or whole", _M, "outages"),
            ("malformed answer of a batch", _T, "sqs.py reads each as SQS would"),
            ("poison", _M, "feedback: no JSON, nested beyond reading, NaN, half a surrogate"),
            ("envelopes", _M, "raw, SNS, EventBridge"),
            ("unknown types, new fields, unreadable recipients", _M, "feedback"),
            ("1 MB, broken base64", _M, "feedback; a press with an unreadable form"),
            ("item beyond 400 kB", _T, "tests/adapters/test_preferences_table.py"),
            ("transaction beyond 100 items", _N, "no transactions: test_fault_table.py"),
            ("hot partition", _N, "the key is a keyed hash; the index has 16 shards"),
            ("stale index", _T, "tests/functions/test_suppressions.py; no check reads an index"),
            ("stale read", _M, "the item before the last write, for an eventually consistent read"),
            ("TTL late or early", _M, "an expired API key whose item still exists"),
            (
                "stream record expired or twice",
                _T,
                "test_ledger_histories.py; tests/functions/test_reconcile.py",
            ),
            ("KMS throttled, disabled, refused", _M, "cold starts"),
            ("half deployed: a key ring of two versions", _M, "links of a key not yet known"),
            ("S3 slow, refusing", _T, "tests/functions/test_ledger.py; test_sweep_functions.py"),
            ("SES throttled, refused, silent", _T, "tests/functions/test_send_confirmation.py"),
            ("schedule fires twice, or not", _T, "tests/functions/test_purge.py"),
            (
                "purge stopped after each request",
                _T,
                "test_sweep_functions.py; tests/functions/test_purge.py",
            ),
            ("an event during a purge", _M, "an erasure inside any invocation"),
            ("restored from a backup", _T, "tests/functions/test_restore.py"),
            ("opt-in and opt-out at the same time", _T, "test_races.py, every order"),
            ("no network, no name", _M, _ANY_REQUEST),
            ("spellings of an address", _M, "case, display name, IDNA, quotes, rfc822;"),
            ("log and metrics cannot be written", _M, "standard output closed"),
            ("two versions of the record", _M, "a register of a later version in an item"),
        ),
        start=1,
    )
)
INJECTED = tuple(row.number for row in ROWS if row.coverage is Coverage.MACHINES)
