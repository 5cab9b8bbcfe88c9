"""The feed of suppressions: its cursor, its passes, its pages and its filter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.domain.milliseconds import Millis
from heed.domain.preferences.reasons import Reason
from heed.domain.preferences.record import EMPTY_RECORD, Record, merge_changes
from heed.domain.preferences.register import (
    COMPLAINT,
    DAY_MS,
    UNDELIVERABLE,
    Change,
    Entry,
    Register,
    ScopeNumber,
    Source,
)
from heed.domain.preferences.suppressions import Suppression, suppressions_of
from heed.domain.recipients.recipient import recipient_from_bytes
from heed.use_cases.ports.preferences import UNREADABLE, FeedPosition, UnreadableItem
from heed.use_cases.preferences.list_suppressions import (
    FEED_OVERLAP,
    MAX_EXAMINED,
    FeedCursor,
    ListedSuppression,
    SuppressionFilter,
    SuppressionPage,
    list_suppressions,
)
from tests.support.catalogues import CATALOGUE
from tests.support.fakes import MemoryPreferences
from tests.support.full import examples
from tests.support.registers import in_, out, pause
from tests.support.strategies import changes

START = FeedCursor(FeedPosition(Millis(0), ""))
NOW = 101 * DAY_MS
PEOPLE = [recipient_from_bytes(bytes([n]) * 16) for n in range(6)]


@dataclass
class Store(MemoryPreferences):
    """Records and the feed of their changes. A change appears in the feed after a delay."""

    history: dict[str, list[tuple[int, FeedPosition]]] = field(default_factory=dict)
    now: int = NOW
    read_count: int = 0  # how many records were read

    def change(self, recipient: str, change: Change, lag: int = 0) -> None:
        record = self.records.get(recipient, EMPTY_RECORD)
        assert isinstance(record, Record)
        self.records[recipient] = merge_changes(record, [change])
        visible_from = (self.now + lag, FeedPosition(Millis(self.now), recipient))
        self.history.setdefault(recipient, []).append(visible_from)

    def changes_after(self, after: FeedPosition, until: int, limit: int) -> list[FeedPosition]:
        positions = [
            max(visible, key=lambda change: change[0])[1]
            for history in self.history.values()
            if (visible := [change for change in history if change[0] <= self.now])
        ]
        in_range = (position for position in positions if position > after and position.changed_at <= until)
        return sorted(in_range)[:limit]

    def read_many(self, recipients: Iterable[str]) -> Mapping[str, Record | UnreadableItem]:
        ids = list(recipients)
        self.read_count += len(ids)
        return super().read_many(ids)

    def page(self, cursor: FeedCursor = START, limit: int = 100) -> SuppressionPage:
        return list_suppressions(cursor, limit, Millis(self.now), self, self, CATALOGUE)

    def whole_pass(self, cursor: FeedCursor = START, limit: int = 100) -> list[ListedSuppression]:
        listed: list[ListedSuppression] = []
        is_end = False
        while not is_end:
            page, cursor, is_end = self.page(cursor, limit)
            listed += page
        return listed


def _suppress(store: Store, recipient: str, *registers: Register, at: Millis = Millis(5)) -> None:
    for register in registers:
        until = Millis(NOW + DAY_MS) if register.may_end else None
        store.change(recipient, Change(register, Entry(at, Source.PHONE, "{}", until=until)))


_writes = st.tuples(st.sampled_from(PEOPLE), changes(), st.integers(0, FEED_OVERLAP - 30_000))
_steps = st.lists(st.one_of(_writes, st.integers(1, 5)), max_size=40)


@examples(300)
@given(_steps)
def test_a_reader_that_follows_the_cursor_gets_every_suppression_in_the_end(
    steps: list[tuple[str, Change, int] | int],
) -> None:
    store, cursor, known = Store(), START, dict[tuple[str, tuple[int, int]], Suppression]()

    def take(page: SuppressionPage) -> FeedCursor:
        for recipient, suppression in page.suppressions:
            assert isinstance(suppression, Suppression)
            known[recipient, suppression.sort_key] = suppression
        return page.next_cursor

    for step in steps:
        store.now += 10_000
        if isinstance(step, int):
            cursor = take(store.page(cursor, step))
        else:
            recipient, change, lag = step
            store.change(recipient, change, lag)
    store.now += FEED_OVERLAP
    while True:
        page = store.page(cursor, 3)
        cursor = take(page)
        if page.is_end and page.next_cursor.after.changed_at == store.now - FEED_OVERLAP:
            break
    for recipient, record in store.records.items():
        assert isinstance(record, Record)
        for suppression in suppressions_of(record, CATALOGUE, Millis(store.now)):
            latest = known[recipient, suppression.sort_key]
            assert latest == suppression or (latest.until is not None and latest.until <= store.now)


@examples(300)
@given(_steps)
def test_a_pass_has_no_duplicates_and_only_its_last_page_is_short(
    steps: list[tuple[str, Change, int] | int],
) -> None:
    store, cursor, listed_before = Store(), START, set[tuple[str, tuple[int, int]]]()
    for step in steps:
        store.now += 10_000
        if not isinstance(step, int):
            store.change(*step[:2])
            continue
        listed, cursor, is_end = store.page(cursor, step)
        assert is_end is (len(listed) < step)
        for recipient, suppression in listed:
            assert isinstance(suppression, Suppression)
            assert (recipient, suppression.sort_key) not in listed_before
            listed_before.add((recipient, suppression.sort_key))
        if is_end:
            listed_before.clear()


@given(st.lists(_writes, max_size=12), st.integers(1, 5))
def test_short_pages_list_the_same_as_a_long_page(writes: list[tuple[str, Change, int]], limit: int) -> None:
    store = Store()
    for recipient, change, _ in writes:
        store.now += 1
        store.change(recipient, change)
    assert store.whole_pass(limit=limit) == store.page().suppressions


def test_suppressions_have_the_order_of_their_changes() -> None:
    store = Store()
    for recipient in (PEOPLE[2], PEOPLE[0], PEOPLE[1], PEOPLE[2]):
        store.now += 1
        _suppress(store, recipient, out(0), at=Millis(store.now))
    assert [listed.recipient for listed in store.page().suppressions] == [PEOPLE[0], PEOPLE[1], PEOPLE[2]]


def test_a_pass_ends_although_a_recipient_changes_before_each_page() -> None:
    store, cursor, pages = Store(), START, 0
    for recipient in PEOPLE:
        _suppress(store, recipient, out(0))
    is_end = False
    while not is_end:
        store.now += 1
        _suppress(store, PEOPLE[pages % 6], out(0), at=Millis(store.now))
        _, cursor, is_end = store.page(cursor, 1)
        pages += 1
    assert pages <= 7


def test_the_next_pass_starts_before_the_bound_of_the_previous_pass() -> None:
    store = Store()
    _suppress(store, PEOPLE[0], out(0))
    page = store.page(limit=1)
    store.now += 5_000
    assert not page.is_end
    last = store.page(page.next_cursor, 1)
    assert (last.suppressions, last.is_end) == ([], True)
    assert last.next_cursor == FeedCursor(FeedPosition(Millis(NOW - FEED_OVERLAP), ""))
    assert store.page(last.next_cursor).suppressions == page.suppressions


def test_a_page_may_end_between_two_suppressions_of_a_recipient() -> None:
    store = Store()
    _suppress(store, PEOPLE[0], out(0), COMPLAINT, UNDELIVERABLE)
    _suppress(store, PEOPLE[1], out(0))
    pages, cursor = [], START
    for _ in range(4):
        listed, cursor, _ = store.page(cursor, 1)
        pages.append(
            [item.suppression.reason for item in listed if isinstance(item.suppression, Suppression)]
        )
    assert pages == [["undeliverable"], ["complained"], ["unsubscribed"], ["unsubscribed"]]


def test_a_pause_that_ends_between_two_pages_does_not_hide_other_suppressions() -> None:
    store = Store()
    _suppress(store, PEOPLE[0], pause(0), pause(1), pause(3))
    first = store.page(limit=1)
    store.records[PEOPLE[0]] = merge_changes(
        EMPTY_RECORD,
        [Change(pause(n), Entry(Millis(6), Source.PHONE, "{}", until=Millis(NOW + DAY_MS))) for n in (1, 3)],
    )
    others = store.page(first.next_cursor, 5).suppressions
    assert [item.suppression.scope for item in others if isinstance(item.suppression, Suppression)] == [1, 3]


def test_a_filter_selects_suppressions_and_the_cursor_keeps_the_filter() -> None:
    store = Store()
    _suppress(store, PEOPLE[0], out(0), out(3), COMPLAINT)
    _suppress(store, PEOPLE[1], out(3))
    filtered = FeedCursor(
        FeedPosition(Millis(0), ""), filter=SuppressionFilter(Reason.TOPIC_UNSUBSCRIBED, ScopeNumber(3))
    )
    listed = store.whole_pass(filtered, limit=1)
    assert [item.recipient for item in listed] == [PEOPLE[0], PEOPLE[1]]
    assert store.page(filtered).next_cursor.filter == filtered.filter


@pytest.mark.system
def test_the_feed_finds_a_rare_suppression_although_each_page_reads_a_limited_number() -> None:
    store = Store()
    crowd = [recipient_from_bytes(n.to_bytes(16)) for n in range(MAX_EXAMINED * 2)]
    for recipient in crowd:
        _suppress(store, recipient, out(0))
        store.now += 1
    _suppress(store, crowd[-1], COMPLAINT)
    cursor, pages, matches = (
        FeedCursor(FeedPosition(Millis(0), ""), filter=SuppressionFilter(Reason.COMPLAINED)),
        0,
        [],
    )
    is_end = False
    while not is_end:
        store.read_count = 0
        listed, cursor, is_end = store.page(cursor, 10)
        assert store.read_count <= MAX_EXAMINED + 1_000
        matches += listed
        pages += 1
    assert [item.recipient for item in matches] == [crowd[-1]]
    assert pages == 2


def test_the_feed_lists_lifted_suppressions_and_unreadable_records() -> None:
    store = Store()
    _suppress(store, PEOPLE[0], out(0))
    _suppress(store, PEOPLE[0], in_(0), at=Millis(6))
    _suppress(store, PEOPLE[1], out(0))
    store.make_unreadable(PEOPLE[1])
    lifted, unreadable = store.page().suppressions
    assert isinstance(lifted.suppression, Suppression)
    assert not lifted.suppression.active
    assert unreadable == ListedSuppression(PEOPLE[1], UNREADABLE)
    other_reason = FeedCursor(FeedPosition(Millis(0), ""), filter=SuppressionFilter(Reason.MINOR))
    assert store.page(other_reason).suppressions == [unreadable], "every filter selects it"
