"""Injects faults according to a plan in each step, so that one seed is one run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple


class Killed(BaseException):
    """The process was killed; no code in it may handle that."""


class Kind(NamedTuple):
    """A kind of fault of one request to AWS.

    Attributes:
        number: its row in the table of faults.
        code: the error code of AWS, or "".
        status: the HTTP status.
        commits: whether the request takes effect before the fault.
        retried: whether botocore (standard mode) retries it by itself, for each operation.
    """

    number: int
    code: str = ""
    status: int = 400
    commits: bool = False
    retried: bool = True


KINDS: dict[str, Kind] = {
    "throughput": Kind(1, "ProvisionedThroughputExceededException"),
    "throttling": Kind(2, "ThrottlingException"),
    "request limit": Kind(2, "RequestLimitExceeded"),
    "conflict": Kind(4, "TransactionConflictException", retried=False),
    "replica": Kind(6, "ReplicatedWriteConflictException", retried=False),
    "time-out after": Kind(7, commits=True),
    "time-out before": Kind(8),
    "reset": Kind(9, commits=True),
    "cut": Kind(9, commits=True, retried=False),
    "error 500": Kind(10, "InternalServerError", 500),
    "error 503": Kind(10, "ServiceUnavailable", 503),
    "killed before": Kind(12),
    "killed after": Kind(12, commits=True),
    "no network": Kind(43),
    "keys throttled": Kind(34, "ThrottlingException"),
    "key disabled": Kind(34, "DisabledException", retried=False),
    "key to be deleted": Kind(34, "KMSInvalidStateException", retried=False),
    "keys refused": Kind(34, "AccessDeniedException", retried=False),
}
OF_KEYS = tuple(name for name, kind in KINDS.items() if kind.number == 34)
OF_STORES = tuple(name for name, kind in KINDS.items() if kind.number != 34)
_OF_ANY = (*OF_KEYS, "cut", "no network", "killed before", "killed after")
KILLS = ("killed before", "killed after")

MEANS = (
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
"""By what an attacker with links and keys tries to bring people back (tests.simulation.attacker)."""


@dataclass
class Frame:
    """One running invocation: the faults of its requests, by their number, retries included."""

    faults: dict[int, str]
    inside: dict[int, Callable[[], None]]
    batch: int = 0  # messages that it was given
    requests: int = 0
    writes: int = 0


@dataclass
class Nemesis:
    """Injects faults into the requests of the running invocation.

    Attributes:
        tally: how often each row of the table of faults was injected.
        tried: how often each attack was tried.
        frames: the faults of each invocation that is running; the last one is the innermost.
    """

    tally: Counter[int] = field(default_factory=Counter)
    tried: Counter[str] = field(default_factory=Counter)
    frames: list[Frame] = field(default_factory=list)

    @contextmanager
    def over(
        self,
        faults: Mapping[int, str],
        inside: Mapping[int, Callable[[], None]],
        batch: int = 0,
    ) -> Iterator[Frame]:
        """While an invocation runs."""
        frame = Frame(dict(faults), dict(inside), batch)
        self.frames.append(frame)
        try:
            yield frame
        finally:
            self.frames.pop()

    def strike(self, service: str) -> Kind | None:
        """Returns the fault of the next request, or None. Other steps may run in between."""
        if not self.frames:
            return None
        frame = self.frames[-1]
        number, frame.requests = frame.requests, frame.requests + 1
        if meanwhile := frame.inside.pop(number, None):
            self.tally[15] += 1
            meanwhile()
        name = frame.faults.get(number)
        if name is None:
            return None
        if service == "kms" and name not in _OF_ANY:
            name = OF_KEYS[number % len(OF_KEYS)]
        elif service != "kms" and name in OF_KEYS:
            name = "throttling"
        kind = KINDS[name]
        self.tally[kind.number] += 1
        if kind.number == 12 and frame.batch > 1:
            self.tally[13] += 1
        return kind
