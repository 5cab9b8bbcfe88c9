"""Prints a job for people: what it is, its counts, what it makes of the words of the file, its files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from heed.entrypoints.cli import output

_TABLES = ("counts", "skipped", "meanings", "files", "error", "taken_back")


def print_job(job: Mapping[str, Any], *, as_json: bool) -> None:
    """Prints a job: as the API answers it, or with a table for each kind of numbers that it has."""
    if as_json:
        output.print_json(job)
        return
    facts = {name.replace("_", " "): value for name, value in job.items() if name not in _TABLES}
    for part in ("error", "taken_back"):
        values = job.get(part) or {}
        facts |= {f"{part.replace('_', ' ')} {name}": value for name, value in values.items()}
    output.print_facts(facts)
    _print_numbers("result", job["counts"])
    _print_numbers("skipped", job["skipped"])
    words = [{"word": word, **meaning} for word, meaning in job["meanings"].items()]
    _print_rows(("word", "means", "rows"), words)


def print_files(job: Mapping[str, Any]) -> None:
    """Prints the result files of a job, each with its URL."""
    _print_rows(("name", "bytes", "url"), job["files"])


def _print_numbers(name: str, numbers: Mapping[str, int]) -> None:
    _print_rows((name, "rows"), [{name: key, "rows": rows} for key, rows in numbers.items()])


def _print_rows(columns: tuple[str, ...], rows: list[dict[str, Any]]) -> None:
    if rows:
        print()
        output.print_table(columns, rows)
