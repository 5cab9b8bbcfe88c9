"""Shows a person at a terminal how far a long command is."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

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
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn("line"),
        TextColumn("{task.completed:,} {task.description}"),
        TimeElapsedColumn(),
    )
    # Without redirect_stdout=False Rich would print the output of the command to standard error.
    with Progress(
        *columns, console=Console(stderr=True), transient=True, redirect_stdout=False, redirect_stderr=False
    ) as progress:
        progress.add_task(noun, total=None)
        (task,) = progress.tasks

        def count() -> Iterator[_T]:
            for item in items:
                yield item
                task.completed += 1  # a thread of Rich shows it ten times a second

        yield count()
