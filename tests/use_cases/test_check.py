"""Checks whether mail may be sent, and the identification and the links of people."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.domain.errors import KeysUnavailable, StoreUnavailable
from heed.domain.links.link_token import TokenPurpose, verify_link_token
from heed.domain.milliseconds import Millis
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
NOW = Millis(1_772_701_964_390)


@dataclass
class RecordingPreferences(MemoryPreferences):
    reads: list[list[str]] = field(default_factory=list)

    def read_many(self, recipients):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201
        ids = list(recipients)
        self.reads.append(ids)
        return super().read_many(ids)


def test_people_are_identified_by_address_or_id_and_invalid_mentions_are_not() -> None:
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


def test_identification_fails_without_the_key() -> None:
    with pytest.raises(KeysUnavailable):
        identify([Mention(address="a@example.com")], MemoryKeys(failure=KeysUnavailable()))


@given(
    stored=st.dictionaries(recipients.map(recipient_from_bytes), records(), max_size=4),
    number=st.sampled_from(sorted(CATALOGUE.topics)),
    now=instants,
    data=st.data(),
)
def test_each_answer_is_the_decision_for_the_record_of_that_person(
    stored: dict[str, Record], number: int, now: Millis, data: st.DataObject
) -> None:
    ids = st.sampled_from([*stored, "a" * 26, None])
    people = [IdentifiedPerson(None, recipient) for recipient in data.draw(st.lists(ids, max_size=8))]
    topic = CATALOGUE.topics[number]
    preferences = RecordingPreferences(dict(stored))

    results = check_sendable(people, topic, now, preferences)

    assert [result.person for result in results] == people
    for person, answer in results:
        if person.recipient is None:
            assert answer is Unanswerable.INVALID
        else:
            assert answer == decide(stored.get(person.recipient, EMPTY_RECORD), topic, now)


def test_an_unreadable_record_gives_no_decision() -> None:
    preferences = MemoryPreferences()
    preferences.make_unreadable("a" * 26)

    ((_, answer),) = check_sendable([IdentifiedPerson(None, "a" * 26)], OFFERS, NOW, preferences)

    assert answer is Unanswerable.UNREADABLE


def test_there_is_no_answer_at_all_if_a_read_fails() -> None:
    with pytest.raises(StoreUnavailable):
        check_sendable(
            [IdentifiedPerson(None, "a" * 26)],
            OFFERS,
            NOW,
            MemoryPreferences(failure=StoreUnavailable()),
        )


def test_the_next_check_respects_a_confirmed_opt_out() -> None:
    preferences, person = MemoryPreferences(), IdentifiedPerson(None, "a" * 26)
    preferences.apply("a" * 26, [Change(out(0), Entry(Millis(NOW - 1), Source.ONE_CLICK, "{}"))], NOW)

    ((_, answer),) = check_sendable([person], OFFERS, NOW, preferences)

    assert answer not in list(Unanswerable) and not answer.sendable  # type: ignore[union-attr]


def test_a_link_token_holds_the_person_the_topic_the_minute_and_the_newest_key() -> None:
    keys = MemoryKeys(link_key_ids=(1, 2, 7))
    people = [IdentifiedPerson("a@example.com", "a" * 26), IdentifiedPerson("nobody", None)]

    first, second = mint_links(people, OFFERS, NOW, keys)

    assert second.tokens == {}
    assert len(set(first.tokens.values())) == len(TokenPurpose)
    for purpose, text in first.tokens.items():
        token = verify_link_token(text, purpose, keys.link_key)
        assert (token.recipient, token.scope, token.key_id) == ("a" * 26, 2, 7)
        assert token.issued == NOW - NOW % 60_000
