"""Generates what Heed makes of each vendor's files, in docs/vendors: `python -m tests.vendor_pages`.

The rest of a page is made by hand. A test compares the pages with the tables of the code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import assert_never

from heed.domain.imports.formats import (
    Always,
    ByWord,
    IfFilled,
    ImportFormat,
    Items,
    RowMeaning,
    Rule,
    TopicColumns,
)
from heed.domain.imports.recognition import FORMATS

FOLDER = Path(__file__).parents[1] / "docs" / "vendors"
INDEX = FOLDER / "README.md"
VENDORS = tuple(dict.fromkeys(name.partition("-")[0] for name in FORMATS))

_SKIPPED = "skipped: "
BECOMES = {
    RowMeaning.UNSUBSCRIBED: "an opt-out from everything, or from your `--scope`",
    RowMeaning.TOPIC_UNSUBSCRIBED: "an opt-out from the topic that you name for theirs",
    RowMeaning.SUPPRESSED: "an opt-out from everything, or from your `--scope`, by somebody else",
    RowMeaning.COMPLAINT: "a complaint",
    RowMeaning.HARD_BOUNCE: "undeliverable, or skipped if it is older than a year",
    RowMeaning.SUBSCRIBED: _SKIPPED + "an import records no opt-in",
    RowMeaning.BLOCK: _SKIPPED + "a server refused one mail, perhaps because of the sender",
    RowMeaning.SOFT_BOUNCE: _SKIPPED + "mail may arrive later",
    RowMeaning.OLD_BOUNCE: _SKIPPED + "the mailbox may exist again",
    RowMeaning.EXPIRED: _SKIPPED + "the vendor would send again",
    RowMeaning.OTHER_CHANNEL: _SKIPPED + "it is not about e-mail",
    RowMeaning.DISABLED: _SKIPPED + "nobody knows why. Look at these people yourself",
    RowMeaning.DELETED: _SKIPPED + "the vendor deleted the person, and does not say why",
}
"""What a row becomes, by its meaning."""


def describe_formats(vendor: str) -> str:
    """Returns the generated part of the page of a vendor."""
    return "".join(_describe(known) for known in FORMATS.values() if known.name.partition("-")[0] == vendor)


def list_vendors() -> str:
    """Returns the generated part of the index: a row for each page."""
    rows = []
    for vendor in VENDORS:
        title = (FOLDER / f"{vendor}.md").read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
        names = ", ".join(f"`{name}`" for name in FORMATS if name.partition("-")[0] == vendor)
        rows.append(f"| [{title}]({vendor}.md) | {names} |\n")
    return "| vendor | formats |\n|---|---|\n" + "".join(sorted(rows, key=str.lower))


def make_pages() -> Iterator[tuple[Path, str]]:
    """Yields each page with its generated part up to date."""
    for vendor in VENDORS:
        yield _replace_section(FOLDER / f"{vendor}.md", "What Heed makes of it", describe_formats(vendor))
    yield _replace_section(INDEX, "Vendors", list_vendors() + "\n")


def _replace_section(path: Path, heading: str, text: str) -> tuple[Path, str]:
    section = rf"(?<=^## {heading}\n\n).*?(?=^## )"
    page = path.read_text(encoding="utf-8")
    return path, re.sub(section, lambda _: text, page, count=1, flags=re.MULTILINE | re.DOTALL)


def _describe(known: ImportFormat) -> str:
    rows = [row for rule in known.rules for row in _describe_rule(rule)]
    if known.expires:
        rows.append((f"the time in `{known.expires}` is over", RowMeaning.EXPIRED))
    if known.channel:
        rows.append((f"`{known.channel}` does not name e-mail", RowMeaning.OTHER_CHANNEL))
    lines = [f"| {what} | {BECOMES[meaning]} |\n" for what, meaning in rows]
    if known.patterns:
        lines.append(f"| `{known.patterns}` is not `exact` | refused: Heed knows single addresses only |\n")
    columns = ", ".join(f"`{name}`" for name in sorted(known.required))
    name = f", and by `{known.file_name}` in the name of the file" if known.file_name else ""
    dates = ", else ".join(_find_dates(known)) or "none"
    options = " ".join(_find_options(known, {meaning for _, meaning in rows}))
    option_line = f"- Options: `{options}`.\n" if options else ""
    return (
        f"### `{known.name}`\n\n"
        f"- Recognised by {columns}{name} (*{known.certainty.value}*).\n"
        f"- The date of a row: {dates}.\n{option_line}\n"
        f"| the row says | Heed makes of it |\n|---|---|\n{''.join(lines)}\n"
    )


def _find_dates(known: ImportFormat) -> Iterator[str]:
    yield from (f"`{column}`" for column in known.dates)
    for rule in known.rules:
        if isinstance(rule, IfFilled) and rule.is_date:
            yield f"`{rule.column}`"
        if isinstance(rule, Items) and rule.date:
            yield f"`{rule.prefix}[].{rule.date}`"
    if _needs_export_time(known):
        yield "that of the export"


def _needs_export_time(known: ImportFormat) -> bool:
    return not known.dates and any(
        meaning.register_kind is not None
        for rule in known.rules
        if not (isinstance(rule, IfFilled) and rule.is_date) and not (isinstance(rule, Items) and rule.date)
        for _, meaning in _describe_rule(rule)
    )


def _find_options(known: ImportFormat, meanings: set[RowMeaning]) -> Iterator[str]:
    if known.file_name:
        yield f"--format {known.name}"
    if known.needs_scope:
        yield "--scope TOPIC"
    if RowMeaning.TOPIC_UNSUBSCRIBED in meanings:
        yield "--topic-map THEIRS=OURS"
    if _needs_export_time(known):
        yield "--exported-at TIME"
    if known.name.startswith("salesforce-"):
        yield from ("--us-dates", "--zone Etc/GMT+6")


def _describe_rule(rule: Rule) -> Iterator[tuple[str, RowMeaning]]:
    match rule:
        case Always(meaning, topic):
            yield ("anything" if not topic else f"anything; the topic is in `{topic}`"), meaning
        case ByWord():
            where = " + ".join(f"`{column}`" for column in rule.columns)
            yield from _describe_words(where, rule.words)
            if rule.otherwise is not None:
                yield f"{where} has any other word", rule.otherwise
        case IfFilled(column, meaning, _):
            yield f"`{column}` is neither empty nor a no", meaning
        case TopicColumns(prefix, stops):
            where = f"a column `{prefix}…`" if prefix else "any other column"
            yield f"{where} has {_join(stops)}", RowMeaning.TOPIC_UNSUBSCRIBED
        case Items():
            yield from _describe_words(f"`{rule.prefix}[].{rule.word}`", rule.words)
        case _:
            assert_never(rule)


def _describe_words(where: str, words: Mapping[str, RowMeaning]) -> Iterator[tuple[str, RowMeaning]]:
    for meaning in dict.fromkeys(words.values()):
        yield f"{where} is {_join(word for word in words if words[word] is meaning)}", meaning


def _join(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" if word else "empty" for word in words)


if __name__ == "__main__":
    for page, content in make_pages():
        page.write_text(content, encoding="utf-8")
