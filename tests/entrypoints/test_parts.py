"""A file is split into parts, and each part is read alone as it is within the file."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.entrypoints.bulk_files import parts
from heed.entrypoints.bulk_files.expansion import expand
from heed.entrypoints.bulk_files.parts import UploadedFiles
from heed.entrypoints.bulk_files.reader import open_file
from heed.use_cases.ports.bulk_files import FilePart, FileRecord, ReadUpload, SplitFile

FILES = UploadedFiles()
LINES = st.lists(
    st.sampled_from(['a@x.com,"b"', 'b@x.com,"two\nlines"', '"open', "a,b,c", "", 'x","y', "email,name"]),
    max_size=30,
)


def upload_of(data: bytes, size: int = 1 << 20) -> ReadUpload:
    return lambda start: (data[at : at + size] for at in range(start, len(data), size))


def read_whole(data: bytes) -> list[FileRecord]:
    return list(open_file(expand([data])).records())


def read_parts(file: SplitFile, split: list[FilePart]) -> list[FileRecord]:
    shape = json.loads(json.dumps(file.shape))
    return [record for part in split for record in FILES.open_part(shape, part.start, part.content).records()]


@pytest.fixture(autouse=True, params=[1, 3])
def small_parts(request: pytest.FixtureRequest) -> Iterator[None]:
    """Parts of so many rows, because each place where a part can end is a case of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "MAX_PART_ROWS", request.param)
        yield


@given(
    lines=LINES, line_end=st.sampled_from(["\n", "\r\n"]), encoding=st.sampled_from(["utf-8-sig", "utf-16"])
)
def test_the_parts_of_a_delimited_file_have_its_records_and_its_bytes(
    lines: list[str], line_end: str, encoding: str
) -> None:
    data = line_end.join(["email,name", *lines]).encode(encoding)
    file = FILES.open_upload(upload_of(data, 7))
    split = list(file.parts())
    whole = read_whole(data)
    assert read_parts(file, split) == whole
    assert data.endswith(b"".join(part.content for part in split))
    assert split[-1].end.rows == len(whole)
    assert split[-1].end.offset == len(data)


@given(lines=LINES, at=st.integers(0, 30), is_compressed=st.booleans())
def test_splitting_goes_on_where_it_stopped(lines: list[str], at: int, is_compressed: bool) -> None:
    text = "\n".join(["email,name", *lines]).encode()
    upload = upload_of(gzip.compress(text) if is_compressed else text)
    file = FILES.open_upload(upload)
    split = list(file.parts())
    first = split[: at + 1]
    again = FILES.open_upload(upload, json.loads(json.dumps(file.shape)), first[-1].end)
    if len(first) < len(split):
        assert [*first, *again.parts()] == split


@given(count=st.integers(1, 9), at=st.integers(0, 8))
def test_a_json_file_is_split_into_its_records(count: int, at: int) -> None:
    data = json.dumps({"items": [{"email": f"{n}@x.com", "n": n} for n in range(count)]}, indent=1).encode()
    file = FILES.open_upload(upload_of(data))
    split = list(file.parts())
    assert read_parts(file, split) == read_whole(data)
    if at < len(split):
        again = FILES.open_upload(upload_of(data), file.shape, split[at].end)
        assert list(again.parts()) == split[at + 1 :]


def test_a_long_row_stays_in_one_part() -> None:
    data = b"email,name\n" + b"x" * 200_000 + b"\na@x.com,A\n"
    file = FILES.open_upload(upload_of(data))
    assert read_parts(file, list(file.parts())) == read_whole(data)


def test_memory_stays_flat_while_a_large_file_is_split(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "MAX_PART_ROWS", 5_000)
    rows, long_name = 60_000, b"x" * 300

    def read(_: int) -> Iterator[bytes]:
        yield b"email,name\n"
        for _ in range(rows // 1_000):
            yield (b"somebody@example.com," + long_name + b"\n") * 1_000

    tracemalloc.start()
    try:
        counted: Any = sum(1 for _ in FILES.open_upload(read).parts())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert counted == rows // 5_000
    assert peak < 10 << 20
