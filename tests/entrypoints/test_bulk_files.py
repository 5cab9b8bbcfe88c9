"""Files of any encoding, dialect and compression are read row by row; each bad input is a clear error."""

from __future__ import annotations

import functools
import gzip
import io
import json
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.domain import errors
from heed.entrypoints.bulk_files import expansion
from heed.entrypoints.bulk_files.delimited import MAX_ROW, Dialect, RowKind, read_rows
from heed.entrypoints.bulk_files.encoding import LATIN_1
from heed.entrypoints.bulk_files.expansion import expand
from heed.entrypoints.bulk_files.json_records import CONTAINERS, MAX_RECORD, read_json_records
from heed.entrypoints.bulk_files.reader import MAX_COLUMNS, DelimitedFile, open_file
from heed.entrypoints.bulk_files.rejects import rejects_header, write_rejects
from tests.support.full import is_full
from tests.support.growth import LINEAR, measure_growth
from tests.support.import_files import any_bytes, in_pieces, opened, opened_delimited

CELLS = st.text(st.characters(codec="utf-16", exclude_characters="\0"), max_size=8) | st.sampled_from(
    ["", '"', '""', "a\nb", "a\r\nb", "\r", ",", ";", "\t", "é", "'=1", "a@example.com", " "]
)
DIALECTS = st.tuples(
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]),
    st.lists(st.sampled_from(["\n", "\r\n", "\r"]), min_size=1, max_size=3),
    st.booleans(),
)


def to_text(rows: list[list[str]], delimiter: str, line_ends: list[str], *, has_last_end: bool) -> str:
    """Returns a table as text, with mixed line ends."""

    def quote(cell: str) -> str:
        needs_quotes = any(sign in cell for sign in f'"\r\n{delimiter}') or len(rows[0]) == 1
        return '"' + cell.replace('"', '""') + '"' if needs_quotes else cell

    lines = [delimiter.join(map(quote, row)) for row in rows]
    ends = [line_ends[number % len(line_ends)] for number in range(len(lines))]
    return "".join(line + end for line, end in zip(lines, ends, strict=True))[: None if has_last_end else -1]


@given(
    rows=st.integers(1, 4).flatmap(
        lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), max_size=6)
    ),
    dialect=DIALECTS,
    size=st.integers(1, 40),
)
def test_any_table_in_any_dialect_and_encoding_reads_back(
    rows: list[list[str]], dialect: tuple[str, str, list[str], bool], size: int
) -> None:
    delimiter, encoding, line_ends, has_last_end = dialect
    header = [f"column {number}" for number in range(len(rows[0]) if rows else 2)]
    text = to_text([header, *rows], delimiter, line_ends, has_last_end=has_last_end or "\r\n" in line_ends)
    data = text.encode(encoding)

    file = open_file(expand(in_pieces(data, size)))

    assert isinstance(file, DelimitedFile)
    assert list(file.header) == header
    read = list(file.rows())
    assert [list(row.cells) for row in read if row.kind is RowKind.DATA] == rows
    assert file.encoding.mark + file.encoding.encode("".join(row.text for row in read)) == data


RECORDS = st.dictionaries(
    st.text(max_size=5), st.text(max_size=8) | st.integers() | st.booleans(), min_size=1
)


@given(
    records=st.lists(RECORDS.filter(lambda record: not CONTAINERS & record.keys()), min_size=1, max_size=6),
    form=st.sampled_from(["array", "lines", "page", "pages"]),
    indent=st.sampled_from([None, 2]),
    size=st.integers(1, 40),
)
def test_any_records_in_any_form_of_json_read_back(
    records: list[dict[str, Any]], form: str, indent: int | None, size: int
) -> None:
    match form:
        case "array":
            text = json.dumps(records, indent=indent)
        case "lines":
            text = "\n".join(json.dumps(record) for record in records)
        case "page":
            text = json.dumps({"count": len(records), "results": records, "next": None}, indent=indent)
        case _:
            text = "\n".join(json.dumps({"emails": [record]}, indent=indent) for record in records)
    found = list(read_json_records(text[at : at + size] for at in range(0, len(text), size)))
    values = [each.value for each in found]
    assert "".join(each.text for each in found) == text
    assert values == [json.loads(json.dumps(record), parse_int=str) for record in records]


@given(data=any_bytes, size=st.integers(1, 9))
def test_no_byte_of_any_file_is_lost(data: bytes, size: int) -> None:
    try:
        file = open_file(in_pieces(data, size))
    except errors.FileRefused:
        return
    if isinstance(file, DelimitedFile):
        try:
            text = "".join(row.text for row in file.rows())
        except errors.DamagedFile:
            return
        assert file.encoding.mark + file.encoding.encode(text) == data


def kinds(text: str) -> list[tuple[int, str, list[str]]]:
    rows = read_rows([text], Dialect(",", ("a", "b")))
    return [(row.line, row.kind.value, list(row.cells)) for row in rows]


def test_a_quote_that_never_closes_is_one_invalid_row_and_reading_goes_on() -> None:
    assert kinds('a,b\n"x\ny",1\n"open,2\nz,3\n') == [
        (1, "header", ["a", "b"]),
        (2, "data", ["x\ny", "1"]),
        (4, "bad-quotes", []),
        (5, "data", ["z", "3"]),
    ]


def test_text_behind_a_closing_quote_is_one_invalid_row() -> None:
    assert kinds('a,b\n"x"y,1\nz,2') == [
        (1, "header", ["a", "b"]),
        (2, "bad-quotes", []),
        (3, "data", ["z", "2"]),
    ]


def test_a_row_with_more_cells_than_the_header_is_invalid_unless_they_are_empty() -> None:
    assert kinds("a,b\n1,2,3\n1,2,,\n1\n")[1:] == [
        (2, "too-many-cells", ["1", "2", "3"]),
        (3, "data", ["1", "2", "", ""]),
        (4, "data", ["1"]),
    ]


def test_a_header_that_comes_again_is_no_row_and_an_empty_line_neither() -> None:
    assert [kind for _, kind, _ in kinds("a,b\r\n\r\n1,2\ra,b\n3,4")] == [
        "header",
        "blank",
        "data",
        "header",
        "data",
    ]


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_row_of_10_mb_is_one_invalid_row_and_memory_stays_flat(quote: str) -> None:
    def texts() -> Iterator[str]:
        yield f"a,b\n{quote}"
        for _ in range(160):
            yield "x" * MAX_ROW
        yield f"{quote}\nz,2\n"

    tracemalloc.start()
    rows = [(row.line, row.kind) for row in read_rows(texts(), Dialect(",", ("a", "b")))]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert [row for row in rows if row[1] is not RowKind.PIECE] == [
        (1, RowKind.HEADER),
        (2, RowKind.TOO_LONG),
        (3, RowKind.DATA),
    ]
    assert peak < 32 * MAX_ROW


def test_a_row_that_is_not_utf_8_is_iso_8859_1_and_its_bytes_stay() -> None:
    data = b"email,name\n" + "joan@example.com,Zoë\n".encode() + "lee@example.com,Zoë\n".encode(LATIN_1)
    assert [record.fields["name"] for record in opened(data).records()] == ["Zoë", "Zoë"]

    file = opened_delimited(data)
    rows = list(file.rows())
    assert [file.encoding.is_valid(row.text) for row in rows] == [True, True, False]
    assert file.encoding.encode("".join(row.text for row in rows)) == data


def test_of_two_columns_with_one_name_the_first_counts() -> None:
    (record,) = opened("email,name,EMAIL\njoan@example.com,Joan,lee@example.com\n").records()
    assert record.fields == {"email": "joan@example.com", "name": "Joan"}


def test_the_quote_of_a_spreadsheet_before_a_formula_is_taken_off() -> None:
    (record,) = opened("email,a,b,c\n'+joan@example.com,'=1,''=1,'x\n").records()
    assert record.fields == {"email": "+joan@example.com", "a": "=1", "b": "''=1", "c": "'x"}


def test_a_list_of_addresses_and_the_import_file_of_ses_need_no_header() -> None:
    lines = [record.line for record in opened("joan@example.com\nlee@example.com\n").records()]
    assert (opened("joan@example.com").header, lines) == (("email",), [1, 2])
    assert opened("joan@example.com,BOUNCE\n").header == ("emailAddress", "reason")


JSON_FILES = {
    "an object": '{"email": "a@example.com"}',
    "an array": '[{"email": "a@example.com"}, {"email": "b@example.com"}]',
    "an array of texts": '["a@example.com",\n"b@example.com"]',
    "lines": '{"email": "a@example.com"}\r\n{"email": "b@example.com"}\r\n',
    "pages": '{"emails": [{"email": "a@example.com"}]}\n{"emails": [{"email": "b@example.com"}]}',
    "an array of pages": '[{"data": {"results": [{"email": "a@example.com"}]}}, {"emails": []}]',
}


@pytest.mark.parametrize("name", JSON_FILES)
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_each_form_of_json_gives_its_records(name: str, size: int) -> None:
    file = open_file(in_pieces(JSON_FILES[name].encode(), size))
    addresses = [record.fields["email"] for record in file.records()]
    assert addresses == ["a@example.com", "b@example.com"][: len(addresses)]
    assert len(addresses) == JSON_FILES[name].count("@")


@pytest.mark.parametrize("name", sorted(CONTAINERS))
@pytest.mark.parametrize("member", [[], {}, ["lee@example.com"], {"email": "lee@example.com"}])
def test_an_object_with_an_address_is_a_record_even_if_a_member_is_called_like_that_of_a_page(
    name: str, member: object
) -> None:
    objects: list[dict[str, object]] = [
        {"email": "a@example.com", name: member},
        {name: member, "Email Address": "b@example.com"},
        {"to": "c@example.com", name: member},
        {"email": None, name: member},
    ]
    text = "\n".join(map(json.dumps, objects))
    assert [record.value for record in read_json_records([text])] == objects


@pytest.mark.parametrize(
    "text",
    [
        '\n{"contact": {"mail": "a@example.com"}, "items": []}',
        '\n{"items": [], "customer": "a@example.com"}',
        '\n{"email": "a@example.com", "items": ["' + '","' * MAX_RECORD + '"]}',
        '\n{"items": ["' + '","' * MAX_RECORD + '"], "email": "a@example.com"}',
    ],
)
def test_an_object_that_may_be_a_record_or_a_page_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(errors.MalformedJson) as failure:
        list(read_json_records([text]))
    assert failure.value.line == 2


def test_a_page_may_name_its_range_and_the_address_of_the_next_page() -> None:
    next_page = "https://api.example/v3/unsubscribes?page=next&address=a@example.com"
    page = {"from": 0, "to": 100, "paging": {"next": next_page}, "items": [{"email": "b@example.com"}]}
    assert [record.value for record in read_json_records([json.dumps(page)])] == page["items"]


def test_a_record_of_json_has_the_line_at_which_it_begins() -> None:
    text = '{"emails": [\n {"email":\n "a@example.com"},\n {"email": "b@example.com"}]}\n'
    assert [record.line for record in opened(text).records()] == [2, 4]


def test_parts_of_a_record_that_are_deep_or_have_a_long_name_are_left_out() -> None:
    deep = json.loads('{"a":' * 20 + "1" + "}" * 20)
    record = {
        "email": "a@example.com",
        "n" * 301: {"x": 1},
        "deep": deep,
        "b": {"c": [1, "2", None, True, {}]},
    }
    (read,) = opened(json.dumps(record)).records()
    assert read.fields == {"email": "a@example.com", "b.c.0": "1", "b.c.1": "2", "b.c.2": "", "b.c.3": "true"}


def test_a_value_that_is_no_record_is_an_invalid_row() -> None:
    assert [record.fault for record in opened('[{"email": "a"}, true, null]').records()] == [
        "",
        "not-an-object",
        "not-an-object",
    ]


def zipped(*files: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", method) as writer:
        for name, data in files:
            writer.writestr(name, data)
    return archive.getvalue()


class _Pipe(io.RawIOBase):
    """A file that cannot go back, so that the archive has its sizes behind the data."""

    def __init__(self) -> None:
        super().__init__()
        self.data = b""

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.data += bytes(data)
        return len(data)


def streamed_zip(data: bytes, *, is_large: bool) -> bytes:
    pipe = _Pipe()
    with (
        zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as writer,
        writer.open("list.csv", "w", force_zip64=is_large) as file,
    ):
        file.write(data)
    return pipe.data


def table(rows: int) -> bytes:
    return b"email,name\n" + b"".join(b"reader%d@example.com,%d\n" % (n, n * 7919) for n in range(rows))


TABLE = table(500)
COMPRESSED: dict[str, bytes] = {
    "gzip": gzip.compress(TABLE),
    "gzip of two parts": gzip.compress(TABLE[:100]) + gzip.compress(TABLE[100:]) + b"\0" * 20,
    "zip": zipped(("list.csv", TABLE)),
    "zip without compression": zipped(("list.csv", TABLE), method=zipfile.ZIP_STORED),
    "zip of macOS": zipped(("a/", b""), ("a/list.csv", TABLE), ("__MACOSX/a/._list.csv", b"fork")),
    "streamed zip": streamed_zip(TABLE, is_large=False),
    "streamed zip64": streamed_zip(TABLE, is_large=True),
}


@pytest.mark.parametrize("name", COMPRESSED)
@pytest.mark.parametrize("size", [1, 1000, 1 << 20])
def test_a_compressed_file_is_expanded(name: str, size: int) -> None:
    assert b"".join(expand(in_pieces(COMPRESSED[name], size))) == TABLE


@pytest.mark.parametrize("name", COMPRESSED)
def test_a_truncated_or_damaged_file_is_refused(name: str) -> None:
    data = COMPRESSED[name]
    for size in range(4, len(data) // 2, 97):
        with pytest.raises(errors.DamagedFile):
            list(expand([data[:size]]))
    at = len(data) // 3
    with pytest.raises(errors.DamagedFile):
        list(expand([data[:at] + bytes([data[at] ^ 0xFF, data[at + 1] ^ 0xFF]) + data[at + 2 :]]))


def gzip_bomb() -> Iterator[bytes]:
    compressor = zlib.compressobj(9, zlib.DEFLATED, 31)
    for _ in range(64):
        yield compressor.compress(b"a\n" * (1 << 19))
    yield compressor.flush()


REFUSED: dict[str, tuple[Callable[[], Any], type[errors.FileRefused], str]] = {
    "an empty file": (lambda: [b""], errors.EmptyFile, "empty"),
    "a file of empty lines": (lambda: [b"\xef\xbb\xbf\r\n\n"], errors.EmptyFile, "empty"),
    "an empty array": (lambda: [b" []"], errors.EmptyFile, "no record"),
    "no header": (lambda: [b"joan@example.com,Joan\n"], errors.MalformedHeader, "line 1: .*no header"),
    "a header with an open quote": (lambda: [b'"email\n'], errors.MalformedHeader, "line 1"),
    "a file without line ends": (lambda: [b"x" * (MAX_ROW + 1)], errors.MalformedHeader, "64 kB"),
    "too many columns": (lambda: [b"a," * MAX_COLUMNS + b"b\n"], errors.MalformedHeader, "500"),
    "a record with too many columns": (
        lambda: [json.dumps({f"c{n}": n for n in range(MAX_COLUMNS + 1)}).encode()],
        errors.MalformedHeader,
        "500",
    ),
    "JSON that ends": (lambda: [b'{"emails": [\n{"email": "a"},\n'], errors.MalformedJson, "line 3"),
    "JSON with an error": (lambda: [b'[{"email": "a"},\n{"email" 1}]'], errors.MalformedJson, "line 2"),
    "a record that is too long": (
        lambda: [b'[{"email": "a@example.com", "a": "b"},\n{"a": "', b"x" * (MAX_RECORD + 1), b'"}]'],
        errors.MalformedJson,
        "line 2",
    ),
    "members that are too long together": (
        lambda: [b'[{"a": "b"},\n{"a": "', b"x" * 40_000, b'", "b": "', b"x" * 40_000, b'"}]'],
        errors.MalformedJson,
        "line 2",
    ),
    "JSON with a record far away": (
        lambda: [b'[{"a": "b"},\n', b" " * (1 << 20), b'{"a": "b"}]'],
        errors.MalformedJson,
        "line 2: .*1 MB",
    ),
    "deep JSON": (lambda: [b"[" * 100_000], errors.MalformedJson, "line 1"),
    "deep JSON in a record": (lambda: [b'{"a":' * 50_000], errors.MalformedJson, "line 1"),
    "half a character of UTF-16": (lambda: [b"\xff\xfea\0\n\0b"], errors.DamagedFile, "within a character"),
    "a gzip bomb": (gzip_bomb, errors.FileTooLarge, "100 times"),
    "a zip bomb": (lambda: [zipped(("a", b"a\n" * (4 << 20)))], errors.FileTooLarge, "100 times"),
    "an archive of two files": (
        lambda: [zipped(("a", b"a"), ("b", b"b"))],
        errors.UnsupportedArchive,
        "more than one file",
    ),
    "an archive without a file": (lambda: [zipped(("a/", b""))], errors.UnsupportedArchive, "no file"),
    "an archive of a rare method": (
        lambda: [zipped(("a", TABLE), method=zipfile.ZIP_BZIP2)],
        errors.UnsupportedArchive,
        "rare method",
    ),
    "an encrypted archive": (
        lambda: [b"PK\x03\x04\x14\0\x01\0\x08\0" + bytes(20)],
        errors.UnsupportedArchive,
        "encrypted",
    ),
    "an archive that does not say its size": (
        lambda: [b"PK\x03\x04\x14\0\x08\0\0\0" + bytes(20)],
        errors.UnsupportedArchive,
        "where its file ends",
    ),
}


@pytest.mark.threat(
    "T18",
    "A compressed file expands without end, or a file has a row, a header or JSON without end.",
    "Files are read as a stream. Their size, ratio, rows and columns have limits.",
)
@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_cannot_be_read_is_refused_with_its_reason(name: str) -> None:
    make, kind, reason = REFUSED[name]
    with pytest.raises(kind, match=reason):
        list(open_file(expand(make())).records())


def test_a_file_is_refused_when_more_arrives_than_may_be_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expansion, "MAX_BYTES", 2_000)
    with pytest.raises(errors.FileTooLarge, match="5 GiB"):
        list(expand(in_pieces(TABLE, 100)))


def test_a_gzip_file_may_not_expand_as_far_as_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expansion, "MAX_GZIP_BYTES", len(TABLE) - 1)
    assert b"".join(expand([COMPRESSED["zip"]])) == TABLE
    with pytest.raises(errors.FileTooLarge):
        list(expand([COMPRESSED["gzip"]]))


@pytest.mark.threat(
    "T7",
    "A cell of an imported file runs as a formula in the spreadsheet of whom the rejected rows are for.",
    "A cell that begins as a formula gets a quote before it.",
)
def test_rejected_rows_come_back_with_line_and_reason_and_no_formula() -> None:
    file = opened('email,note\r\n=cmd,"a\nb"\r\n"open,1\n-1,\'@x\n')
    lines = [rejects_header(file.header), *write_rejects((record, "why") for record in file.records())]
    assert b"".join(lines).decode() == "line,why,email,note\n2,why,'=cmd,\"a\nb\"\n4,why\n5,why,'-1,'@x\n"


LINES: dict[str, str] = {
    "rows": "a@example.com,1\n",
    "quoted rows": '"a@example.com","1"\n',
    "rows of two lines": '"a\nb",1\n',
    "open quotes": '"a\n',
    "a quote in a cell": 'x","y\n',
    "closed and open": '"a","\n',
    "quotes of quotes": 'x,"""\n',
    "text behind a quote": '"a"b,"\n',
    "carriage returns": "\r",
    "long rows": "x" * (MAX_ROW + 1) + "\n",
    "quotes": '"',
    "commas": ",",
}


@pytest.mark.system
@pytest.mark.parametrize("name", LINES)
def test_the_cost_of_a_delimited_file_is_linear(name: str) -> None:
    def make(size: int) -> str:
        return LINES[name] * (size // len(LINES[name]) + 1)

    def read(text: str) -> None:
        for _ in read_rows(in_texts(text), Dialect(",", ("a", "b"))):
            pass

    assert measure_growth(make, read, 1 << (17 if is_full() else 15)) <= LINEAR


def in_texts(text: str) -> Iterator[str]:
    return (text[at : at + 1000] for at in range(0, len(text), 1000))


@pytest.mark.system
@pytest.mark.parametrize(
    "unit", ['{"email":"a"}\n', '{"email":"a"},', " ", '{"emails":[', "[],", '{"emails":[]},']
)
def test_the_cost_of_a_json_file_is_linear(unit: str) -> None:
    def read(data: bytes) -> None:
        try:
            for _ in open_file(in_pieces(data, 1000)).records():
                pass
        except errors.FileRefused:
            pass

    size = 1 << (16 if is_full() else 14)
    assert measure_growth(lambda size: b"[" + unit.encode() * (size // len(unit)), read, size) <= LINEAR


def _gzip_fast(data: bytes) -> bytes:
    return gzip.compress(data, compresslevel=1)


def _zip_stored(data: bytes) -> bytes:
    return zipped(("list.csv", data), method=zipfile.ZIP_STORED)


@pytest.mark.system
@pytest.mark.parametrize("compress", [_gzip_fast, _zip_stored], ids=["gzip", "zip"])
@pytest.mark.parametrize("piece", [100, 1 << 30])
def test_the_cost_of_expansion_is_linear(compress: Callable[[bytes], bytes], piece: int) -> None:
    def read(data: bytes) -> None:
        for _ in expand(in_pieces(data, piece)):
            pass

    block = table(4_000)  # longer than what gzip looks back to
    make = functools.cache(lambda blocks: compress(block * blocks))  # it takes longer than the expansion
    assert measure_growth(make, read, 4 if is_full() else 1) <= LINEAR
