"""A pause by a link never shortens an active pause, and stops all mail that was sendable before."""

from __future__ import annotations

from collections.abc import Iterable

from heed.domain.milliseconds import Millis
from heed.domain.preferences.decision import decide
from heed.domain.preferences.preference_changes import (
    FormChoices,
    FormContext,
    FormResult,
    changes_for_form,
)
from heed.domain.preferences.record import EMPTY_RECORD, Record, merge_changes
from heed.domain.preferences.register import ALL_SCOPES, DAY_MS, Change, Entry, Source
from tests.support.catalogues import CATALOGUE
from tests.support.registers import confirmed, in_, pause, scope_numbers

NOW = Millis(400 * DAY_MS)
OFFERS, NEWS, BRAND = scope_numbers(2, 3, 1)


def letter(at: Millis, until: Millis | None = None) -> Entry:
    return Entry(at, Source.LETTER, "{}", "", until)


def record(*changes: Change) -> Record:
    return merge_changes(EMPTY_RECORD, changes)


def form(record: Record, days: int, evidence: str = "{}") -> FormResult:
    context = FormContext(NOW, evidence, "", signal=False)
    return changes_for_form(FormChoices(pause_days=days), record, CATALOGUE, BRAND, context)


def paused_until(record: Record, changes: Iterable[Change], topic: int) -> int | None:
    return decide(merge_changes(record, changes), CATALOGUE.topics[topic], NOW).until


PAUSED = Change(pause(BRAND), letter(Millis(NOW - DAY_MS), Millis(NOW + 89 * DAY_MS)))


def test_a_pause_shorter_than_the_active_one_needs_a_confirmation() -> None:
    result = form(record(PAUSED), 30)
    assert (result.changes, result.scopes_to_resume) == ((), (BRAND,))


def test_a_pause_longer_than_the_active_one_is_stored() -> None:
    result = form(record(PAUSED), 90)
    assert result.scopes_to_resume == ()
    assert paused_until(record(PAUSED), result.changes, OFFERS) == NOW + 90 * DAY_MS


def test_a_pause_that_an_opt_in_lifted_does_not_prevent_a_new_one() -> None:
    lifted = record(PAUSED, Change(in_(BRAND), letter(Millis(NOW - 1))))
    assert decide(lifted, CATALOGUE.topics[OFFERS], NOW).sendable
    result = form(lifted, 30)
    assert result.scopes_to_resume == ()
    assert paused_until(lifted, result.changes, OFFERS) == NOW + 30 * DAY_MS


def test_a_new_pause_also_stops_excepted_topics_and_shortens_no_pause() -> None:
    with_exception = record(PAUSED, Change(confirmed(OFFERS), letter(Millis(NOW - 1))))
    assert decide(with_exception, CATALOGUE.topics[OFFERS], NOW).sendable
    result = form(with_exception, 30)
    assert result.scopes_to_resume == ()
    assert paused_until(with_exception, result.changes, OFFERS) == NOW + 89 * DAY_MS
    assert paused_until(with_exception, result.changes, NEWS) == NOW + 89 * DAY_MS


def test_ending_a_pause_needs_no_confirmation_if_no_pause_is_active() -> None:
    lifted = record(PAUSED, Change(in_(BRAND), letter(Millis(NOW - 1))))
    assert form(lifted, 0).scopes_to_resume == ()
    assert form(record(PAUSED), 0).scopes_to_resume == (BRAND,)
    general = Change(pause(ALL_SCOPES), letter(Millis(NOW - DAY_MS), Millis(NOW + DAY_MS)))
    assert form(record(general), 0).scopes_to_resume == (ALL_SCOPES,)


def test_ending_the_pause_of_a_brand_also_ends_pauses_of_its_topics() -> None:
    topic = Change(pause(NEWS), letter(Millis(NOW - DAY_MS), Millis(NOW + DAY_MS)))
    assert form(record(topic), 0).scopes_to_resume == (NEWS,)
    assert form(record(PAUSED, topic), 0).scopes_to_resume == (BRAND, NEWS)


def test_a_retried_form_has_the_same_result() -> None:
    for before in (EMPTY_RECORD, record(PAUSED, Change(confirmed(OFFERS), letter(Millis(NOW - 1))))):
        first = form(before, 30)
        again = form(merge_changes(before, first.changes), 30)
        assert (again.changes, again.scopes_to_resume) == (first.changes, ())
