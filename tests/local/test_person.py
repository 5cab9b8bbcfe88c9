from __future__ import annotations

from typing import Any

import pytest

from heed.domain.ledger.entry import ERASED_REGISTER
from heed.domain.preferences.kinds import KINDS
from heed.domain.preferences.reasons import Reason
from heed.domain.preferences.register import DAY_MS
from local.person import CHANGES, REASONS, describe_change, describe_record, last_change, parse_person
from tests.support.catalogues import CATALOGUE

RECIPIENT = "qtghtyzv56eql37an76zexdwsm"


def test_each_register_and_each_reason_has_a_sentence() -> None:
    assert set(CHANGES) == {*(kind.value for kind in KINDS), ERASED_REGISTER}
    assert set(REASONS) == set(Reason)


def test_a_change_names_its_scope() -> None:
    assert describe_change("out", "offers") == "Opted out of offers"
    assert describe_change("pause", "*") == "Paused everything"
    assert describe_change("unheard-of", "*") == "unheard-of"


def test_a_record_is_described_newest_first() -> None:
    record: dict[str, Any] = {
        "id": RECIPIENT,
        "o:0": {"t": 2 * DAY_MS},
        "x:complaint": {"t": 4 * DAY_MS},
        "soft": [3],
        "f": DAY_MS,
    }

    assert [text for _, text in describe_record(record, CATALOGUE)] == [
        "Marked a mail as spam",
        "A mail bounced for now: the mailbox was full or slow",
        "Opted out of everything",
        "Was erased",
    ]
    assert last_change(record) == 4 * DAY_MS


@pytest.mark.parametrize(
    ("text", "person"),
    [
        ("Ada <ADA@example.com>", {"address": "ada@example.com"}),
        (RECIPIENT.upper(), {"recipient": RECIPIENT}),
        ("ada@", None),
        ("offers", None),
        ("", None),
    ],
)
def test_a_search_for_an_address_or_a_recipient_id_names_a_person(
    text: str, person: dict[str, str] | None
) -> None:
    assert parse_person(text) == person
