"""`heed retention`: prints what is kept, why, for how long, and what ends it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import version

import rich_click as click

from heed.entrypoints.cli import options, output
from heed.entrypoints.cli.command import command
from heed.entrypoints.cli.failure import Exit
from heed.entrypoints.cli.retention_rules import (
    DEFAULT_MINOR_DAYS,
    MINOR_RECORD,
    RETENTION_RULES,
    RetentionRule,
)

_COLUMNS = ("record", "store", "purpose", "how long", "what ends it")
_LEAST_MINOR_DAYS = 45  # the least value of the parameter MinorRecordDays


@command(
    "retention",
    "heed retention",
    "heed retention --markdown > retention.md",
    "heed retention --markdown --minor-days 3653 > retention.md",
)
@click.option("--markdown", is_flag=True, help="Print a document, for a written retention policy.")
@click.option(
    "--minor-days",
    type=click.IntRange(min=_LEAST_MINOR_DAYS),
    default=DEFAULT_MINOR_DAYS,
    metavar="DAYS",
    help=f"The parameter MinorRecordDays of your stack (default: {DEFAULT_MINOR_DAYS:_}).".replace("_", ","),
)
@options.common_options
def show_retention(common: options.CommonOptions, minor_days: int, *, markdown: bool) -> Exit:
    """Print what is kept, why, for how long, and what ends it.

    The periods are those of this version of Heed. The command asks no stack. With --json: one object per kind
    of record; "days" is null where a record has no end.
    """
    if common.stack is not None:
        raise click.UsageError("heed retention asks no stack; --minor-days is the parameter of yours")
    if markdown and common.json:
        raise click.UsageError("--markdown and --json exclude each other")
    if common.json:
        output.print_json({"retention": [_to_json(rule) for rule in _rules(minor_days)]})
    elif markdown:
        print(_document(minor_days))
    else:
        rows = [dict(zip(_COLUMNS, _cells(rule), strict=True)) for rule in _rules(minor_days)]
        output.print_table(_COLUMNS, rows)
    return Exit.YES


def retention_table(minor_days: int) -> Iterator[str]:
    """Returns the lines of the table in Markdown.

    Args:
        minor_days: for how many days the record of a minor is kept.
    """
    yield f"| {' | '.join(_COLUMNS)} |"
    yield "|---" * len(_COLUMNS) + "|"
    for rule in _rules(minor_days):
        record, store, *others = _cells(rule)
        yield f"| {' | '.join((record, f'`{store}`', *others))} |"


def _rules(minor_days: int) -> Iterator[RetentionRule]:
    for rule in RETENTION_RULES:
        yield replace(rule, days=minor_days) if rule.record == MINOR_RECORD else rule


def _cells(rule: RetentionRule) -> tuple[str, ...]:
    days = "no end" if rule.days is None else f"{rule.days:,} day{'s' * (rule.days != 1)}"
    return rule.record, rule.store, rule.why, days, rule.end.value


def _to_json(rule: RetentionRule) -> dict[str, object]:
    return {
        "record": rule.record,
        "store": rule.store,
        "purpose": rule.why,
        "days": rule.days,
        "end": rule.end.value,
    }


def _document(minor_days: int) -> str:
    return "\n".join(
        (
            "# Retention of records about the recipients of mail",
            "",
            f"These are the records that Heed {version('heed')} keeps, for what purpose, for how long, and",
            "what ends them. Only mails, waiting messages and the files of jobs have e-mail addresses. A",
            "record without an end is kept because without it mail would be permitted, or because it proves",
            "what was done.",
            "",
            "An erasure does not wait for these periods. It keeps only what stops mail to the person. A",
            "report that a person is under 13 is an erasure, too: it keeps a keyed hash of the address, so",
            f"that the child gets no mail, for {minor_days:,} days.",
            "",
            *retention_table(minor_days),
        )
    )
