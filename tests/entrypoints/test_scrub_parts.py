"""Each row of a part gets the answer of a check, and no other byte of the file changes."""

from __future__ import annotations

import csv
import gc
import io
import json
import re
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.domain.errors import RecordsWithoutMembers
from heed.domain.milliseconds import Millis
from heed.domain.preferences.record import Record
from heed.entrypoints.bulk_files import parts
from heed.entrypoints.bulk_files.parts import UploadedFiles
from heed.entrypoints.http.api.checks import check_to_json
from heed.use_cases.identify import Mention, identify
from heed.use_cases.jobs.scrub_file import answer_people
from heed.use_cases.ports.bulk_files import ScrubAnswer
from heed.use_cases.preferences.check import check_sendable
from tests.support.catalogues import CATALOGUE
from tests.support.fakes import MemoryKeys, MemoryPreferences
from tests.support.growth import LINEAR, measure_growth
from tests.support.strategies import records as any_records

FILES, KEYS = UploadedFiles(), MemoryKeys()
OFFERS, NOW = CATALOGUE.topics[2], Millis(1_772_701_964_390)
ADDED = ("recipient", "sendable", "reason", "since")
YES = ScrubAnswer(is_sendable=True, reason="ok", since="")

addresses = st.sampled_from(["joan@example.com", "<Lee@Example.com>", "zoë@example.com", "none", "", "a,b@x"])
people = st.lists(addresses, min_size=1, max_size=8)
stored = st.lists(any_records(), min_size=3, max_size=3)


def say_yes(recipients: Iterable[str]) -> dict[str, ScrubAnswer]:
    return dict.fromkeys(recipients, YES)


def scrub(data: bytes, rows: int, answer: Any = say_yes) -> bytes:
    """Scrubs a file in parts of so many rows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "MAX_PART_ROWS", rows)
        file = FILES.open_upload(lambda start: iter([data[start:]]))
        split = list(file.parts())
    shape, identity = json.loads(json.dumps(file.shape)), KEYS.identity_key()
    scrubbed = [
        FILES.scrub_part(shape, part.start, part.content, "", identity, answer, with_links=False)
        for part in split
    ]
    for part, result in zip(split, scrubbed, strict=True):
        assert sum(result.rows.values()) == part.end.rows - part.start.rows
    return b"".join(result.content for result in scrubbed)


class Records:
    """The records of three people, and what a check and a scrub answer about them."""

    def __init__(self, found: list[Record]) -> None:
        mentions = map(Mention, ("joan@example.com", "lee@example.com", "zoë@example.com"))
        recipients = [str(person.recipient) for person in identify(mentions, KEYS)]
        self._preferences = MemoryPreferences(dict(zip(recipients, found, strict=True)))

    def answer(self, recipients: Iterable[str]) -> dict[str, ScrubAnswer]:
        return answer_people(recipients, OFFERS, NOW, self._preferences)

    def check(self, mentioned: list[str]) -> list[dict[str, Any]]:
        results = check_sendable(identify(map(Mention, mentioned), KEYS), OFFERS, NOW, self._preferences)
        answers: Any = check_to_json(results, NOW)["results"]
        return [{name: each[name] for name in ADDED} for each in answers]


@given(
    mentioned=people,
    found=stored,
    delimiter=st.sampled_from(",;\t"),
    line_end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "iso-8859-1"]),
    size=st.integers(1, 3),
)
def test_each_row_has_the_answer_of_a_check_behind_it(
    mentioned: list[str], found: list[Record], delimiter: str, line_end: str, encoding: str, size: int
) -> None:
    table = io.StringIO()
    writer = csv.writer(table, delimiter=delimiter, lineterminator=line_end)
    writer.writerows([("name", "email"), *((f'"{n}', each) for n, each in enumerate(mentioned))])
    lines = table.getvalue().split(line_end)[:-1]

    result = scrub(table.getvalue().encode(encoding), size, Records(found).answer).decode(encoding)

    answers = [
        (each["recipient"] or "", str(each["sendable"]).lower(), each["reason"], each["since"] or "")
        for each in Records(found).check(mentioned)
    ]
    added = [delimiter.join(cells) for cells in (ADDED, *answers)]
    assert result == "".join(
        f"{line}{delimiter}{cells}{line_end}" for line, cells in zip(lines, added, strict=True)
    )


@given(
    mentioned=people,
    found=stored,
    form=st.sampled_from(["array", "lines", "pages"]),
    indent=st.sampled_from([None, 2]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    size=st.integers(1, 3),
)
def test_each_json_record_has_the_members_of_a_check_and_nothing_else_changes(
    mentioned: list[str], found: list[Record], form: str, indent: int | None, encoding: str, size: int
) -> None:
    records: list[dict[str, object]] = [{"email": each, "n": {"a": [1e3, "}"]}} for each in mentioned]
    records[1:2] = [{}]
    mentioned[1:2] = [""]
    match form:
        case "array":
            text = json.dumps(records, indent=indent)
        case "lines":
            text = "\n".join(map(json.dumps, records)) + "\n"
        case _:
            text = "\n".join(json.dumps({"items": [each], "next": None}, indent=indent) for each in records)

    result = scrub(text.encode(encoding), size, Records(found).answer).decode(encoding)

    members = r'(, )?"recipient": [^}]*?"since": (null|"[^"]*")'
    assert re.sub(members, "", result) == text
    added = [json.loads(f"{{{each[0].removeprefix(', ')}}}") for each in re.finditer(members, result)]
    assert added == Records(found).check(mentioned)


@given(
    lines=st.lists(
        st.sampled_from(['a@x.com,"b"', 'b@x.com,"two\nlines"', '"open', "a,b,c", "", 'x","y', "email,name"]),
        max_size=20,
    ),
    size=st.integers(1, 3),
)
def test_parts_give_the_same_bytes_as_the_whole(lines: list[str], size: int) -> None:
    data = "\n".join(["email,name", *lines]).encode()
    assert scrub(data, size) == scrub(data, 1_000)


def test_a_row_with_an_empty_cell_too_many_is_invalid_because_its_answers_would_be_in_wrong_columns() -> None:
    result = scrub(b"email,name\na@example.com,Joan,\nb@example.com,Lee\n", 9).decode().splitlines()
    assert result[1] == "a@example.com,Joan,,,false,invalid,"
    assert result[2].startswith("b@example.com,Lee,") and ",invalid," not in result[2]


def test_a_json_record_that_is_no_object_is_refused_with_its_line() -> None:
    with pytest.raises(RecordsWithoutMembers) as failure:
        scrub(b'[{"email": "joan@example.com"},\n"lee@example.com"]', 9)
    assert failure.value.line == 2


def test_the_garbage_collector_runs_again_after_a_failure() -> None:
    def fail(_: object) -> None:
        assert not gc.isenabled()
        raise LookupError

    with pytest.raises(LookupError):
        scrub(b"email\njoan@example.com\n", 9, fail)
    assert gc.isenabled()


def test_the_cost_of_a_scrub_grows_with_its_rows() -> None:
    def make(rows: int) -> bytes:
        return b"name,email\n" + b"".join(b"%d,%d@example.com\n" % (n, n) for n in range(rows))

    assert measure_growth(make, lambda data: scrub(data, 5_000), 200) <= LINEAR
