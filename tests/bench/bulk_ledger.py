"""`heed ledger verify` with a million entries: seconds on one core, and the peak memory.

python -m tests.bench.bulk_ledger [ENTRIES]
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from heed.adapters.sqlite_sort import SqliteSorter
from heed.domain.ledger.entry import canonical_json
from heed.domain.ledger.seal import make_seal
from heed.domain.preferences.register import DAY_MS
from heed.use_cases.ledger.export import EXPORT_FORMAT
from heed.use_cases.ledger.verify import verify_ledger
from tests.support.ledgers import START, entry

ENTRIES = 1_000_000
CHANGES = 4  # entries per person
DAYS = 30
LIMIT = 60  # seconds


def write(path: Path, number: int) -> None:
    """Writes an export with that many entries, sealed over a month."""
    people = number // CHANGES
    with path.open("wb") as file:
        days: dict[int, list[bytes]] = {day: [] for day in range(DAYS)}
        for whose, seq in _all(people):
            days[whose % DAYS].append(entry(whose, seq, at=whose % DAYS * DAY_MS + seq).leaf)
        file.write(canonical_json(EXPORT_FORMAT) + b"\n")
        root = ""
        for day, leaves in days.items():
            leaves.sort()
            made = make_seal(START // DAY_MS + day, root, leaves)
            root = made.root
            file.write(canonical_json({"seal": made.to_document()}) + b"\n")
            for at in range(0, len(leaves), 1000):
                part = [leaf.hex() for leaf in leaves[at : at + 1000]]
                file.write(canonical_json({"leaves": part}) + b"\n")
        file.write(
            canonical_json({"open": make_seal(START // DAY_MS + DAYS, root, []).to_document()}) + b"\n"
        )
        for whose, seq in _all(people):
            made_of = entry(whose, seq, at=whose % DAYS * DAY_MS + seq)
            file.write(canonical_json(made_of.to_document()) + b"\n")


def _all(people: int) -> Iterator[tuple[int, int]]:
    return ((whose, seq) for whose in range(people) for seq in range(1, CHANGES + 1))


def main() -> int:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else ENTRIES
    with TemporaryDirectory() as folder:
        path = Path(folder, "export")
        # In a separate process, so that writing does not count.
        import multiprocessing

        writer = multiprocessing.get_context("spawn").Process(target=write, args=(path, number))
        writer.start()
        writer.join()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        began = time.process_time()
        with path.open("rb") as lines:
            verdict = verify_ledger(lines, SqliteSorter)
        seconds = time.process_time() - began
        size = path.stat().st_size / 1e6
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"ledger: {verdict.entries:,} entries ({size:.0f} MB) verified in {seconds:.1f} s of one core "
        f"(at most {LIMIT} s), {most:.0f} MB of memory ({before:.0f} before), fault: {verdict.fault}"
    )
    return verdict.fault is not None


if __name__ == "__main__":
    sys.exit(main())
