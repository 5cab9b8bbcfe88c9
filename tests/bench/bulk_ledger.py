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
CHANGES_PER_PERSON = 4  # entries per person
DAYS = 30
MAX_SECONDS = 60


def write_export(path: Path, entry_count: int) -> None:
    """Writes an export with this number of entries, sealed over a month."""
    people = entry_count // CHANGES_PER_PERSON
    with path.open("wb") as file:
        days: dict[int, list[bytes]] = {day: [] for day in range(DAYS)}
        for person, seq in _entry_numbers(people):
            days[person % DAYS].append(entry(person, seq, at=person % DAYS * DAY_MS + seq).leaf)
        file.write(canonical_json(EXPORT_FORMAT) + b"\n")
        root = ""
        for day, leaves in days.items():
            leaves.sort()
            seal = make_seal(START // DAY_MS + day, root, leaves)
            root = seal.root
            file.write(canonical_json({"seal": seal.to_document()}) + b"\n")
            for at in range(0, len(leaves), 1000):
                part = [leaf.hex() for leaf in leaves[at : at + 1000]]
                file.write(canonical_json({"leaves": part}) + b"\n")
        file.write(
            canonical_json({"open": make_seal(START // DAY_MS + DAYS, root, []).to_document()}) + b"\n"
        )
        for person, seq in _entry_numbers(people):
            ledger_entry = entry(person, seq, at=person % DAYS * DAY_MS + seq)
            file.write(canonical_json(ledger_entry.to_document()) + b"\n")


def _entry_numbers(people: int) -> Iterator[tuple[int, int]]:
    return ((person, seq) for person in range(people) for seq in range(1, CHANGES_PER_PERSON + 1))


def main() -> int:
    entry_count = int(sys.argv[1]) if len(sys.argv) > 1 else ENTRIES
    with TemporaryDirectory() as folder:
        path = Path(folder, "export")
        # In a separate process, so that writing does not count.
        import multiprocessing

        writer = multiprocessing.get_context("spawn").Process(target=write_export, args=(path, entry_count))
        writer.start()
        writer.join()
        mb_before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        started_at = time.process_time()
        with path.open("rb") as lines:
            verdict = verify_ledger(lines, SqliteSorter)
        seconds = time.process_time() - started_at
        size = path.stat().st_size / 1e6
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"ledger: {verdict.entries:,} entries ({size:.0f} MB) verified in {seconds:.1f} s of one core "
        f"(at most {MAX_SECONDS} s), {peak_mb:.0f} MB of memory ({mb_before:.0f} before), "
        f"fault: {verdict.fault}"
    )
    return verdict.fault is not None


if __name__ == "__main__":
    sys.exit(main())
