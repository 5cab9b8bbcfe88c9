"""Scrubs a part of a file: finds its people, gets the answers about them, and adds these to each row."""

from __future__ import annotations

import gc
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from operator import attrgetter

from heed.domain.errors import RecordsWithoutMembers
from heed.domain.imports.columns import flatten_record
from heed.entrypoints.bulk_files.delimited import Row, RowKind
from heed.entrypoints.bulk_files.encoding import TextEncoding
from heed.entrypoints.bulk_files.json_records import JsonRecord
from heed.entrypoints.bulk_files.reader import DelimitedFile
from heed.entrypoints.bulk_files.scrub import ANSWER_COLUMNS, LINK_COLUMNS, ScrubWriter, recipient_ids
from heed.use_cases.ports.bulk_files import INVALID_ROW, AnswerPeople, ScrubAnswer, ScrubbedPart

_BATCH = 1_000  # rows; more at a time would be slower, because they leave the cache of the processor
_REASON = attrgetter("reason")
_NO_ROW = (RowKind.HEADER, RowKind.BLANK, RowKind.PIECE)


def scrub_rows(
    file: DelimitedFile, column: int, identity: bytes, answer: AnswerPeople, *, with_links: bool
) -> ScrubbedPart:
    """Scrubs a part of a delimited file (BulkFiles.scrub_part)."""
    writer = ScrubWriter(file.encoding, file.dialect, with_links=with_links)
    rows, data = _mark_long_rows(file), RowKind.DATA
    contents: list[bytes] = []
    counts = Counter[str]()
    with _without_garbage_collector():
        while batch := list(islice(rows, _BATCH)):
            people = [cells for _, kind, _, cells in batch if kind is data]
            addresses = [cells[column] if column < len(cells) else "" for cells in people]
            recipients = recipient_ids(addresses, file.encoding, identity)
            answers = _answer_each(recipients, answer)
            contents.append(writer.write(batch, recipients, answers))
            counts.update(map(_REASON, answers))
            counts[INVALID_ROW.reason] += sum(
                kind not in _NO_ROW for _, kind, _, _ in batch if kind is not data
            )
    return ScrubbedPart(b"".join(contents), +counts)


def _mark_long_rows(file: DelimitedFile) -> Iterator[Row]:
    """Yields the rows. One with more cells than the header is invalid, also if these are empty.

    Its answers would be in the wrong columns.
    """
    width = len(file.header)
    for row in file.rows():
        yield row if len(row.cells) <= width else row._replace(kind=RowKind.TOO_MANY_CELLS)


def scrub_records(
    records: Iterable[JsonRecord],
    encoding: TextEncoding,
    key: str,
    identity: bytes,
    answer: AnswerPeople,
    *,
    with_links: bool,
) -> ScrubbedPart:
    """Scrubs a part of a JSON file (BulkFiles.scrub_part).

    Args:
        records: the records of the part.
        encoding: the encoding of the file.
        key: the column with the address, as `flatten_record` names it.
        identity: the key of recipient ids.
        answer: answers about the people of some rows.
        with_links: whether each record gets links too.

    Raises:
        RecordsWithoutMembers: A record is no object.
    """
    records = list(records)
    for record in records:
        if not isinstance(record.value, Mapping):
            raise RecordsWithoutMembers("a record is no object, so it has no room for answers", record.line)
    addresses = [flatten_record(record.value).get(key, "") for record in records]
    recipients = recipient_ids(addresses, encoding, identity)
    answers = _answer_each(recipients, answer)
    names = (*ANSWER_COLUMNS, *(LINK_COLUMNS if with_links else ()))
    texts = map(
        _add_members, records, (_members(names, *pair) for pair in zip(recipients, answers, strict=True))
    )
    return ScrubbedPart(encoding.encode("".join(texts)), Counter([each.reason for each in answers]))


def _answer_each(recipients: Iterable[str], answer: AnswerPeople) -> list[ScrubAnswer]:
    """Returns the answer about each recipient id; INVALID_ROW for ""."""
    answers = {**answer(set(recipients) - {""}), "": INVALID_ROW}
    return [answers[recipient] for recipient in recipients]


def _members(names: tuple[str, ...], recipient: str, answer: ScrubAnswer) -> str:
    """Returns the members of an answer. What does not exist is null, as in a check."""
    values = (recipient or None, answer.is_sendable, answer.reason, answer.since or None, *answer.links)
    return json.dumps(dict.fromkeys(names) | dict(zip(names, values, strict=False)))[1:-1]


def _add_members(record: JsonRecord, members: str) -> str:
    """Returns the text of a record with further members behind its last one."""
    body = record.text[: record.end - 1].rstrip()
    return f"{body}{'' if body.endswith('{') else ', '}{members}{record.text[len(body) :]}"


@contextmanager
def _without_garbage_collector() -> Iterator[None]:
    """Stops the garbage collector. A part has many objects without cycles, which it would scan repeatedly."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
