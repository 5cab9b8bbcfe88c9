"""Injects faults according to a plan in each step, so that one seed is one run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple


class Killed(BaseException):
    """The process was killed; no code in it may handle that."""


class FaultKind(NamedTuple):
    """A kind of fault of one request to AWS.

    Attributes:
        row: its number in the table of faults.
        code: the error code of AWS, or "".
        status: the HTTP status.
        commits: whether the request takes effect before the fault.
        is_retried: whether botocore (standard mode) retries it by itself, for each operation.
    """

    row: int
    code: str = ""
    status: int = 400
    commits: bool = False
    is_retried: bool = True


FAULT_KINDS: dict[str, FaultKind] = {
    "throughput": FaultKind(1, "ProvisionedThroughputExceededException"),
    "throttling": FaultKind(2, "ThrottlingException"),
    "request limit": FaultKind(2, "RequestLimitExceeded"),
    "conflict": FaultKind(4, "TransactionConflictException", is_retried=False),
    "replica": FaultKind(6, "ReplicatedWriteConflictException", is_retried=False),
    "time-out after": FaultKind(7, commits=True),
    "time-out before": FaultKind(8),
    "reset": FaultKind(9, commits=True),
    "cut": FaultKind(9, commits=True, is_retried=False),
    "error 500": FaultKind(10, "InternalServerError", 500),
    "error 503": FaultKind(10, "ServiceUnavailable", 503),
    "killed before": FaultKind(12),
    "killed after": FaultKind(12, commits=True),
    "no network": FaultKind(43),
    "keys throttled": FaultKind(34, "ThrottlingException"),
    "key disabled": FaultKind(34, "DisabledException", is_retried=False),
    "key to be deleted": FaultKind(34, "KMSInvalidStateException", is_retried=False),
    "keys refused": FaultKind(34, "AccessDeniedException", is_retried=False),
}
KMS_FAULTS = tuple(name for name, kind in FAULT_KINDS.items() if kind.row == 34)
STORE_FAULTS = tuple(name for name, kind in FAULT_KINDS.items() if kind.row != 34)
_POSSIBLE_IN_KMS = (*KMS_FAULTS, "cut", "no network", "killed before", "killed after")
KILL_FAULTS = ("killed before", "killed after")

ATTACKS = (
    "a form turns everything on",
    "a form contains all=in",
    "a link ends a pause",
    "a link makes a pause shorter",
    "the attacker presses a link",
    "the attacker undoes their own press",
    "the attacker uses the Undo of a page that leaked",
    "the attacker undoes another person's press",
    "the attacker forges an Undo",
    "the attacker opens the page after a press",
    "the attacker opens the page after a save",
    "the attacker requests a confirmation mail",
    "the attacker forges a confirmation",
    "the attacker uses another token as a confirmation",
    "a key without `write` sends a change",
    "a key without `privacy` sends a lift",
)
"""The attacks by which a holder of links and keys tries to opt people in (tests.simulation.attacker)."""


@dataclass
class RunningInvocation:
    """One running invocation: the faults of its requests by request number. Retries count as requests."""

    faults: dict[int, str]
    inner_steps: dict[int, Callable[[], None]]
    batch_size: int = 0  # messages that it was given
    request_count: int = 0
    write_count: int = 0


@dataclass
class Nemesis:
    """Injects faults into the requests of the running invocation.

    Attributes:
        fault_counts: how often each row of the table of faults was injected.
        attack_counts: how often each attack was tried.
        invocations: the faults of each running invocation. The last one is the innermost.
    """

    fault_counts: Counter[int] = field(default_factory=Counter)
    attack_counts: Counter[str] = field(default_factory=Counter)
    invocations: list[RunningInvocation] = field(default_factory=list)

    @contextmanager
    def inject_faults(
        self,
        faults: Mapping[int, str],
        inside: Mapping[int, Callable[[], None]],
        batch: int = 0,
    ) -> Iterator[RunningInvocation]:
        """Injects these faults while an invocation runs."""
        frame = RunningInvocation(dict(faults), dict(inside), batch)
        self.invocations.append(frame)
        try:
            yield frame
        finally:
            self.invocations.pop()

    def next_fault(self, service: str) -> FaultKind | None:
        """Returns the fault of the next request, or None. Other steps may run in between."""
        if not self.invocations:
            return None
        frame = self.invocations[-1]
        number, frame.request_count = frame.request_count, frame.request_count + 1
        if meanwhile := frame.inner_steps.pop(number, None):
            self.fault_counts[15] += 1
            meanwhile()
        name = frame.faults.get(number)
        if name is None:
            return None
        if service == "kms" and name not in _POSSIBLE_IN_KMS:
            name = KMS_FAULTS[number % len(KMS_FAULTS)]
        elif service != "kms" and name in KMS_FAULTS:
            name = "throttling"
        kind = FAULT_KINDS[name]
        self.fault_counts[kind.row] += 1
        if kind.row == 12 and frame.batch_size > 1:
            self.fault_counts[13] += 1
        return kind
