"""Ids of a list of addresses, and a scrub of a table: rates against the bare hash, and the peak memory.

python -m tests.bench.bulk_files [ROWS]. Each rate is that of the best round, in CPU time. The rounds are
interleaved, so that a busy machine slows all of them. Trust the ratios more than the rates.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from heed.domain.recipients.address import normalise_address
from heed.domain.recipients.recipient import recipient_id
from heed.entrypoints.bulk_files.parts import UploadedFiles
from heed.entrypoints.cli.ids import identify_lines
from heed.entrypoints.cli.recipient_arguments import decode_lines
from heed.use_cases.ports.bulk_files import ScrubAnswer

ROWS = 10_000_000
RATE_ROWS = 100_000
ROUNDS = 5
BATCH = 1_000
KEY = bytes(32)
FILES = UploadedFiles()
SENDABLE = ScrubAnswer(is_sendable=True, reason="ok", since="")
MIN_IDS, MIN_SCRUB = 0.90, 0.65
MAX_MB = 300


def _addresses(count: int) -> Iterator[str]:
    return (f"reader.{n}@example{n % 97}.com" for n in range(count))


def write_list(path: Path, count: int) -> None:
    with path.open("w") as file:
        file.writelines(f"{address}\n" for address in _addresses(count))


def write_table(path: Path, count: int) -> None:
    with path.open("w") as file:
        file.write("email,name,city,joined\n")
        file.writelines(f"{each},Reader {n},Berlin,2024-01-02\n" for n, each in enumerate(_addresses(count)))


def hash_addresses(path: Path, _: Path) -> None:
    """Does what nobody can leave out: normalises and hashes each address."""
    with path.open() as file:
        addresses = file.read().splitlines()
    started_at = time.process_time()
    for address in addresses:
        recipient_id(KEY, normalise_address(address))
    _seconds.append(time.process_time() - started_at)


def compute_ids(path: Path, output: Path) -> None:
    """Does what `heed ids` does with the lines of a file."""
    started_at = time.process_time()
    with path.open("rb") as lines, output.open("w") as ids:
        addresses = decode_lines(lines)
        while batch := list(islice(addresses, BATCH)):
            ids.write("\n".join(identify_lines(batch, KEY)) + "\n")
    _seconds.append(time.process_time() - started_at)


def scrub(path: Path, output: Path) -> None:
    """Does what the workers of a scrub do with the parts of a file. An answer costs nothing.

    What the step before them does, which splits the file, counts for the memory and not for the rate.
    """
    seconds = 0.0
    with path.open("rb") as upload, output.open("wb") as scrubbed:
        file = FILES.open_upload(lambda _: iter(lambda: upload.read(1 << 20), b""))
        for part in file.parts():
            started_at = time.process_time()
            result = FILES.scrub_part(
                file.shape, part.start, part.content, "", KEY, _answer_all, with_links=False
            )
            seconds += time.process_time() - started_at
            scrubbed.write(result.content)
    _seconds.append(seconds)


def _answer_all(recipients: Iterable[str]) -> dict[str, ScrubAnswer]:
    return dict.fromkeys(recipients, SENDABLE)


def split(path: Path, _: Path) -> None:
    """Does what the first step of an import or a scrub does: it splits a file into parts."""
    started_at = time.process_time()
    with path.open("rb") as upload:
        for part in FILES.open_upload(lambda _: iter(lambda: upload.read(1 << 20), b"")).parts():
            len(part.content)
    _seconds.append(time.process_time() - started_at)


_seconds: list[float] = []


def peak_memory(run: Callable[[Path, Path], None], path: Path, output: Path) -> float:
    """Returns the peak memory of a process that does this alone, in MB."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_report_memory, args=(run, path, output, sender))
    process.start()
    peak = float(receiver.recv())
    process.join()
    return peak


def _report_memory(run: Callable[[Path, Path], None], path: Path, output: Path, sender: object) -> None:
    run(path, output)
    sender.send(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)  # type: ignore[attr-defined]


def main() -> int:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    failed = False
    with TemporaryDirectory() as folder:
        addresses, table, output = (Path(folder, name) for name in ("addresses", "table", "output"))
        write_list(addresses, RATE_ROWS)
        write_table(table, RATE_ROWS)
        best = dict.fromkeys((hash_addresses, compute_ids, split, scrub), float("inf"))
        for _ in range(ROUNDS):
            for run in best:
                run(table if run in (split, scrub) else addresses, output)
                best[run] = min(best[run], _seconds.pop())
        bare = best[hash_addresses]
        print(f"bulk: normalise and hash {RATE_ROWS / bare:,.0f} addresses/s")
        for name, run, least in (("heed ids", compute_ids, MIN_IDS), ("scrub", scrub, MIN_SCRUB)):
            ratio = bare / best[run]
            failed |= ratio < least
            print(f"bulk: {name} {RATE_ROWS / best[run]:,.0f} rows/s, {ratio:.2f} of that (at least {least})")
        print(f"bulk: split {RATE_ROWS / best[split]:,.0f} rows/s")
        for name, run, write in (("heed ids", compute_ids, write_list), ("scrub", scrub, write_table)):
            write(table, rows)
            peak = peak_memory(run, table, output)
            failed |= peak > MAX_MB
            print(f"bulk: {name} of {rows:,} rows with {peak:.0f} MB of memory (at most {MAX_MB})")
    return failed


if __name__ == "__main__":
    sys.exit(main())
