"""A program that is killed in the middle: right after a call of AWS was done, before it could go on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from heed.adapters import aws


class Stopped(BaseException):
    """It is killed."""


@contextmanager
def stopped_after(calls: int) -> Iterator[list[str]]:
    """Whoever calls AWS is killed right after so many calls were done."""
    done: list[str] = []
    services = [aws.client(name) for name in ("dynamodb", "sqs")]

    def count(model: Any, **_: object) -> None:
        done.append(model.name)
        if len(done) == calls:
            raise Stopped

    for each in services:
        each.meta.events.register("after-call", count, unique_id="stop")
    try:
        yield done
    finally:
        for each in services:
            each.meta.events.unregister("after-call", unique_id="stop")
