"""The table of faults: every fault that such systems had, and where it is injected, or why it is not.

A run fails if a fault that the simulation should inject was not injected.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Coverage(StrEnum):
    """How a fault is tested."""

    PROGRAMS = "programs"  # drawn by the simulation and counted
    TEST = "test"  # a test of its own
    NONE = "none"  # nothing that it could happen to


class Row(NamedTuple):
    """A fault: its number, what happens, how it is tested, and where, or why not."""

    number: int
    fault: str
    coverage: Coverage
    where: str


_P, _T, _N = Coverage.PROGRAMS, Coverage.TEST, Coverage.NONE
_ANY_REQUEST = "any request of any handler"

ROWS = tuple(
    Row(number, *row)
    for number, row in enumerate(
        (
            ("the provisioned throughput is exceeded", _P, _ANY_REQUEST),
            ("AWS throttles the request, or its limit is reached", _P, _ANY_REQUEST),
            ("a transaction is cancelled for several reasons", _T, "tests/adapters/test_transactions.py"),
            ("a single write conflicts with a transaction", _P, _ANY_REQUEST),
            ("a transaction is in progress, or its token differs", _T, "tests/adapters/test_transactions.py"),
            ("a replicated write conflicts", _P, _ANY_REQUEST),
            ("the answer times out after the commit", _P, _ANY_REQUEST + "; botocore writes again"),
            ("the request times out before the commit", _P, _ANY_REQUEST),
            ("the connection is reset, or the answer is cut", _P, _ANY_REQUEST + "; TLS checks the bytes"),
            ("the service answers 500 or 503 for a long time", _P, "every request of an invocation"),
            (
                "the program crashes between record and ledger",
                _T,
                "test_sweep_functions.py, after every request",
            ),
            (
                "the program crashes after the write and before the answer",
                _P,
                "any handler; test_sweep_functions.py, every function",
            ),
            (
                "the program is killed in the middle of a batch",
                _P,
                "batches of feedback, of mails and of queued opt-outs",
            ),
            ("the function has no time left", _P, "batches: 0 or 1.5 seconds are left"),
            ("duplicates arrive at the same time", _P, "a step inside a step; test_races.py, every order"),
            ("a message is delivered again after 13 days", _P, "the clock of the programs"),
            ("events arrive in any order", _P, "events with dates in the past; test_order.py, all orders"),
            ("events have equal timestamps", _P, "the clock often does not move"),
            ("the time of an event is in 2096 or in 1970, or is missing", _P, "feedback"),
            ("two clocks differ by 5 minutes", _P, "a request's stamp"),
            ("a batch fails in part or completely", _P, "outages"),
            ("the answer of a batch is malformed", _T, "sqs.py parses each answer as SQS does"),
            (
                "a message cannot be parsed",
                _P,
                "feedback: no JSON, too much nesting, NaN, half of a surrogate pair",
            ),
            ("an event arrives in different envelopes", _P, "raw, SNS, EventBridge"),
            ("an event has an unknown type, new fields or unreadable recipients", _P, "feedback"),
            ("a body has 1 MB or invalid base64", _P, "feedback; a press with an unreadable form"),
            ("an item would exceed 400 kB", _T, "tests/adapters/test_preferences_table.py"),
            (
                "a transaction would exceed 100 items",
                _N,
                "only the numbers use them, and need 7 items: tests/adapters/test_transactions.py",
            ),
            (
                "one partition gets most of the requests",
                _N,
                "the key is a keyed hash; the index has 16 shards",
            ),
            ("an index is stale", _T, "tests/functions/test_suppressions.py; no check reads an index"),
            ("a read is stale", _P, "the item before the last write, for an eventually consistent read"),
            ("TTL deletes an item late or early", _P, "an expired API key whose item still exists"),
            (
                "a stream record expires or arrives twice",
                _T,
                "test_ledger_histories.py; tests/functions/test_reconcile.py",
            ),
            ("KMS throttles or refuses a request, or a key is disabled", _P, "cold starts"),
            (
                "half of the functions still have the old link keys",
                _P,
                "links of a key that the function does not know yet",
            ),
            (
                "S3 is slow or refuses a request",
                _T,
                "tests/functions/test_ledger.py; test_sweep_functions.py; mails in programs",
            ),
            ("SES throttles, refuses or does not answer", _T, "tests/functions/test_send_confirmation.py"),
            ("a schedule starts twice, or not at all", _T, "tests/functions/test_purge.py"),
            (
                "a purge stops after each request",
                _T,
                "test_sweep_functions.py; tests/functions/test_purge.py",
            ),
            ("an event arrives during a purge", _P, "an erasure inside any invocation"),
            ("a table is restored from a backup", _T, "tests/functions/test_restore.py"),
            ("an opt-in and an opt-out arrive at the same time", _T, "test_races.py, every order"),
            ("there is no network, or the name does not resolve", _P, _ANY_REQUEST),
            ("an address has several spellings", _P, "case, display name, IDNA, quotes, `rfc822;`"),
            ("log lines and metrics cannot be output", _P, "standard output closed"),
            ("two versions of the record exist", _P, "a register of a later version in an item"),
        ),
        start=1,
    )
)
INJECTED = tuple(row.number for row in ROWS if row.coverage is Coverage.PROGRAMS)
