"""What the cells of a row say, by the rules of its format."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import count
from typing import NamedTuple, assert_never

from heed.domain.imports.columns import ADDRESS_COLUMNS, flatten_record
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

_NEGATIVE = frozenset({"", "false", "0", "no", "none", "null"})
_LIST_SIGNS = " \t[]'\""  # around a word of a list


class Finding(NamedTuple):
    """What a row says once.

    Attributes:
        meaning: what it means.
        word: the word in the table of formats that says so. It is never the text of a cell.
    """

    meaning: RowMeaning
    word: str


class Statement(NamedTuple):
    """A finding, with the cells that belong to it.

    Attributes:
        finding: what the row says; None if its word is unknown.
        date: the cell with its date; "" if it is the date of the row.
        topic: the vendor's name of the topic, or "".
    """

    finding: Finding | None
    date: str = ""
    topic: str = ""


def read_statements(fields: Mapping[str, str], known: ImportFormat) -> list[Statement]:
    """Returns all that a row says."""
    if known.json_column:
        fields = {**fields, **_read_json(known.json_column, fields)}
    return [statement for rule in known.rules for statement in _apply_rule(rule, fields, known)]


def _apply_rule(rule: Rule, fields: Mapping[str, str], known: ImportFormat) -> Iterator[Statement]:
    match rule:
        case Always(meaning, topic):
            yield Statement(
                Finding(meaning, known.name.partition("-")[2] or known.name), topic=fields.get(topic, "")
            )
        case ByWord():
            yield from _read_words(rule, fields)
        case IfFilled(column, meaning, is_date):
            cell = fields.get(column, "").strip()
            is_filled = cell.lower() not in _NEGATIVE
            finding = Finding(meaning if is_filled else RowMeaning.SUBSCRIBED, column)
            yield Statement(finding, date=cell if is_date else "")
        case TopicColumns():
            for topic in _find_stopped_topics(rule, fields, known):
                yield Statement(Finding(RowMeaning.TOPIC_UNSUBSCRIBED, min(rule.stops)), topic=topic)
        case Items(prefix, word, words, date, topic):
            for number in count():
                item = f"{prefix}.{number}."
                if item + word not in fields:
                    return
                yield Statement(
                    _find_word(fields[item + word], words),
                    fields.get(item + date, ""),
                    fields.get(item + topic, ""),
                )
        case _:
            assert_never(rule)


def _read_words(rule: ByWord, fields: Mapping[str, str]) -> Iterator[Statement]:
    cells = [fields.get(column, "") for column in rule.columns]
    topic = fields.get(rule.topic, "")
    for text in cells[0].split(",") if rule.is_list else [" ".join(filter(None, cells))]:
        word = text.strip(_LIST_SIGNS)
        findings = (_find_word(each, rule.words) for each in (word, *cells))
        finding = next(filter(None, findings), None)
        if finding is None and rule.otherwise is not None:
            finding = Finding(rule.otherwise, rule.otherwise.value)
        is_topic = finding is not None and finding.meaning is RowMeaning.TOPIC_UNSUBSCRIBED
        yield Statement(finding, topic=(word if rule.is_list else topic) if is_topic else "")


def _find_word(text: str, words: Mapping[str, RowMeaning]) -> Finding | None:
    word = text.strip().lower()
    return Finding(words[word], word) if word in words else None


def _find_stopped_topics(rule: TopicColumns, fields: Mapping[str, str], known: ImportFormat) -> Iterator[str]:
    others = {*rule.other_columns, *known.addresses, *ADDRESS_COLUMNS}
    for name, cell in fields.items():
        topic = name.removeprefix(rule.prefix)
        is_topic = name.startswith(rule.prefix) and name not in others and not (rule.prefix and "." in topic)
        if is_topic and cell.strip().lower() in rule.stops:
            yield topic


def _read_json(column: str, fields: Mapping[str, str]) -> dict[str, str]:
    """Returns the fields of a cell with JSON; none if it is not JSON."""
    try:
        value = json.loads(fields.get(column, ""), parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return {}
    return flatten_record({column: value})
