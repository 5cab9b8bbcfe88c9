from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.domain.errors import KeysUnavailable, StoreUnavailable
from heed.domain.links.link_token import TokenPurpose, verify_link_token
from heed.domain.preferences.decision import decide
from heed.domain.preferences.record import EMPTY_RECORD, Record
from heed.domain.preferences.register import Change, Entry, Source
from heed.domain.recipients.address import normalise_address
from heed.domain.recipients.recipient import recipient_from_bytes, recipient_id, recipient_to_bytes
from heed.use_cases.identify import IdentifiedPerson, Mention, identify
from heed.use_cases.links.mint_links import mint_links
from heed.use_cases.preferences.check import Unanswerable, check_sendable
from tests.support.catalogues import CATALOGUE
from tests.support.fakes import MemoryKeys, MemoryPreferences
from tests.support.registers import out
from tests.support.strategies import instants, recipients, records

OFFERS = CATALOGUE.topics[2]
KEYS = MemoryKeys()
NOW = 1_772_701_964_390


@dataclass
class Counting(MemoryPreferences):
    asked: list[list[str]] = field(default_factory=list)

    def read_many(self, recipients):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201
        ids = list(recipients)
        self.asked.append(ids)
        return super().read_many(ids)


def test_people_are_named_by_address_or_by_id_and_the_rest_is_nobody() -> None:
    known = recipient_id(KEYS.identity_key(), normalise_address("reader@example.com"))
    mentions = [
        Mention(address="<Reader@EXAMPLE.com>"),
        Mention(id=known),
        Mention(id=recipient_to_bytes(known).hex().upper()),
        Mention(address=""),
        Mention(id=""),
        Mention(id="reader@example.com"),
        Mention(address=known),
        Mention(address="\ud800@example.com"),
    ]

    people = identify(mentions, KEYS)

    assert [person.recipient for person in people] == [known] * 3 + [None] * 5
    assert [person.address for person in people] == [mention.address for mention in mentions]


def test_nobody_is_identified_without_the_key() -> None:
    with pytest.raises(KeysUnavailable):
        identify([Mention(address="a@example.com")], MemoryKeys(failure=KeysUnavailable()))


@given(
    kept=st.dictionaries(recipients.map(recipient_from_bytes), records(), max_size=4),
    number=st.sampled_from(sorted(CATALOGUE.topics)),
    now=instants,
    data=st.data(),
)
def test_each_is_answered_by_the_decision_on_their_own_record(
    kept: dict[str, Record], number: int, now: int, data: st.DataObject
) -> None:
    ids = st.sampled_from([*kept, "a" * 26, None])
    people = [IdentifiedPerson(None, one) for one in data.draw(st.lists(ids, max_size=8))]
    topic = CATALOGUE.topics[number]
    preferences = Counting(dict(kept))

    answered = check_sendable(people, topic, now, preferences)

    assert [one.person for one in answered] == people
    for person, answer in answered:
        if person.recipient is None:
            assert answer is Unanswerable.INVALID
        else:
            assert answer == decide(kept.get(person.recipient, EMPTY_RECORD), topic, now)


def test_a_damaged_record_is_doubt_and_doubt_is_no_decision() -> None:
    preferences = MemoryPreferences()
    preferences.unreadable("a" * 26)

    ((_, answer),) = check_sendable([IdentifiedPerson(None, "a" * 26)], OFFERS, NOW, preferences)

    assert answer is Unanswerable.UNREADABLE


def test_when_not_all_can_be_read_nothing_is_said_of_anyone() -> None:
    with pytest.raises(StoreUnavailable):
        check_sendable(
            [IdentifiedPerson(None, "a" * 26)],
            OFFERS,
            NOW,
            MemoryPreferences(failure=StoreUnavailable()),
        )


def test_an_acknowledged_opt_out_is_seen_by_the_next_check() -> None:
    preferences, person = MemoryPreferences(), IdentifiedPerson(None, "a" * 26)
    preferences.apply("a" * 26, [Change(out(0), Entry(NOW - 1, Source.ONE_CLICK, "{}"))], NOW)

    ((_, answer),) = check_sendable([person], OFFERS, NOW, preferences)

    assert answer not in list(Unanswerable) and not answer.sendable  # type: ignore[union-attr]


def test_a_link_names_its_person_topic_and_minute_for_each_purpose_and_key() -> None:
    keys = MemoryKeys(link_key_ids=(1, 2, 7))
    people = [IdentifiedPerson("a@example.com", "a" * 26), IdentifiedPerson("nobody", None)]

    first, second = mint_links(people, OFFERS, NOW, keys)

    assert second.tokens == {}
    assert len(set(first.tokens.values())) == len(TokenPurpose)
    for purpose, text in first.tokens.items():
        said = verify_link_token(text, purpose, keys.link_key)
        assert (said.recipient, said.scope, said.key_id) == ("a" * 26, 2, 7)
        assert said.issued == NOW - NOW % 60_000
