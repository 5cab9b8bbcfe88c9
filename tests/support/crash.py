"""A program that is killed in the middle, or in whose middle something happens: between two calls of AWS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.support.deployment import parts


class Stopped(BaseException):
    """It is killed."""


@contextmanager
def stopped_after(calls: int) -> Iterator[list[str]]:
    """Whoever calls AWS is killed right after so many calls were done."""

    def stop() -> None:
        raise Stopped

    with meanwhile(calls, stop) as done:
        yield done


@contextmanager
def meanwhile(calls: int, happen: Callable[[], object]) -> Iterator[list[str]]:
    """Something happens right after so many calls were done; its own calls are not counted."""
    done: list[str] = []
    services = [parts().client(name) for name in ("dynamodb", "sqs")]
    is_happening = False

    def count(model: Any, **_: object) -> None:
        nonlocal is_happening
        if is_happening:
            return
        done.append(model.name)
        if len(done) == calls:
            is_happening = True
            try:
                happen()
            finally:
                is_happening = False

    for each in services:
        each.meta.events.register("after-call", count, unique_id="meanwhile")
    try:
        yield done
    finally:
        for each in services:
            each.meta.events.unregister("after-call", unique_id="meanwhile")
