"""Undo takes back one press and changes nothing else."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.domain.errors import InvalidToken
from heed.domain.links.link_token import TokenPurpose
from heed.domain.links.undo import (
    MAX_CHANGES_PER_UPDATE,
    UNDO_LIFETIME,
    UndoToken,
    changes_for_press,
    mint_undo_token,
    undo_token_for,
    verify_undo_token,
)
from heed.domain.milliseconds import Millis
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.decision import decide
from heed.domain.preferences.kinds import ChoiceKind
from heed.domain.preferences.preference_changes import FormChoices, FormContext, changes_for_form
from heed.domain.preferences.record import EMPTY_RECORD, Record, merge_changes
from heed.domain.preferences.register import ALL_SCOPES, DAY_MS, MINOR, Change, Entry, ScopeNumber, Source
from heed.domain.preferences.replay import find_lost_stops
from tests.support.catalogues import CATALOGUE
from tests.support.registers import confirmed, in_, out, pause, scope_numbers, undoable, undone
from tests.support.strategies import changes, instants, records

NOW = Millis(400 * DAY_MS)
OFFERS, RESEARCH, BRAND = scope_numbers(2, 5, 1)
RECIPIENT = "a" * 26


def link_key(purpose: TokenPurpose, key_id: int) -> bytes:
    return f"{purpose} {key_id}".encode()


def entry(at: Millis, press: str = "one", until: Millis | None = None) -> Entry:
    return Entry(at, Source.LINK, f'{{"press":"{press}"}}', "2026-01", until)


def press(record: Record, scope: int, press_entry: Entry) -> tuple[Record, UndoToken | None]:
    """Returns the record after a press in a browser, and the Undo that the response offers."""
    after = merge_changes(
        record, changes_for_press(record, CATALOGUE, {ScopeNumber(scope): press_entry}, press_entry.at)
    )
    return after, undo_token_for(RECIPIENT, {ScopeNumber(scope): press_entry}, after)


def take_back(record: Record, undo: UndoToken | None) -> Record:
    assert undo is not None
    return merge_changes(record, undo.changes())


def is_sent(record: Record, scope: int = OFFERS, now: Millis = Millis(NOW + 3 * DAY_MS)) -> bool:
    return decide(record, CATALOGUE.topics[scope], now).sendable


def test_an_undo_takes_its_press_back() -> None:
    stopped, undo = press(EMPTY_RECORD, OFFERS, entry(NOW))
    assert not is_sent(stopped)
    assert is_sent(take_back(stopped, undo))


def test_an_undo_used_twice_changes_nothing_more() -> None:
    stopped, undo = press(EMPTY_RECORD, OFFERS, entry(NOW))
    once = take_back(stopped, undo)
    assert take_back(once, undo) == once


def test_a_press_during_an_active_suppression_offers_no_undo() -> None:
    first, undo = press(EMPTY_RECORD, OFFERS, entry(NOW))
    second, none = press(first, OFFERS, entry(Millis(NOW + 1), "two"))
    assert none is None
    assert out(OFFERS) in second.registers
    assert not is_sent(take_back(second, undo))  # the second press still counts


def test_an_undo_is_offered_once_a_day_for_each_scope() -> None:
    first, undo = press(EMPTY_RECORD, OFFERS, entry(NOW))
    again, none = press(take_back(first, undo), OFFERS, entry(Millis(NOW + DAY_MS - 1), "two"))
    assert none is None
    assert not is_sent(again)
    _, tomorrow = press(take_back(first, undo), OFFERS, entry(Millis(NOW + DAY_MS), "two"))
    assert tomorrow is not None


def test_an_undo_gives_no_consent_that_did_not_exist_before() -> None:
    stopped, undo = press(EMPTY_RECORD, RESEARCH, entry(NOW))
    assert undo is None  # no mail was sendable before, so the press stopped none
    consented = merge_changes(EMPTY_RECORD, [Change(confirmed(RESEARCH), entry(Millis(NOW - 5)))])
    stopped, undo = press(consented, RESEARCH, entry(NOW))
    assert not is_sent(stopped, RESEARCH)
    assert is_sent(take_back(stopped, undo), RESEARCH)


def test_a_letter_entered_after_the_undo_counts_from_its_date() -> None:
    stopped, undo = press(EMPTY_RECORD, OFFERS, entry(NOW))
    letter = Change(out(OFFERS), Entry(Millis(NOW - DAY_MS), Source.LETTER, "{}"))
    assert not is_sent(merge_changes(take_back(stopped, undo), [letter]))


def test_an_undo_at_a_topic_does_not_change_a_suppression_of_a_wider_scope() -> None:
    record = merge_changes(
        EMPTY_RECORD,
        [Change(out(ALL_SCOPES), entry(Millis(NOW - 5))), Change(in_(OFFERS), entry(Millis(NOW - 4)))],
    )
    stopped, undo = press(record, OFFERS, entry(NOW))
    assert take_back(stopped, undo).opt_outs(ALL_SCOPES) == record.opt_outs(ALL_SCOPES)


def test_an_earlier_press_that_was_not_taken_back_is_kept_beside_a_newer_one() -> None:
    """The first press withdrew a consent. The Undo of the second press must not renew it."""
    consented = merge_changes(EMPTY_RECORD, [Change(in_(RESEARCH), entry(Millis(NOW - 5)))])
    first, _ = press(consented, BRAND, entry(NOW))
    general = merge_changes(
        first, [Change(confirmed(BRAND), Entry(Millis(NOW + 1), Source.CONFIRMATION, "{}"))]
    )
    assert not is_sent(general, RESEARCH)
    second, undo = press(general, BRAND, entry(Millis(NOW + 2 * DAY_MS), "two"))
    assert undo is not None
    assert not is_sent(take_back(second, undo), RESEARCH)
    assert is_sent(take_back(second, undo), OFFERS)


def test_an_earlier_pause_is_kept_beside_a_newer_press_under_any_clock() -> None:
    """The clock of the second press finds the pause expired. The clock of the decision finds it active."""
    first, _ = press(EMPTY_RECORD, BRAND, entry(Millis(NOW - 30 * DAY_MS), until=NOW))
    second, undo = press(first, BRAND, entry(Millis(NOW + 1), "two"))
    assert not is_sent(take_back(second, undo), now=Millis(NOW - 1))
    assert is_sent(take_back(second, undo), now=NOW)


def test_an_undo_takes_a_pause_back() -> None:
    paused, undo = press(EMPTY_RECORD, BRAND, entry(NOW, until=Millis(NOW + 30 * DAY_MS)))
    assert not is_sent(paused)
    assert is_sent(take_back(paused, undo))


@pytest.mark.parametrize("other_entry", [replace(entry(NOW), evidence="{}"), entry(Millis(NOW - 1))])
def test_an_undo_that_names_another_entry_takes_nothing_back(other_entry: Entry) -> None:
    stopped, _ = press(EMPTY_RECORD, OFFERS, entry(NOW))
    assert not is_sent(merge_changes(stopped, [Change(undone(OFFERS), other_entry.undo)]))


def test_a_retried_press_offers_the_same_undo() -> None:
    stopped, undo = press(EMPTY_RECORD, OFFERS, entry(NOW))
    again, same = press(stopped, OFFERS, entry(NOW))
    assert (again, same) == (stopped, undo)


def test_an_undo_changes_nothing_for_a_minor_or_before_an_erasure() -> None:
    undo = UndoToken(RECIPIENT, scope_numbers(OFFERS), NOW, entry(NOW).digest)
    child = Record({MINOR: Entry(Millis(1), Source.AGE_REPORT, "{}")}, revision=1)
    erased = Record({out(ALL_SCOPES): Entry(NOW, Source.LETTER, "{}")}, erased_at=NOW, revision=1)
    assert merge_changes(child, undo.changes()) == child
    assert merge_changes(erased, undo.changes()) == erased


@given(records(), st.sampled_from([0, 1, 2, 5]), instants, st.booleans())
def test_an_undo_makes_no_topic_sendable_that_was_not_before_the_press(
    record: Record, scope: int, now: Millis, pauses: bool
) -> None:
    press_entry = entry(now, until=Millis(now + 30 * DAY_MS) if pauses else None)
    after, undo = press(record, scope, press_entry)
    if undo is None:
        return
    back = merge_changes(after, undo.changes())
    for topic in CATALOGUE.topics.values():
        for later in (now, now + 7 * DAY_MS, now + 90 * DAY_MS):
            if decide(back, topic, Millis(later)).sendable:
                assert decide(record, topic, Millis(later)).sendable


@given(records(), st.lists(changes(), max_size=6), st.sampled_from([0, 1, 2]), instants)
def test_an_undo_does_not_affect_choices_before_or_after_it(
    record: Record, others: list[Change], scope: int, now: Millis
) -> None:
    pressed = (ChoiceKind.UNDOABLE, ChoiceKind.UNDONE)
    others = [change for change in others if change.register.kind not in pressed]
    after, undo = press(record, scope, entry(now))
    if undo is None:
        return
    back = merge_changes(merge_changes(after, undo.changes()), others)
    without = merge_changes(record, others)
    for topic in CATALOGUE.topics.values():
        if decide(back, topic, Millis(now + DAY_MS)).sendable:
            assert decide(without, topic, Millis(now + DAY_MS)).sendable


@given(
    st.binary(min_size=16, max_size=16),
    st.lists(st.integers(0, 65_535), max_size=500).map(tuple),
    st.integers(0, 1 << 50),
    st.binary(min_size=16, max_size=16),
)
def test_a_token_keeps_its_content_and_an_altered_token_is_invalid(
    raw_id: bytes, scopes: tuple[int, ...], at: Millis, digest: bytes
) -> None:
    recipient = base64.b32encode(raw_id).decode().rstrip("=").lower()
    undo = UndoToken(recipient, scope_numbers(*scopes), at, digest.hex())
    text = mint_undo_token(undo, 1, link_key(TokenPurpose.UNDO, 1))
    assert verify_undo_token(text, link_key) == undo
    for position in (0, 1, 20, len(text) // 2, len(text) - 1):
        other = "A" if text[position] != "A" else "B"
        with pytest.raises(InvalidToken):
            verify_undo_token(text[:position] + other + text[position + 1 :], link_key)


def test_an_undo_token_expires_after_an_hour() -> None:
    undo = UndoToken(RECIPIENT, scope_numbers(OFFERS), NOW, entry(NOW).digest)
    assert not undo.is_expired(Millis(NOW + UNDO_LIFETIME - 1))
    assert undo.is_expired(Millis(NOW + UNDO_LIFETIME))


def test_a_press_during_a_pause_offers_no_undo() -> None:
    paused = merge_changes(
        EMPTY_RECORD, [Change(pause(ALL_SCOPES), entry(Millis(NOW - 1), until=Millis(NOW + 9 * DAY_MS)))]
    )
    stopped, undo = press(paused, OFFERS, entry(NOW))
    assert undo is None  # no mail was sendable at the time of the press
    assert undoable(OFFERS) not in stopped.registers


def test_a_press_from_a_restored_copy_is_kept_beside_a_newer_one() -> None:
    old, _ = press(EMPTY_RECORD, OFFERS, entry(NOW))
    live, undo = press(EMPTY_RECORD, OFFERS, entry(Millis(NOW + 2 * DAY_MS), "two"))
    restored = merge_changes(
        live, [*find_lost_stops(old, live), *(Change(r, e) for r, e in old.registers.items())]
    )

    assert not is_sent(take_back(restored, undo), now=Millis(NOW + 4 * DAY_MS))
    assert find_lost_stops(old, old) == find_lost_stops(old, EMPTY_RECORD) == []


def test_a_pause_from_a_restored_copy_is_kept_beside_a_newer_press() -> None:
    old, _ = press(EMPTY_RECORD, BRAND, entry(NOW, until=Millis(NOW + 90 * DAY_MS)))
    live, undo = press(EMPTY_RECORD, BRAND, entry(Millis(NOW + 2 * DAY_MS), "two"))
    restored = merge_changes(live, find_lost_stops(old, live))

    assert not is_sent(take_back(restored, undo), now=Millis(NOW + 4 * DAY_MS))


@given(
    records(),
    st.dictionaries(st.sampled_from(scope_numbers(2, 3, 5, 7)), st.booleans(), max_size=4),
    st.dictionaries(st.sampled_from(scope_numbers(2, 3, 5, 7)), st.booleans(), max_size=4),
    st.sampled_from([None, 0, 30, 60]),
    st.booleans(),
    instants,
)
def test_no_form_of_the_preference_centre_turns_a_topic_on(
    record: Record,
    wanted: dict[ScopeNumber, bool],
    shown: dict[ScopeNumber, bool],
    days: int | None,
    everything: bool,
    now: Millis,
) -> None:
    choices = FormChoices(everything, wanted, shown, days)
    context = FormContext(now, '{"press":"x"}', "2026-01", signal=False)
    after = merge_changes(record, changes_for_form(choices, record, CATALOGUE, BRAND, context).changes)
    for topic in CATALOGUE.topics.values():
        for later in (now, now + 7 * DAY_MS, now + 45 * DAY_MS, now + 200 * DAY_MS):
            if decide(after, topic, Millis(later)).sendable:
                assert decide(record, topic, Millis(later)).sendable


def test_a_press_with_an_undo_fits_into_one_update() -> None:
    """Each scope has an earlier press, which is stored beside the new one."""
    room = MAX_CHANGES_PER_UPDATE - len(CATALOGUE.signal_topics())
    for presses, is_offered in ((room // 2, True), (room // 2 + 1, False)):
        catalogue, scopes = catalogue_with(presses)
        first, second = entry(NOW), entry(Millis(NOW + 2 * DAY_MS), "two")
        before = {undoable(scope): first for scope in scopes}
        lifted = {confirmed(scope): entry(Millis(NOW + DAY_MS), "yes") for scope in scopes}
        record = Record({**before, **lifted})
        press_entries = dict.fromkeys(scopes, second)

        stops = list(changes_for_press(record, catalogue, press_entries, second.at))
        after = merge_changes(record, stops)

        assert len(stops) + len(catalogue.signal_topics()) <= MAX_CHANGES_PER_UPDATE
        assert (undo_token_for(RECIPIENT, press_entries, after) is not None) == is_offered
        assert not any(decide(after, catalogue.topics[scope], second.at).sendable for scope in scopes)
        assert (
            merge_changes(after, changes_for_press(after, catalogue, press_entries, second.at)) == after
        )  # a redelivery


def catalogue_with(count: int) -> tuple[Catalogue, tuple[ScopeNumber, ...]]:
    """Returns a catalogue with this number of additional topics like the offers, and their numbers."""
    numbers = scope_numbers(*range(1_000, 1_000 + count))
    like = CATALOGUE.topics[OFFERS]
    more = [replace(like, number=n, name=f"more-{n}", path=(*like.path[:-1], n)) for n in numbers]
    topics = [*CATALOGUE.topics.values(), *more]
    brands = list(CATALOGUE.brands.values())
    return Catalogue(brands, topics, CATALOGUE.default_brand, ("en",), "en"), numbers
