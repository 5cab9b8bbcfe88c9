"""Crashes a program, or runs another action, between two of its AWS calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tests.support.clients import calling
from tests.support.deployment import parts

_SERVICES = ("dynamodb", "sqs")
_READS = (
    *("BatchGet", "Describe", "Get", "Head", "List", "Query", "Scan"),
    *("Decrypt", "Encrypt", "GenerateDataKey", "GenerateMac", "Sign"),
)


def is_read(operation: str) -> bool:
    """Returns whether an operation of AWS changes nothing.

    A process that dies after it leaves the same as one that died after its last other call.
    """
    return operation.startswith(_READS)


class SimulatedCrash(BaseException):
    """The exception that simulates the crash of a program."""


@contextmanager
def crash_after(calls: int, services: Sequence[str] = _SERVICES) -> Iterator[list[str]]:
    """Raises SimulatedCrash directly after a number of AWS calls. Yields the names of the calls."""

    def crash() -> None:
        raise SimulatedCrash

    with run_after_calls(calls, crash, services) as completed:
        yield completed


@contextmanager
def run_after_calls(
    calls: int, action: Callable[[], object], services: Sequence[str] = _SERVICES
) -> Iterator[list[str]]:
    """Runs an action directly after a number of AWS calls. The calls of the action are not counted.

    The calls of DynamoDB and SQS count, and those of other services that the caller names. Yields the names
    of the calls.
    """
    completed: list[str] = []
    clients = [parts().client(name) for name in services]
    is_running = False

    def count_call(model: Any, **_: object) -> None:
        nonlocal is_running
        if is_running:
            return
        completed.append(model.name)
        if len(completed) == calls:
            is_running = True
            try:
                action()
            finally:
                is_running = False

    with calling(count_call, clients, "after-call"):
        yield completed
