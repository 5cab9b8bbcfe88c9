"""The contract of the port Preferences, for each implementation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.codec.record import encode_entry
from heed.domain.errors import UnreadableRecord
from heed.domain.milliseconds import Millis
from heed.domain.preferences.record import EMPTY_RECORD, Record, merge_changes
from heed.domain.preferences.register import (
    COMPLAINT,
    DAY_MS,
    MINOR,
    SOFT_BOUNCE,
    Change,
    Entry,
    ScopeNumber,
    Source,
)
from heed.domain.rfc3339 import END_OF_TIME
from heed.use_cases.ports.preferences import Preferences, UnreadableItem, WriteResult
from tests.adapters.conftest import Store, new_recipient
from tests.support.full import examples
from tests.support.registers import in_, out, pause, undoable, undone
from tests.support.strategies import colliding_changes

NOW = Millis(1_772_701_964_390)


def make_entry(at: Millis, evidence: str = "{}", source: Source = Source.LINK, policy: str = "") -> Entry:
    return Entry(at, source, evidence, policy)


def make_pause(at: Millis, until: Millis) -> Change:
    return Change(pause(0), Entry(at, Source.PREFERENCE_CENTRE, "{}", "1", until))


def have_same_content(first: Record, second: Record) -> bool:
    """Returns whether two records differ in their revision only."""
    return replace(first, revision=0) == replace(second, revision=0)


@pytest.fixture
def preferences(store: Store) -> Preferences:
    return store.preferences


def apply(preferences: Preferences, recipient: str, *changes: Change) -> WriteResult:
    """Applies changes, and checks that the result equals the stored records."""
    before = preferences.read(recipient)
    applied = preferences.apply(recipient, changes, NOW)
    after = preferences.read(recipient)
    assert applied.before == before
    assert applied.after == after
    assert have_same_content(after, merge_changes(before, changes))
    assert after.revision == before.revision + (after != before)
    return applied


def test_an_unknown_recipient_has_an_empty_record(preferences: Preferences) -> None:
    assert preferences.read(new_recipient()) == EMPTY_RECORD


def test_a_change_is_stored_unchanged(preferences: Preferences) -> None:
    recipient = new_recipient()
    entry = make_entry(NOW, '{"ref":"é \U0001f600 \\" }"}', policy="2026-1")
    apply(preferences, recipient, Change(out(2), entry))
    assert preferences.read(recipient) == Record({out(2): entry}, frozenset(), None, 1)


def test_a_pause_is_stored_with_its_end(preferences: Preferences) -> None:
    recipient = new_recipient()
    apply(preferences, recipient, make_pause(NOW, Millis(NOW + 30 * DAY_MS)))
    assert preferences.read(recipient).registers == {
        pause(0): make_pause(NOW, Millis(NOW + 30 * DAY_MS)).entry
    }


def test_a_repeated_write_changes_nothing_and_succeeds(preferences: Preferences) -> None:
    recipient = new_recipient()
    change = Change(out(2), make_entry(NOW))
    apply(preferences, recipient, change)
    again = apply(preferences, recipient, change)
    assert again.before == again.after
    assert again.after.revision == 1


def test_a_duplicate_late_change_is_ignored(preferences: Preferences) -> None:
    recipient, older = new_recipient(), Change(out(2), make_entry(Millis(NOW - 1)))
    apply(preferences, recipient, Change(out(2), make_entry(NOW)))
    late = apply(preferences, recipient, older, older)
    assert late.after.time_of(out(2)) == NOW


def test_a_late_change_is_ignored_and_succeeds(preferences: Preferences) -> None:
    recipient = new_recipient()
    apply(preferences, recipient, Change(out(2), make_entry(NOW)))
    late = apply(preferences, recipient, Change(out(2), make_entry(Millis(NOW - 1))))
    assert late.after.time_of(out(2)) == NOW


def test_an_opt_in_does_not_delete_an_earlier_opt_out(preferences: Preferences) -> None:
    recipient = new_recipient()
    apply(preferences, recipient, Change(out(2), make_entry(NOW)))
    apply(preferences, recipient, Change(in_(2), make_entry(Millis(NOW + 1))))
    assert preferences.read(recipient).time_of(out(2)) == NOW


@pytest.mark.parametrize("at", [0, END_OF_TIME - 1])
def test_the_first_and_the_last_possible_instant_are_stored(preferences: Preferences, at: Millis) -> None:
    recipient = new_recipient()
    apply(preferences, recipient, Change(out(2), make_entry(at)))
    assert preferences.read(recipient).time_of(out(2)) == at


def test_an_update_decides_from_the_record_that_it_replaces(
    preferences: Preferences,
) -> None:
    """Of two concurrent presses, the second sees the first, so that only one can be undone."""
    recipient = new_recipient()
    apply(preferences, recipient, Change(out(3), make_entry(Millis(NOW - 9))))
    records: list[Record] = []

    def decide(record: Record) -> list[Change]:
        records.append(record)
        if len(records) == 1:
            preferences.apply(recipient, [Change(out(2), make_entry(NOW))], NOW)  # a concurrent write
        return [Change(out(4) if out(2) in record.registers else undoable(2), make_entry(Millis(NOW + 1)))]

    applied = preferences.update(recipient, decide, NOW)
    assert [out(2) in record.registers for record in records] == [False, True]
    assert applied.after == preferences.read(recipient)
    assert set(applied.after.registers) == {out(2), out(3), out(4)}


def test_an_update_without_changes_writes_nothing(preferences: Preferences) -> None:
    recipient = new_recipient()
    applied = preferences.update(recipient, lambda _: [], NOW)
    assert applied == WriteResult(EMPTY_RECORD, EMPTY_RECORD) and preferences.read(recipient) == EMPTY_RECORD


def test_a_press_and_its_undo_are_stored_unchanged(preferences: Preferences) -> None:
    recipient, press = new_recipient(), make_entry(NOW, '{"press":"1"}')
    pressed = replace(press, until=Millis(NOW + DAY_MS))
    changes = [Change(undoable(2), press), Change(undoable(1), pressed)]
    apply(preferences, recipient, *changes, Change(undone(2), press.undo))
    assert preferences.read(recipient).undoable_press(ScopeNumber(2)) is None
    assert preferences.read(recipient).pause(ScopeNumber(1)) == pressed


# Texts are compared as UTF-8 bytes. In UTF-16, characters beyond U+FFFF would sort before U+E000.
texts = st.text(
    "ab~\x7f\x80é\u07ff\u0800あ\ud7ff\ue000\ufffd\uffff\U00010000\U0001f600\U0010ffff", max_size=4
)


@examples(25)
@given(first=texts, second=texts)
def test_changes_of_one_instant_are_ordered_by_their_utf8_bytes(
    store: Store, first: str, second: str
) -> None:
    recipient = new_recipient()
    for text in (first, second):
        apply(store.preferences, recipient, Change(out(2), make_entry(NOW, text)))
    entry = store.preferences.read(recipient).registers[out(2)]
    assert entry.evidence.encode() == max(first.encode(), second.encode())


@pytest.mark.parametrize("order", [1, -1])
def test_characters_beyond_the_first_plane_sort_last(preferences: Preferences, order: int) -> None:
    recipient = new_recipient()
    for text in ("\uffff", "\U00010000")[::order]:
        apply(preferences, recipient, Change(out(2), make_entry(NOW, text)))
    assert preferences.read(recipient).registers[out(2)].evidence == "\U00010000"


@pytest.mark.parametrize("order", [1, -1])
def test_pauses_of_one_instant_are_ordered_by_their_end(preferences: Preferences, order: int) -> None:
    recipient = new_recipient()
    for end in (9, 10, 10**13)[::order]:
        apply(preferences, recipient, make_pause(Millis(5), Millis(end)))
    assert preferences.read(recipient).registers[pause(0)].until == 10**13


def test_several_registers_change_in_one_revision(preferences: Preferences) -> None:
    recipient = new_recipient()
    form = [
        Change(out(2), make_entry(NOW)),
        Change(in_(3), make_entry(NOW)),
        make_pause(NOW, Millis(NOW + DAY_MS)),
    ]
    apply(preferences, recipient, *form)
    assert preferences.read(recipient).revision == 1
    assert len(preferences.read(recipient).registers) == len(form)


def test_newer_changes_of_a_group_are_accepted_and_late_ones_ignored(preferences: Preferences) -> None:
    recipient = new_recipient()
    apply(preferences, recipient, Change(out(2), make_entry(NOW)))
    apply(
        preferences,
        recipient,
        Change(out(2), make_entry(Millis(NOW - 1))),
        Change(in_(3), make_entry(Millis(NOW - 1))),
    )
    assert preferences.read(recipient).registers == {
        out(2): make_entry(NOW),
        in_(3): make_entry(Millis(NOW - 1)),
    }


def test_repeated_changes_of_a_group_write_nothing(preferences: Preferences) -> None:
    recipient = new_recipient()
    form = [Change(out(2), make_entry(NOW)), Change(in_(3), make_entry(NOW))]
    apply(preferences, recipient, *form)
    assert apply(preferences, recipient, *form).after.revision == 1


def test_an_empty_group_of_changes_writes_nothing(preferences: Preferences) -> None:
    assert apply(preferences, new_recipient()).after == EMPTY_RECORD


def test_the_newer_of_two_changes_of_a_register_wins_within_a_group(preferences: Preferences) -> None:
    recipient = new_recipient()
    apply(
        preferences, recipient, Change(out(2), make_entry(Millis(7))), Change(out(2), make_entry(Millis(5)))
    )
    assert preferences.read(recipient).registers == {out(2): make_entry(Millis(7))}


def test_soft_bounces_count_once_per_day(preferences: Preferences) -> None:
    recipient = new_recipient()
    for at in (3 * DAY_MS, 3 * DAY_MS + 5, 4 * DAY_MS, 3 * DAY_MS):
        apply(preferences, recipient, Change(SOFT_BOUNCE, make_entry(Millis(at))))
    assert preferences.read(recipient).soft_bounce_days == {3, 4}
    assert preferences.read(recipient).revision == 2


def test_several_soft_bounces_change_in_one_revision(preferences: Preferences) -> None:
    recipient = new_recipient()
    apply(
        preferences,
        recipient,
        Change(SOFT_BOUNCE, make_entry(Millis(3 * DAY_MS))),
        Change(SOFT_BOUNCE, make_entry(Millis(5 * DAY_MS))),
    )
    apply(
        preferences,
        recipient,
        Change(SOFT_BOUNCE, make_entry(Millis(5 * DAY_MS))),
        Change(SOFT_BOUNCE, make_entry(Millis(6 * DAY_MS))),
    )
    assert preferences.read(recipient) == Record({}, frozenset({3, 5, 6}), None, 2)


def test_a_soft_bounce_and_an_opt_out_change_together(preferences: Preferences) -> None:
    recipient = new_recipient()
    apply(
        preferences,
        recipient,
        Change(SOFT_BOUNCE, make_entry(Millis(3 * DAY_MS))),
        Change(out(0), make_entry(Millis(3 * DAY_MS))),
    )
    assert preferences.read(recipient).soft_bounce_days == {3}


def item(recipient: str, **attributes: Any) -> dict[str, Any]:
    base = {"id": {"S": recipient}, "n": {"N": "3"}, "salt": {"B": b"0123456789abcdef"}}
    return base | {name.replace("__", ":"): value for name, value in attributes.items()}


@pytest.mark.parametrize("several", [False, True])
def test_changes_up_to_the_erasure_are_ignored(store: Store, several: bool) -> None:
    recipient = new_recipient()
    store.put(item(recipient, f={"N": "100"}, o__0=encode_entry(make_entry(Millis(100)))))
    for at, register in ((99, out(2)), (100, out(2)), (100, in_(0)), (100, SOFT_BOUNCE)):
        changes = [Change(register, make_entry(Millis(at))), Change(in_(3), make_entry(Millis(at)))][
            : 1 + several
        ]
        assert apply(store.preferences, recipient, *changes).after.revision == 3
    assert apply(store.preferences, recipient, Change(out(2), make_entry(Millis(101)))).after.revision == 4


@pytest.mark.parametrize("several", [False, True])
def test_all_changes_are_ignored_for_a_reported_minor(store: Store, several: bool) -> None:
    recipient = new_recipient()
    report = Entry(Millis(100), Source.AGE_REPORT, "{}")
    store.put(
        item(
            recipient,
            f={"N": "100"},
            o__0=encode_entry(make_entry(Millis(100))),
            x__minor=encode_entry(report),
        )
    )
    for register in (out(2), in_(0), COMPLAINT, SOFT_BOUNCE, MINOR):
        changes = [Change(register, make_entry(NOW)), Change(in_(3), make_entry(NOW))][: 1 + several]
        assert apply(store.preferences, recipient, *changes).after.revision == 3


def test_many_records_are_read_in_the_given_order_without_duplicates(preferences: Preferences) -> None:
    people = [new_recipient() for _ in range(5)]
    for at, recipient in enumerate(people[:3]):
        apply(preferences, recipient, Change(out(2), make_entry(Millis(at))))
    records = preferences.read_many([*reversed(people), *people])
    assert list(records) == list(reversed(people))
    assert records == {recipient: preferences.read(recipient) for recipient in people}


def test_no_record_is_read_for_no_recipient(preferences: Preferences) -> None:
    assert preferences.read_many([]) == {}


def test_more_records_are_read_than_fit_into_one_request(preferences: Preferences) -> None:
    people = [new_recipient() for _ in range(450)]
    for recipient in people[::50]:
        apply(preferences, recipient, Change(out(2), make_entry(NOW)))
    records = preferences.read_many(people)
    assert list(records) == people
    assert [recipient for recipient in people if records[recipient] != EMPTY_RECORD] == people[::50]


UNREADABLE = {
    "a revision that is text": {"n": {"S": "3"}},
    "a revision that is not an integer": {"n": {"N": "1.5"}},
    "a register that is text": {"o__0": {"S": "out"}},
    "a register without a time": {"o__0": {"M": {"by": {"S": "link"}}}},
    "a register with a broken time": {
        "o__0": {"M": {**encode_entry(make_entry(Millis(1)))["M"], "t": {"N": "1.5"}}}
    },
    "an unknown source": {"o__0": {"M": {**encode_entry(make_entry(Millis(1)))["M"], "by": {"S": "fax"}}}},
    "evidence of another source": {
        "o__0": {"M": {**encode_entry(make_entry(Millis(1)))["M"], "by": {"S": "phone"}}}
    },
    "a pause without an end": {"p__0": encode_entry(make_entry(Millis(1)))},
    "an end of a register that cannot end": {
        "o__0": encode_entry(Entry(Millis(1), Source.LINK, "{}", "", Millis(9)))
    },
    "a suppression of a later version": {"x__embargo": encode_entry(make_entry(Millis(1)))},
    "a scope that is not a number": {"o__all": encode_entry(make_entry(Millis(1)))},
    "soft-bounce days as text": {"soft": {"SS": ["3"]}},
    "an erasure time as text": {"f": {"S": "100"}},
}


@pytest.mark.parametrize("attributes", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_a_malformed_item_is_unreadable_and_never_an_empty_record(
    store: Store, attributes: dict[str, Any]
) -> None:
    recipient, other = new_recipient(), new_recipient()
    store.put(item(recipient, **attributes))
    with pytest.raises(UnreadableRecord):
        store.preferences.read(recipient)
    records = store.preferences.read_many([recipient, other])
    assert isinstance(records[recipient], UnreadableItem)
    assert records[other] == EMPTY_RECORD
    for changes in ([], [Change(in_(2), make_entry(NOW)), Change(out(3), make_entry(NOW))]):
        with pytest.raises(UnreadableRecord):
            store.preferences.apply(recipient, changes, NOW)


def test_other_attributes_of_an_item_are_ignored(store: Store) -> None:
    recipient = new_recipient()
    store.put(item(recipient, due={"N": "1"}, due_shard={"S": "0"}, expires={"N": "1"}, new={"S": "x"}))
    assert store.preferences.read(recipient) == Record({}, frozenset(), None, 3)


@examples(10)
@given(data=st.data(), events=colliding_changes(8))
def test_any_order_grouping_and_repetition_of_changes_leads_to_the_same_record(
    store: Store, data: st.DataObject, events: list[Change]
) -> None:
    recipient = new_recipient()
    repeated = [*events, *events[:2]]
    remaining = data.draw(st.permutations(repeated))
    while remaining:
        size = data.draw(st.integers(1, 3))
        apply(store.preferences, recipient, *remaining[:size])
        remaining = remaining[size:]
    assert have_same_content(store.preferences.read(recipient), merge_changes(EMPTY_RECORD, events))
