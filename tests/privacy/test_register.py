"""The register of disclosures can be checked without Heed, by what its page says."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace

import pytest

from heed.domain.preferences.register import DAY_MS
from heed.domain.privacy.disclosure import (
    FIRST_PREVIOUS_HASH,
    DisclosureDetails,
    DisclosureEntry,
    DisclosurePurpose,
    RegisterEnd,
    first_broken_entry,
)
from heed.domain.privacy.retention import DISCLOSURE_DAYS
from tests.support.deployment import NOW, ROOT


def test_the_hash_of_an_entry_is_that_of_the_line_on_the_page() -> None:
    page = (ROOT / "docs" / "privacy.md").read_text()
    (line,) = re.findall(r'^(\{"at":.*\})$', page, re.MULTILINE)
    told = json.loads(line)
    of = DisclosureDetails(
        told["at"], told["what"], DisclosurePurpose(told["purpose"]), told["people"], told["key"]
    )
    entry = DisclosureEntry(told["number"], told["before"], told["before_at"], of)
    written = json.dumps(told, sort_keys=True, separators=(",", ":"))
    assert written == json.dumps(told, separators=(",", ":")), "in order, and without a space"
    assert entry.hash == hashlib.sha256(written.encode()).hexdigest()


def _register(number: int) -> list[tuple[DisclosureEntry, str]]:
    """A register of so many entries, one a day, the newest first, each with its hash."""
    entries: list[DisclosureEntry] = []
    for made in range(number):
        last = entries[-1] if entries else None
        before, before_at = (last.hash, last.details.at) if last else (FIRST_PREVIOUS_HASH, 0)
        of = DisclosureDetails(NOW + made * DAY_MS, "lookup", DisclosurePurpose.LEGAL, 1, "k")
        entries.append(DisclosureEntry(made + 1, before, before_at, of))
    return [(entry, entry.hash) for entry in reversed(entries)]


def _end(register: list[tuple[DisclosureEntry, str]]) -> RegisterEnd:
    entry, told = register[0]
    return RegisterEnd(entry.number, told, entry.details.at)


@pytest.mark.threat(
    "W13",
    "Somebody with write access to the table removes an entry of the register of disclosures.",
    "`heed disclosed` reads to the beginning: the chain and the marked end name the gap wherever it is.",
)
@pytest.mark.parametrize("gone", range(6))
def test_an_entry_that_was_removed_is_missed_wherever_it_was(gone: int) -> None:
    register = _register(6)
    assert first_broken_entry(register, _end(register), NOW + 9 * DAY_MS) is None
    left = register[:gone] + register[gone + 1 :]
    assert first_broken_entry(left, _end(register), NOW + 9 * DAY_MS) == (6 if gone == 0 else 7 - gone)


@pytest.mark.parametrize("at", range(6))
def test_an_entry_that_was_altered_is_missed_wherever_it_was(at: int) -> None:
    register = _register(6)
    end = _end(register)
    entry, _ = register[at]
    forged = replace(entry, details=replace(entry.details, people=7))
    register[at] = (forged, forged.hash)
    assert first_broken_entry(register, end, NOW + 9 * DAY_MS) == (6 if at == 0 else 7 - at)


def test_what_is_older_than_it_is_kept_is_not_missed() -> None:
    register = _register(6)
    kept, end = register[:3], _end(register)  # 6, 5 and 4
    third = NOW + 2 * DAY_MS
    assert first_broken_entry(kept, end, third + DISCLOSURE_DAYS * DAY_MS) is None
    assert first_broken_entry(kept, end, third + DISCLOSURE_DAYS * DAY_MS - 1) == 4
    # The table deletes in no order: an older one may still be there.
    assert first_broken_entry([*kept, register[4]], end, third + DISCLOSURE_DAYS * DAY_MS) is None


def test_a_register_without_its_end_or_all_its_entries_is_broken() -> None:
    register = _register(2)
    assert first_broken_entry(register, None, NOW) == 2
    assert first_broken_entry([], _end(register), NOW) == 2
    assert first_broken_entry([], None, NOW) is None


def test_an_end_stands_alone_once_the_time_of_its_entry_is_over() -> None:
    register = _register(3)
    end = _end(register)
    over = end.at + DISCLOSURE_DAYS * DAY_MS
    assert first_broken_entry([], end, over) is None
    assert first_broken_entry([], end, over - 1) == 3
    # The table deletes in no order: an older one may still be there.
    assert first_broken_entry(register[1:], end, over) is None
    assert first_broken_entry(register[1:], end, over - 1) == 3
    # The end may lag behind an entry that was appended after it.
    newer = _register(4)
    assert first_broken_entry(newer[:1], end, over) is None
