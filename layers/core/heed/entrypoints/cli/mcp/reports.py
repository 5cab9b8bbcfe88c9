"""The tools about Heed itself: its words, and whether opt-outs were in time."""

from __future__ import annotations

from itertools import islice

from heed.domain.errors import DependencyUnavailable
from heed.domain.ledger.deadlines import DEADLINES, delay_statistics
from heed.domain.ledger.entry import LedgerEntry
from heed.entrypoints.cli.failure import CommandFailure, explain_aws_failure
from heed.entrypoints.cli.mcp.answers import (
    DeadlinesAnswer,
    ExplainAnswer,
    ExplainedWord,
    RuleCheck,
    SourceDelays,
)
from heed.entrypoints.cli.mcp.explanations import find_explanations, suggest_words
from heed.entrypoints.cli.mcp.reading import ToolFailure
from heed.entrypoints.cli.stack import Stack

_MAX_ENTRIES = 20_000  # of the ledger, as at the desk
_SECOND = 1000


def make_explain_answer(word: str) -> ExplainAnswer:
    """Returns what the documents say about a word, or the words that are near to it."""
    found = [ExplainedWord(**each._asdict()) for each in find_explanations(word)]
    near = [] if found else suggest_words(word)
    summary = f"The documents of Heed {'explain' if found else 'do not have'} this word."
    return ExplainAnswer(summary=summary, explanations=found, near_words=near)


def make_deadlines_answer(stack: Stack) -> DeadlinesAnswer:
    """Returns how soon opt-outs took effect. It reads a part of a large ledger, and says so.

    Raises:
        ToolFailure: The ledger cannot be read.
    """
    try:
        ledger = stack.heed.ledger.all_entries()
        items = list(islice(ledger, _MAX_ENTRIES))
        is_part = next(ledger, None) is not None
    except CommandFailure as error:
        raise ToolFailure(str(error)) from error
    except DependencyUnavailable as error:
        raise ToolFailure(str(explain_aws_failure(error))) from error
    entries = [item for item in items if isinstance(item, LedgerEntry)]
    by_source = delay_statistics(entries)
    rules = [
        RuleCheck(
            rule=limit.rule,
            limit=limit.period,
            published_in=limit.source,
            over_it=sum(delays.count_over(limit) for delays in by_source.values()),
        )
        for limit in DEADLINES
    ]
    late = ", ".join(rule.rule for rule in rules if rule.over_it)
    unreadable = len(items) - len(entries)
    sentences = [
        f"{sum(delays.count for delays in by_source.values())} opt-outs were read.",
        f"Some took longer than the limit of: {late}." if late else "None took longer than a limit.",
        *([f"{unreadable} entries cannot be read and are not counted."] if unreadable else ()),
        *(["The ledger has more entries; heed report deadlines reads all."] if is_part else ()),
    ]
    return DeadlinesAnswer(
        summary=" ".join(sentences),
        entries_read=len(items),
        is_part=is_part,
        unreadable=unreadable,
        sources=[
            SourceDelays(
                source=source,
                stops=delays.count,
                in_one_minute=delays.within[0],
                in_one_hour=delays.within[1],
                longest_seconds=delays.longest / _SECOND,
            )
            for source, delays in by_source.items()
        ],
        rules=rules,
    )
