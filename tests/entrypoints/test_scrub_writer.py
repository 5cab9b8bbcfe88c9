"""A scrub gives the same file back, with the answers behind each row."""

from __future__ import annotations

import csv
from io import StringIO

from hypothesis import given

from heed.domain.recipients.recipient import recipient_id
from heed.entrypoints.bulk_files.delimited import Row, RowKind
from heed.entrypoints.bulk_files.encoding import LATIN_1
from heed.entrypoints.bulk_files.reader import DelimitedFile
from heed.entrypoints.bulk_files.scrub import (
    ANSWER_COLUMNS,
    LINK_COLUMNS,
    ScrubWriter,
    recipient_ids,
)
from heed.use_cases.ports.bulk_files import INVALID_ROW, ScrubAnswer
from tests.support.import_files import any_bytes, opened_delimited

YES = ScrubAnswer(is_sendable=True, reason="ok", since="")
NO = ScrubAnswer(is_sendable=False, reason="unsubscribed", since="2026-03-05T00:41:02.000Z")
LINKS = (
    "https://x.example/u/1",
    "https://x.example/p/1",
    "<https://x.example/u/1>, <mailto:u@x.example>",
    "a=b",
)


def write(file: DelimitedFile, rows: list[Row], answer: ScrubAnswer) -> bytes:
    writer = ScrubWriter(file.encoding, file.dialect, with_links=bool(answer.links))
    count = sum(row.kind is RowKind.DATA for row in rows)
    return file.encoding.mark + writer.write(rows, ["id"] * count, [answer] * count)


def scrub(text: str, answer: ScrubAnswer = YES) -> str:
    file = opened_delimited(text)
    return write(file, list(file.rows()), answer).decode()


def test_answers_are_behind_each_row_and_the_last_newline_is_as_it_was() -> None:
    assert scrub('name;email\r\n"Smith; Joan";joan@example.com\r\nLee;lee@example.com', NO) == (
        "name;email;recipient;sendable;reason;since\r\n"
        '"Smith; Joan";joan@example.com;id;false;unsubscribed;2026-03-05T00:41:02.000Z\r\n'
        "Lee;lee@example.com;id;false;unsubscribed;2026-03-05T00:41:02.000Z"
    )


def test_an_invalid_row_stays_in_its_place_and_is_not_sendable() -> None:
    assert scrub('email,name\na@example.com,A\n"open\nb@example.com,B,C\n') == (
        "email,name,recipient,sendable,reason,since\n"
        "a@example.com,A,id,true,ok,\n"
        '"open,,false,invalid,\n'
        "b@example.com,B,C,,false,invalid,\n"
    )


def test_a_short_row_is_filled_up_so_that_its_answer_is_in_its_column() -> None:
    rows = list(csv.DictReader(StringIO(scrub("email,name,city\na@example.com\n"))))
    assert rows == [
        {"email": "a@example.com", "name": "", "city": "", "recipient": "id", "sendable": "true"}
        | {"reason": "ok", "since": ""}
    ]


def test_the_address_is_read_without_the_quote_of_a_spreadsheet_and_in_its_own_encoding() -> None:
    key = bytes(32)
    data = b"email\njoan@example.com\n'+joan@example.com\nnobody\n" + "zoë@example.com".encode(LATIN_1)
    file = opened_delimited(data)
    cells = [row.cells[0] for row in file.rows() if row.kind is RowKind.DATA]
    expected = ("joan@example.com", "+joan@example.com", "", "zoë@example.com")
    assert recipient_ids(cells, file.encoding, key) == [each and recipient_id(key, each) for each in expected]


def test_an_empty_line_and_a_header_that_comes_again_stay() -> None:
    assert scrub("email\n\na@example.com\nemail\n") == (
        "email,recipient,sendable,reason,since\n"
        "\n"
        "a@example.com,id,true,ok,\n"
        "email,recipient,sendable,reason,since\n"
    )


def test_links_come_last_and_are_quoted_where_they_have_to_be() -> None:
    (row,) = csv.DictReader(StringIO(scrub("email\na@example.com\n", YES._replace(links=LINKS))))
    assert list(row) == ["email", *ANSWER_COLUMNS, *LINK_COLUMNS]
    assert tuple(row[column] for column in LINK_COLUMNS) == LINKS


def test_a_row_without_links_has_empty_cells_for_them() -> None:
    file = opened_delimited('email\nnobody\n"open\n')
    writer = ScrubWriter(file.encoding, file.dialect, with_links=True)
    header, *rows = csv.reader(StringIO(writer.write(list(file.rows()), [""], [INVALID_ROW]).decode()))
    assert rows[0] == ["nobody", "", "false", "invalid", "", "", "", "", ""]
    assert len(header) == len(rows[0])


def test_a_row_that_is_too_long_is_not_sendable_and_keeps_its_bytes() -> None:
    text = "email\n" + "x" * 200_000 + "\na@example.com\n"
    assert scrub(text) == (
        "email,recipient,sendable,reason,since\n"
        + "x" * 200_000
        + ",,false,invalid,\na@example.com,id,true,ok,\n"
    )


def test_a_file_in_iso_8859_1_or_utf_16_stays_in_it() -> None:
    for encoding in (LATIN_1, "utf-16"):
        file = opened_delimited("email,name\nzoë@example.com,Zoë\n".encode(encoding))
        assert write(file, list(file.rows()), YES).decode(encoding) == (
            "email,name,recipient,sendable,reason,since\nzoë@example.com,Zoë,id,true,ok,\n"
        )


def added_to(row: Row) -> str:
    match row.kind:
        case RowKind.HEADER:
            return ",recipient,sendable,reason,since"
        case RowKind.DATA:
            return "," * (2 - len(row.cells)) + ",id,true,ok,"
        case RowKind.BLANK | RowKind.PIECE:
            return ""
        case _:
            return ",,false,invalid,"


@given(data=any_bytes)
def test_without_the_added_columns_the_output_is_the_input(data: bytes) -> None:
    data = b"email,name\n" + data
    file = opened_delimited(data)
    rows = list(file.rows())
    rest = write(file, rows, YES).decode(file.encoding.name, file.encoding.errors)
    original = ""
    for row in rows:
        body = row.text.rstrip("\r\n")
        end = row.text[len(body) :]
        assert rest.startswith(body + added_to(row) + end)
        rest = rest[len(body + added_to(row) + end) :]
        original += body + end
    assert rest == ""
    assert file.encoding.encode(original) == data
