"""Sorting in a temporary database: every record comes out, in order, and no file is left."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.adapters.sqlite_sort import _BATCH_RECORDS, SqliteSorter

# Adds more records than SQLite keeps in memory, reads one of them and waits.
SORTING = """
import sys
from contextlib import closing
from heed.adapters.sqlite_sort import SqliteSorter
with closing(SqliteSorter()) as sorter:
    for number in range(60_000):
        sorter.add(number.to_bytes(64, "big"))
    records = iter(sorter)
    next(records)
    print("sorting", flush=True)
    sys.stdin.read()
"""


def sort(records: list[bytes]) -> list[bytes]:
    with closing(SqliteSorter()) as sorter:
        for record in records:
            sorter.add(record)
        return list(sorter)


@given(st.lists(st.binary(min_size=2, max_size=2)))
def test_records_are_sorted_by_their_bytes_and_duplicates_are_kept(records: list[bytes]) -> None:
    assert sort(records) == sorted(records)


@pytest.mark.parametrize("number", [0, 1, _BATCH_RECORDS - 1, _BATCH_RECORDS, 2 * _BATCH_RECORDS, 100_000])
def test_no_number_of_records_loses_one(number: int) -> None:
    records = [index.to_bytes(3, "big") for index in range(number)]
    assert sort(records[::-1]) == records


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="only Linux lists the files without a name")
def test_what_is_on_disk_has_no_name_and_only_its_owner_reads_it_even_after_a_kill(tmp_path: Path) -> None:
    environment = {**os.environ, "SQLITE_TMPDIR": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}  # noqa: TID251
    with subprocess.Popen(
        [sys.executable, "-c", SORTING], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"sorting\n"
        on_disk = [
            open_file.stat()
            for open_file in Path(f"/proc/{process.pid}/fd").iterdir()
            if str(open_file.readlink()).startswith(str(tmp_path))
        ]
        named = list(tmp_path.iterdir())
        process.send_signal(signal.SIGKILL)

    assert sum(file.st_size for file in on_disk) > 60_000 * 64
    assert {(stat.S_IMODE(file.st_mode), file.st_nlink) for file in on_disk} == {(0o600, 0)}
    assert named == [] == list(tmp_path.iterdir())
