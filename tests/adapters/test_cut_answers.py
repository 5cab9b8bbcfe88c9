"""An answer cut on the way is no answer: botocore would take it for one that holds nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from heed import wiring
from heed.actions.ports import Position
from heed.adapters import aws
from heed.adapters.copies_table import CopiesTable
from heed.domain.disclosure import Disclosing, Disclosure
from heed.domain.errors import StoreUnavailable
from tests.adapters.test_preferences_faults import cut, failing
from tests.world import NOW, World, deployed

WHO = "a" * 26

# Everything that reads a list or an item; each must not take a cut answer for an empty one.
READERS: dict[str, Callable[[], object]] = {
    "the feed of changes": lambda: wiring.change_feed().changed(Position(0, ""), NOW, 10),
    "a subject's entries": lambda: list(wiring.ledger().of("subject")),
    "entries to be erased": lambda: wiring.ledger().erase("subject"),
    "all entries": lambda: list(wiring.ledger().all()),
    "a page of people": lambda: wiring.people().page(None, 10),
    "what is due": lambda: list(wiring.epochs().due(NOW)),
    "a restored copy": lambda: list(
        CopiesTable(aws.client("dynamodb"), "Preferences", "Preferences").all()
    ),
    "disclosures": lambda: wiring.disclosures().latest(2, 10),
    "the end of the disclosures": lambda: wiring.disclosures()._end(),
    "a record": lambda: wiring.preferences().read(WHO),
    "a record with its purges": lambda: wiring.epochs().read(WHO),
    "what is due on one": lambda: wiring.epochs().work(WHO),
    "a purge": lambda: wiring.purges().find("purge"),
    "where a walk over the people is": lambda: wiring.people().place(),
    "which walk over the list of SES has ended": lambda: wiring.list_walks().ended(),
    "who walks over the list of SES": lambda: wiring.list_walks().take(NOW),
    "the mails of today": lambda: wiring.mail_caps().sent_today(NOW),
    "the mails of a mailbox": lambda: wiring.mail_caps()._read("mailbox"),
    "whether a yes was handed on": lambda: wiring.tellings().is_handed_on(WHO, NOW),
    "an API key": lambda: wiring.api_keys().find("key"),
}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with deployed(monkeypatch) as made:
        given = Disclosing(NOW, "lookup", Disclosure.DATA_SUBJECT, 1, "key")
        wiring.disclosures().append(given)
        yield made


@pytest.mark.parametrize("read", READERS.values(), ids=READERS.keys())
def test_an_answer_that_was_cut_on_the_way_is_not_an_empty_one(
    world: World, read: Callable[[], object]
) -> None:
    read()
    with failing(aws.client("dynamodb"), cut), pytest.raises(StoreUnavailable):
        read()
