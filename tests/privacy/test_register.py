"""Anybody can verify the register of disclosures without Heed, with the description in docs/privacy.md."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace

import pytest

from heed.domain.milliseconds import Millis
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


def test_the_hash_of_an_entry_is_the_hash_that_the_page_describes() -> None:
    page = (ROOT / "docs" / "privacy.md").read_text()
    (line,) = re.findall(r'^(\{"at":.*\})$', page, re.MULTILINE)
    document = json.loads(line)
    details = DisclosureDetails(
        document["at"],
        document["what"],
        DisclosurePurpose(document["purpose"]),
        document["people"],
        document["key"],
    )
    entry = DisclosureEntry(document["number"], document["before"], document["before_at"], details)
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"))
    assert canonical == json.dumps(document, separators=(",", ":")), "sorted, without spaces"
    assert entry.hash == hashlib.sha256(canonical.encode()).hexdigest()


def _make_register(count: int) -> list[tuple[DisclosureEntry, str]]:
    """Returns a register with one entry for each day, the newest first, each with its hash."""
    entries: list[DisclosureEntry] = []
    for index in range(count):
        last = entries[-1] if entries else None
        before, before_at = (last.hash, last.details.at) if last else (FIRST_PREVIOUS_HASH, 0)
        details = DisclosureDetails(Millis(NOW + index * DAY_MS), "lookup", DisclosurePurpose.LEGAL, 1, "k")
        entries.append(DisclosureEntry(index + 1, before, Millis(before_at), details))
    return [(entry, entry.hash) for entry in reversed(entries)]


def _end(register: list[tuple[DisclosureEntry, str]]) -> RegisterEnd:
    entry, entry_hash = register[0]
    return RegisterEnd(entry.number, entry_hash, entry.details.at)


@pytest.mark.threat(
    "W13",
    "An attacker with write access to the table removes an entry of the register of disclosures.",
    "`heed disclosed` reads the whole register. The hash chain and its stored end reveal any gap.",
)
@pytest.mark.parametrize("removed", range(6))
def test_the_register_reveals_a_removed_entry_in_any_position(removed: int) -> None:
    register = _make_register(6)
    assert first_broken_entry(register, _end(register), Millis(NOW + 9 * DAY_MS)) is None
    others = register[:removed] + register[removed + 1 :]
    first_broken = first_broken_entry(others, _end(register), Millis(NOW + 9 * DAY_MS))
    assert first_broken == (6 if removed == 0 else 7 - removed)


@pytest.mark.parametrize("index", range(6))
def test_the_register_reveals_an_altered_entry_in_any_position(index: int) -> None:
    register = _make_register(6)
    end = _end(register)
    entry, _ = register[index]
    forged = replace(entry, details=replace(entry.details, people=7))
    register[index] = (forged, forged.hash)
    assert first_broken_entry(register, end, Millis(NOW + 9 * DAY_MS)) == (6 if index == 0 else 7 - index)


def test_entries_older_than_the_retention_time_may_be_missing() -> None:
    register = _make_register(6)
    latest, end = register[:3], _end(register)  # entries 6, 5 and 4
    third = NOW + 2 * DAY_MS
    assert first_broken_entry(latest, end, Millis(third + DISCLOSURE_DAYS * DAY_MS)) is None
    assert first_broken_entry(latest, end, Millis(third + DISCLOSURE_DAYS * DAY_MS - 1)) == 4
    # The table deletes in any order, so an older entry may remain.
    assert first_broken_entry([*latest, register[4]], end, Millis(third + DISCLOSURE_DAYS * DAY_MS)) is None


def test_a_register_without_its_end_or_without_entries_is_broken() -> None:
    register = _make_register(2)
    assert first_broken_entry(register, None, NOW) == 2
    assert first_broken_entry([], _end(register), NOW) == 2
    assert first_broken_entry([], None, NOW) is None


def test_an_end_without_entries_is_valid_after_the_retention_time() -> None:
    register = _make_register(3)
    end = _end(register)
    expiry = Millis(end.at + DISCLOSURE_DAYS * DAY_MS)
    assert first_broken_entry([], end, expiry) is None
    assert first_broken_entry([], end, Millis(expiry - 1)) == 3
    # The table deletes in any order, so an older entry may remain.
    assert first_broken_entry(register[1:], end, expiry) is None
    assert first_broken_entry(register[1:], end, Millis(expiry - 1)) == 3
    # The stored end may be older than the newest entry.
    newer = _make_register(4)
    assert first_broken_entry(newer[:1], end, expiry) is None
