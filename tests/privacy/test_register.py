"""The register of disclosures can be checked without Heed, by what its page says."""

from __future__ import annotations

import hashlib
import json
import re

from heed.domain.disclosure import BEGINNING, Disclosed, Disclosing, Disclosure, broken
from tests.world import NOW, ROOT


def test_the_hash_of_an_entry_is_that_of_the_line_on_the_page() -> None:
    page = (ROOT / "docs" / "privacy.md").read_text()
    (line,) = re.findall(r'^(\{"at":.*\})$', page, re.MULTILINE)
    told = json.loads(line)
    of = Disclosing(
        told["at"], told["what"], Disclosure(told["purpose"]), told["people"], told["key"]
    )
    entry = Disclosed(told["number"], told["before"], of)
    written = json.dumps(told, sort_keys=True, separators=(",", ":"))
    assert written == json.dumps(told, separators=(",", ":")), "in order, and without a space"
    assert entry.hash == hashlib.sha256(written.encode()).hexdigest()


def test_a_part_of_the_register_is_whole_in_itself() -> None:
    entries: list[Disclosed] = []
    for number in range(1, 6):
        before = entries[-1].hash if entries else BEGINNING
        entries.append(
            Disclosed(number, before, Disclosing(NOW, "lookup", Disclosure.LEGAL, 1, "k"))
        )
    newest_first = [(entry, entry.hash) for entry in reversed(entries)]
    for begin in range(5):
        for end in range(begin, 6):
            assert broken(newest_first[begin:end]) is None
    assert broken([*newest_first[:2], *newest_first[3:]]) == 4
