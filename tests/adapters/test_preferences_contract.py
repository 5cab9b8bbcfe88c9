"""What the port Preferences promises, of every store that serves it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.codec.record import encode_entry
from heed.domain.errors import UnreadableRecord
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
from tests.adapters.conftest import Store, somebody
from tests.support.full import examples
from tests.support.registers import in_, out, pause, undoable, undone
from tests.support.strategies import crowded

NOW = 1_772_701_964_390


def said(at: int, evidence: str = "{}", source: Source = Source.LINK, policy: str = "") -> Entry:
    return Entry(at, source, evidence, policy)


def paused(at: int, until: int) -> Change:
    return Change(pause(0), Entry(at, Source.PREFERENCE_CENTRE, "{}", "1", until))


def alike(one: Record, other: Record) -> bool:
    """The same but for the number of changes that led there."""
    return replace(one, revision=0) == replace(other, revision=0)


@pytest.fixture
def preferences(store: Store) -> Preferences:
    return store.preferences


def apply(preferences: Preferences, who: str, *changes: Change) -> WriteResult:
    """Apply, and see that what is said to be on record then is what is."""
    before = preferences.read(who)
    applied = preferences.apply(who, changes, NOW)
    after = preferences.read(who)
    assert applied.before == before
    assert applied.after == after
    assert alike(after, merge_changes(before, changes))
    assert after.revision == before.revision + (after != before)
    return applied


def test_nobody_on_record_is_an_empty_record(preferences: Preferences) -> None:
    assert preferences.read(somebody()) == EMPTY_RECORD


def test_one_change_is_on_record_as_it_was_given(preferences: Preferences) -> None:
    who = somebody()
    entry = said(NOW, '{"ref":"é \U0001f600 \\" }"}', policy="2026-1")
    apply(preferences, who, Change(out(2), entry))
    assert preferences.read(who) == Record({out(2): entry}, frozenset(), None, 1)


def test_a_pause_is_on_record_with_its_end(preferences: Preferences) -> None:
    who = somebody()
    apply(preferences, who, paused(NOW, NOW + 30 * DAY_MS))
    assert preferences.read(who).registers == {pause(0): paused(NOW, NOW + 30 * DAY_MS).entry}


def test_writing_the_same_again_changes_nothing_and_is_no_failure(preferences: Preferences) -> None:
    who = somebody()
    change = Change(out(2), said(NOW))
    apply(preferences, who, change)
    again = apply(preferences, who, change)
    assert again.before == again.after
    assert again.after.revision == 1


def test_an_older_event_that_is_named_twice_is_refused_once(preferences: Preferences) -> None:
    who, older = somebody(), Change(out(2), said(NOW - 1))
    apply(preferences, who, Change(out(2), said(NOW)))
    late = apply(preferences, who, older, older)
    assert late.after.at(out(2)) == NOW


def test_an_older_event_that_comes_late_is_refused_and_no_failure(preferences: Preferences) -> None:
    who = somebody()
    apply(preferences, who, Change(out(2), said(NOW)))
    late = apply(preferences, who, Change(out(2), said(NOW - 1)))
    assert late.after.at(out(2)) == NOW


def test_an_in_never_erases_the_memory_of_an_out(preferences: Preferences) -> None:
    who = somebody()
    apply(preferences, who, Change(out(2), said(NOW)))
    apply(preferences, who, Change(in_(2), said(NOW + 1)))
    assert preferences.read(who).at(out(2)) == NOW


@pytest.mark.parametrize("at", [0, END_OF_TIME - 1])
def test_the_first_and_the_last_instant_that_can_be_written_are_kept(
    preferences: Preferences, at: int
) -> None:
    who = somebody()
    apply(preferences, who, Change(out(2), said(at)))
    assert preferences.read(who).at(out(2)) == at


def test_what_is_decided_by_a_record_is_decided_by_the_one_that_is_written_over(
    preferences: Preferences,
) -> None:
    """Of two presses at once the second sees the first, so that only one can be taken back."""
    who = somebody()
    apply(preferences, who, Change(out(3), said(NOW - 9)))
    seen: list[Record] = []

    def decide(record: Record) -> list[Change]:
        seen.append(record)
        if len(seen) == 1:
            preferences.apply(who, [Change(out(2), said(NOW))], NOW)  # another came in between
        return [Change(out(4) if out(2) in record.registers else undoable(2), said(NOW + 1))]

    applied = preferences.update(who, decide, NOW)
    assert [out(2) in record.registers for record in seen] == [False, True]
    assert applied.after == preferences.read(who)
    assert set(applied.after.registers) == {out(2), out(3), out(4)}


def test_where_nothing_is_decided_nothing_is_written(preferences: Preferences) -> None:
    who = somebody()
    applied = preferences.update(who, lambda _: [], NOW)
    assert applied == WriteResult(EMPTY_RECORD, EMPTY_RECORD) and preferences.read(who) == EMPTY_RECORD


def test_a_press_and_its_undo_are_on_record_as_they_were_given(preferences: Preferences) -> None:
    who, press = somebody(), said(NOW, '{"press":"1"}')
    pressed = replace(press, until=NOW + DAY_MS)
    changes = [Change(undoable(2), press), Change(undoable(1), pressed)]
    apply(preferences, who, *changes, Change(undone(2), press.undo))
    assert preferences.read(who).pressed(ScopeNumber(2)) is None
    assert preferences.read(who).pause(ScopeNumber(1)) == pressed


# Every text compared as UTF-8 bytes; UTF-16 would put what is beyond U+FFFF before U+E000 and up.
texts = st.text(
    "ab~\x7f\x80é\u07ff\u0800あ\ud7ff\ue000\ufffd\uffff\U00010000\U0001f600\U0010ffff", max_size=4
)


@examples(25)
@given(one=texts, other=texts)
def test_events_of_one_instant_are_in_the_order_of_their_utf8_bytes(
    store: Store, one: str, other: str
) -> None:
    who = somebody()
    for text in (one, other):
        apply(store.preferences, who, Change(out(2), said(NOW, text)))
    kept = store.preferences.read(who).registers[out(2)]
    assert kept.evidence.encode() == max(one.encode(), other.encode())


@pytest.mark.parametrize("order", [1, -1])
def test_beyond_the_first_plane_comes_last_whichever_comes_first(
    preferences: Preferences, order: int
) -> None:
    who = somebody()
    for text in ("\uffff", "\U00010000")[::order]:
        apply(preferences, who, Change(out(2), said(NOW, text)))
    assert preferences.read(who).registers[out(2)].evidence == "\U00010000"


@pytest.mark.parametrize("order", [1, -1])
def test_pauses_of_one_instant_are_in_the_order_of_their_end(preferences: Preferences, order: int) -> None:
    who = somebody()
    for end in (9, 10, 10**13)[::order]:
        apply(preferences, who, paused(5, end))
    assert preferences.read(who).registers[pause(0)].until == 10**13


def test_several_registers_are_written_together(preferences: Preferences) -> None:
    who = somebody()
    form = [Change(out(2), said(NOW)), Change(in_(3), said(NOW)), paused(NOW, NOW + DAY_MS)]
    apply(preferences, who, *form)
    assert preferences.read(who).revision == 1
    assert len(preferences.read(who).registers) == len(form)


def test_of_several_what_is_newer_is_taken_and_the_rest_left(preferences: Preferences) -> None:
    who = somebody()
    apply(preferences, who, Change(out(2), said(NOW)))
    apply(preferences, who, Change(out(2), said(NOW - 1)), Change(in_(3), said(NOW - 1)))
    assert preferences.read(who).registers == {out(2): said(NOW), in_(3): said(NOW - 1)}


def test_several_that_change_nothing_write_nothing(preferences: Preferences) -> None:
    who = somebody()
    form = [Change(out(2), said(NOW)), Change(in_(3), said(NOW))]
    apply(preferences, who, *form)
    assert apply(preferences, who, *form).after.revision == 1


def test_no_change_at_all_is_none(preferences: Preferences) -> None:
    assert apply(preferences, somebody()).after == EMPTY_RECORD


def test_the_same_register_twice_in_one_form_keeps_the_greater(preferences: Preferences) -> None:
    who = somebody()
    apply(preferences, who, Change(out(2), said(7)), Change(out(2), said(5)))
    assert preferences.read(who).registers == {out(2): said(7)}


def test_a_soft_bounce_is_a_day_and_counts_once(preferences: Preferences) -> None:
    who = somebody()
    for at in (3 * DAY_MS, 3 * DAY_MS + 5, 4 * DAY_MS, 3 * DAY_MS):
        apply(preferences, who, Change(SOFT_BOUNCE, said(at)))
    assert preferences.read(who).soft_bounce_days == {3, 4}
    assert preferences.read(who).revision == 2


def test_several_soft_bounces_are_written_together(preferences: Preferences) -> None:
    who = somebody()
    apply(
        preferences,
        who,
        Change(SOFT_BOUNCE, said(3 * DAY_MS)),
        Change(SOFT_BOUNCE, said(5 * DAY_MS)),
    )
    apply(
        preferences,
        who,
        Change(SOFT_BOUNCE, said(5 * DAY_MS)),
        Change(SOFT_BOUNCE, said(6 * DAY_MS)),
    )
    assert preferences.read(who) == Record({}, frozenset({3, 5, 6}), None, 2)


def test_a_soft_bounce_and_a_wish_are_written_together(preferences: Preferences) -> None:
    who = somebody()
    apply(preferences, who, Change(SOFT_BOUNCE, said(3 * DAY_MS)), Change(out(0), said(3 * DAY_MS)))
    assert preferences.read(who).soft_bounce_days == {3}


def item(who: str, **attributes: Any) -> dict[str, Any]:
    held = {"id": {"S": who}, "n": {"N": "3"}, "salt": {"B": b"0123456789abcdef"}}
    return held | {name.replace("__", ":"): value for name, value in attributes.items()}


@pytest.mark.parametrize("several", [False, True])
def test_nothing_at_or_before_the_floor_is_taken(store: Store, several: bool) -> None:
    who = somebody()
    store.put(item(who, f={"N": "100"}, o__0=encode_entry(said(100))))
    for at, register in ((99, out(2)), (100, out(2)), (100, in_(0)), (100, SOFT_BOUNCE)):
        changes = [Change(register, said(at)), Change(in_(3), said(at))][: 1 + several]
        assert apply(store.preferences, who, *changes).after.revision == 3
    assert apply(store.preferences, who, Change(out(2), said(101))).after.revision == 4


@pytest.mark.parametrize("several", [False, True])
def test_while_a_minor_stands_nothing_is_taken(store: Store, several: bool) -> None:
    who = somebody()
    report = Entry(100, Source.AGE_REPORT, "{}")
    store.put(item(who, f={"N": "100"}, o__0=encode_entry(said(100)), x__minor=encode_entry(report)))
    for register in (out(2), in_(0), COMPLAINT, SOFT_BOUNCE, MINOR):
        changes = [Change(register, said(NOW)), Change(in_(3), said(NOW))][: 1 + several]
        assert apply(store.preferences, who, *changes).after.revision == 3


def test_many_are_read_in_the_order_asked_for_and_each_once(preferences: Preferences) -> None:
    people = [somebody() for _ in range(5)]
    for place, who in enumerate(people[:3]):
        apply(preferences, who, Change(out(2), said(place)))
    found = preferences.read_many([*reversed(people), *people])
    assert list(found) == list(reversed(people))
    assert found == {who: preferences.read(who) for who in people}


def test_nobody_can_be_read_too(preferences: Preferences) -> None:
    assert preferences.read_many([]) == {}


def test_more_are_read_than_one_request_takes(preferences: Preferences) -> None:
    people = [somebody() for _ in range(450)]
    for who in people[::50]:
        apply(preferences, who, Change(out(2), said(NOW)))
    found = preferences.read_many(people)
    assert list(found) == people
    assert [who for who in people if found[who] != EMPTY_RECORD] == people[::50]


SPOILT = {
    "no counter": {"n": {"S": "3"}},
    "a counter that is no number of changes": {"n": {"N": "1.5"}},
    "a register that is text": {"o__0": {"S": "out"}},
    "a register without a time": {"o__0": {"M": {"by": {"S": "link"}}}},
    "a register with a broken time": {"o__0": {"M": {**encode_entry(said(1))["M"], "t": {"N": "1.5"}}}},
    "a source never heard of": {"o__0": {"M": {**encode_entry(said(1))["M"], "by": {"S": "fax"}}}},
    "evidence of another source": {"o__0": {"M": {**encode_entry(said(1))["M"], "by": {"S": "phone"}}}},
    "a pause without an end": {"p__0": encode_entry(said(1))},
    "an end of what is no pause": {"o__0": encode_entry(Entry(1, Source.LINK, "{}", "", 9))},
    "a stop of a later version": {"x__embargo": encode_entry(said(1))},
    "a scope that is no number": {"o__all": encode_entry(said(1))},
    "soft days as text": {"soft": {"SS": ["3"]}},
    "a floor as text": {"f": {"S": "100"}},
}


@pytest.mark.parametrize("spoilt", SPOILT.values(), ids=SPOILT.keys())
def test_what_is_not_of_our_form_is_unreadable_and_never_nobody(store: Store, spoilt: dict[str, Any]) -> None:
    who, other = somebody(), somebody()
    store.put(item(who, **spoilt))
    with pytest.raises(UnreadableRecord):
        store.preferences.read(who)
    found = store.preferences.read_many([who, other])
    assert isinstance(found[who], UnreadableItem)
    assert found[other] == EMPTY_RECORD
    for changes in ([], [Change(in_(2), said(NOW)), Change(out(3), said(NOW))]):
        with pytest.raises(UnreadableRecord):
            store.preferences.apply(who, changes, NOW)


def test_what_else_stands_in_an_item_is_no_matter(store: Store) -> None:
    who = somebody()
    store.put(item(who, due={"N": "1"}, due_shard={"S": "0"}, expires={"N": "1"}, new={"S": "x"}))
    assert store.preferences.read(who) == Record({}, frozenset(), None, 3)


@examples(10)
@given(data=st.data(), events=crowded(8))
def test_any_order_any_grouping_and_any_repetition_leave_the_same_record(
    store: Store, data: st.DataObject, events: list[Change]
) -> None:
    who = somebody()
    repeated = [*events, *events[:2]]
    left = data.draw(st.permutations(repeated))
    while left:
        size = data.draw(st.integers(1, 3))
        apply(store.preferences, who, *left[:size])
        left = left[size:]
    assert alike(store.preferences.read(who), merge_changes(EMPTY_RECORD, events))
