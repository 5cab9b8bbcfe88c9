"""An answer cut on the way is no answer: botocore would take it for one that holds nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from heed.adapters.dynamodb.restored_table import CopiesTable
from heed.domain.errors import StoreUnavailable
from heed.domain.privacy.disclosure import Disclosing, Disclosure
from heed.use_cases.ports.preferences import Position
from tests.adapters.test_preferences_faults import cut, failing
from tests.support.deployment import NOW, World, deployed, parts

WHO = "a" * 26

# Everything that reads a list or an item; each must not take a cut answer for an empty one.
READERS: dict[str, Callable[[], object]] = {
    "the feed of changes": lambda: parts().change_feed.changed(Position(0, ""), NOW, 10),
    "a subject's entries": lambda: list(parts().ledger.of("subject")),
    "entries to be erased": lambda: parts().ledger.erase("subject"),
    "all entries": lambda: list(parts().ledger.all()),
    "a page of people": lambda: parts().people.page(None, 10),
    "what is due": lambda: list(parts().epochs.due(NOW)),
    "a restored copy": lambda: list(
        CopiesTable(parts().client("dynamodb"), "Preferences", "Preferences").all()
    ),
    "disclosures": lambda: parts().disclosures.latest(2, 10),
    "the end of the disclosures": lambda: parts().disclosures._end(),
    "a record": lambda: parts().preferences.read(WHO),
    "a record with its purges": lambda: parts().epochs.read(WHO),
    "what is due on one": lambda: parts().epochs.work(WHO),
    "a purge": lambda: parts().purges.find("purge"),
    "where a walk over the people is": lambda: parts().people.place(),
    "which walk over the list of SES has ended": lambda: parts().list_walks.ended(),
    "who walks over the list of SES": lambda: parts().list_walks.take(NOW),
    "the mails of today": lambda: parts().mail_caps.sent_today(NOW),
    "the mails of a mailbox": lambda: parts().mail_caps._read("mailbox"),
    "whether a yes was handed on": lambda: parts().tellings.is_handed_on(WHO, NOW),
    "an API key": lambda: parts().api_keys.find("key"),
}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with deployed(monkeypatch) as made:
        given = Disclosing(NOW, "lookup", Disclosure.DATA_SUBJECT, 1, "key")
        parts().disclosures.append(given)
        yield made


@pytest.mark.parametrize("read", READERS.values(), ids=READERS.keys())
def test_an_answer_that_was_cut_on_the_way_is_not_an_empty_one(
    world: World, read: Callable[[], object]
) -> None:
    read()
    with failing(parts().client("dynamodb"), cut), pytest.raises(StoreUnavailable):
        read()
