"""Shows a person at a terminal how far a long command is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn

_T = TypeVar("_T")


@contextmanager
def show_progress(items: Iterable[_T], noun: str) -> Iterator[Iterable[_T]]:
    """Counts items on standard error while the block reads them, if standard error is a terminal.

    Args:
        items: What the command reads.
        noun: The plural for the items.
    """
    if not sys.stderr.isatty():
        yield items
        return
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn("line"),
        TextColumn("{task.completed:,} {task.description}"),
        TimeElapsedColumn(),
    )
    with _make_progress(*columns) as progress:
        progress.add_task(noun, total=None)
        (task,) = progress.tasks

        def count() -> Iterator[_T]:
            for item in items:
                yield item
                task.completed += 1  # a thread of Rich shows it ten times a second

        yield count()


@contextmanager
def show_bar(noun: str) -> Iterator[Callable[[int, int | None], None]]:
    """Shows a bar and the time that is left on standard error, if standard error is a terminal.

    The block gets a function. It calls it with the number that is done, and with the number of all, or None
    if that is not known.

    Args:
        noun: The plural for what is counted.
    """
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.completed:,} {task.description}"),
        BarColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    with _make_progress(*columns) as progress:
        task = progress.add_task(noun, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _make_progress(*columns: ProgressColumn) -> Progress:
    from rich.console import Console
    from rich.progress import Progress

    # Without redirect_stdout=False Rich would print the output of the command to standard error.
    return Progress(
        *columns, console=Console(stderr=True), transient=True, redirect_stdout=False, redirect_stderr=False
    )
