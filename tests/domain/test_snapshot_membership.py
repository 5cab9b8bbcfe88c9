from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from heed.domain.milliseconds import Millis
from heed.domain.preferences.decision import decide
from heed.domain.preferences.record import EMPTY_RECORD, Record, merge_changes
from heed.domain.preferences.register import COMPLAINT, HOLD, Change, Entry, Register, Source
from heed.domain.snapshots.membership import filters_of, snapshot_topics
from tests.support.catalogues import CATALOGUE
from tests.support.full import examples
from tests.support.registers import in_, out, pause
from tests.support.strategies import instants, records

TOPICS = snapshot_topics(CATALOGUE)


def _record(*set_at: tuple[Register, int], until: int | None = None) -> Record:
    end = None if until is None else Millis(until)
    return merge_changes(
        EMPTY_RECORD, [Change(name, Entry(Millis(at), Source.PHONE, "{}", until=end)) for name, at in set_at]
    )


def test_only_marketing_topics_in_use_that_need_no_consent_have_a_filter() -> None:
    assert [topic.number for topic in TOPICS] == [2, 3, 4, 11, 12, 13, 15]


@examples(500)
@given(records(), instants)
def test_a_topic_is_in_a_filter_exactly_if_the_decision_stops_it(record: Record, as_of: Millis) -> None:
    filters = filters_of(record, TOPICS, as_of)
    for topic in TOPICS:
        is_stopped = 0 in filters or topic.number in filters
        assert is_stopped is not decide(record, topic, as_of).sendable


@examples(500)
@given(records(), instants, st.integers(0, 1 << 40))
def test_time_alone_stops_no_topic_that_is_in_no_filter(record: Record, as_of: Millis, later: int) -> None:
    filters = filters_of(record, TOPICS, as_of)
    for topic in TOPICS:
        if not {0, topic.number} & set(filters):
            assert decide(record, topic, Millis(as_of + later)).sendable


@given(records(), instants)
def test_who_is_in_the_filter_of_everything_is_in_no_other(record: Record, as_of: Millis) -> None:
    filters = filters_of(record, TOPICS, as_of)
    assert 0 not in filters or filters == (0,)


def test_who_left_everything_or_must_get_no_mail_is_in_the_filter_of_everything() -> None:
    for register in (out(0), COMPLAINT, HOLD):
        assert filters_of(_record((register, 5)), TOPICS, Millis(9)) == (0,)


def test_who_left_a_brand_is_in_the_filter_of_each_of_its_topics() -> None:
    assert filters_of(_record((out(10), 5)), TOPICS, Millis(9)) == (11,)


def test_who_returned_to_a_topic_is_in_the_filters_of_the_others() -> None:
    assert filters_of(_record((out(0), 5), (in_(3), 6)), TOPICS, Millis(9)) == (2, 4, 11, 12, 13, 15)


def test_a_pause_counts_until_its_end() -> None:
    paused = _record((pause(3), 5), until=9)
    assert filters_of(paused, TOPICS, Millis(8)) == (3,)
    assert filters_of(paused, TOPICS, Millis(9)) == ()


def test_who_never_chose_anything_is_in_no_filter() -> None:
    assert filters_of(EMPTY_RECORD, TOPICS, Millis(9)) == ()
