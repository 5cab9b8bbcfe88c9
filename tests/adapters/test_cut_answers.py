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

# Everything that reads a list; each must not take a cut one for an empty one.
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
}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with deployed(monkeypatch) as made:
        given = Disclosing(NOW, "lookup", Disclosure.DATA_SUBJECT, 1, "key")
        wiring.disclosures().append(given)
        yield made


@pytest.mark.parametrize("read", READERS.values(), ids=READERS.keys())
def test_a_list_that_was_cut_on_the_way_is_not_an_empty_one(
    world: World, read: Callable[[], object]
) -> None:
    read()
    with failing(aws.client("dynamodb"), cut), pytest.raises(StoreUnavailable):
        read()
