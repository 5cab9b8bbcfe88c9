from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

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

START = FeedCursor(FeedPosition(0, ""))
NOW = 101 * DAY_MS
PEOPLE = [recipient_from_bytes(bytes([n]) * 16) for n in range(6)]


@dataclass
class Store(MemoryPreferences):
    """Records, and the feed of their changes, which shows a change only after a while."""

    seen_from: dict[str, list[tuple[int, FeedPosition]]] = field(default_factory=dict)
    now: int = NOW
    looked_at: int = 0  # how many records were read

    def change(self, recipient: str, change: Change, lag: int = 0) -> None:
        held = self.records.get(recipient, EMPTY_RECORD)
        assert isinstance(held, Record)
        self.records[recipient] = merge_changes(held, [change])
        shown = (self.now + lag, FeedPosition(self.now, recipient))
        self.seen_from.setdefault(recipient, []).append(shown)

    def changes_after(self, after: FeedPosition, until: int, limit: int) -> list[FeedPosition]:
        places = [
            max(seen, key=lambda one: one[0])[1]
            for history in self.seen_from.values()
            if (seen := [one for one in history if one[0] <= self.now])
        ]
        return sorted(one for one in places if one > after and one.at <= until)[:limit]

    def read_many(self, recipients: Iterable[str]) -> Mapping[str, Record | UnreadableItem]:
        asked = list(recipients)
        self.looked_at += len(asked)
        return super().read_many(asked)

    def page(self, place: FeedCursor = START, limit: int = 100) -> SuppressionPage:
        return list_suppressions(place, limit, self.now, self, self, CATALOGUE)

    def whole_pass(self, place: FeedCursor = START, limit: int = 100) -> list[ListedSuppression]:
        listed: list[ListedSuppression] = []
        is_end = False
        while not is_end:
            found, place, is_end = self.page(place, limit)
            listed += found
        return listed


def _stop(store: Store, recipient: str, *registers: Register, at: int = 5) -> None:
    for register in registers:
        until = NOW + DAY_MS if register.may_end else None
        store.change(recipient, Change(register, Entry(at, Source.PHONE, "{}", until=until)))


_writes = st.tuples(st.sampled_from(PEOPLE), changes(), st.integers(0, FEED_OVERLAP - 30_000))
_steps = st.lists(st.one_of(_writes, st.integers(1, 5)), max_size=40)


@examples(300)
@given(_steps)
def test_a_reader_that_follows_the_cursor_knows_every_stop_in_the_end(
    steps: list[tuple[str, Change, int] | int],
) -> None:
    store, place, known = Store(), START, dict[tuple[str, tuple[int, int]], Suppression]()

    def take(page: SuppressionPage) -> FeedCursor:
        for recipient, stop in page.listed:
            assert isinstance(stop, Suppression)
            known[recipient, stop.sort_key] = stop
        return page.next

    for step in steps:
        store.now += 10_000
        if isinstance(step, int):
            place = take(store.page(place, step))
        else:
            recipient, change, lag = step
            store.change(recipient, change, lag)
    store.now += FEED_OVERLAP
    while True:
        page = store.page(place, 3)
        place = take(page)
        if page.is_end and page.next.after.at == store.now - FEED_OVERLAP:
            break
    for recipient, record in store.records.items():
        assert isinstance(record, Record)
        for stop in suppressions_of(record, CATALOGUE, store.now):
            held = known[recipient, stop.sort_key]
            assert held == stop or (held.until is not None and held.until <= store.now)


@examples(300)
@given(_steps)
def test_within_a_pass_nothing_repeats_and_only_its_last_page_is_short(
    steps: list[tuple[str, Change, int] | int],
) -> None:
    store, place, given_out = Store(), START, set[tuple[str, tuple[int, int]]]()
    for step in steps:
        store.now += 10_000
        if not isinstance(step, int):
            store.change(*step[:2])
            continue
        listed, place, is_end = store.page(place, step)
        assert is_end is (len(listed) < step)
        for recipient, stop in listed:
            assert isinstance(stop, Suppression)
            assert (recipient, stop.sort_key) not in given_out
            given_out.add((recipient, stop.sort_key))
        if is_end:
            given_out.clear()


@given(st.lists(_writes, max_size=12), st.integers(1, 5))
def test_short_pages_give_what_one_long_page_gives(writes: list[tuple[str, Change, int]], limit: int) -> None:
    store = Store()
    for recipient, change, _ in writes:
        store.now += 1
        store.change(recipient, change)
    assert store.whole_pass(limit=limit) == store.page().listed


def test_stops_come_in_the_order_of_change() -> None:
    store = Store()
    for recipient in (PEOPLE[2], PEOPLE[0], PEOPLE[1], PEOPLE[2]):
        store.now += 1
        _stop(store, recipient, out(0), at=store.now)
    assert [one.recipient for one in store.page().listed] == [PEOPLE[0], PEOPLE[1], PEOPLE[2]]


def test_a_pass_ends_although_somebody_changes_before_every_page() -> None:
    store, place, pages = Store(), START, 0
    for recipient in PEOPLE:
        _stop(store, recipient, out(0))
    is_end = False
    while not is_end:
        store.now += 1
        _stop(store, PEOPLE[pages % 6], out(0), at=store.now)
        _, place, is_end = store.page(place, 1)
        pages += 1
    assert pages <= 7


def test_the_next_pass_begins_before_the_bound_of_the_last() -> None:
    store = Store()
    _stop(store, PEOPLE[0], out(0))
    page = store.page(limit=1)
    store.now += 5_000
    assert not page.is_end
    last = store.page(page.next, 1)
    assert (last.listed, last.is_end) == ([], True)
    assert last.next == FeedCursor(FeedPosition(NOW - FEED_OVERLAP, ""))
    assert store.page(last.next).listed == page.listed


def test_a_page_may_end_between_two_stops_of_one_recipient() -> None:
    store = Store()
    _stop(store, PEOPLE[0], out(0), COMPLAINT, UNDELIVERABLE)
    _stop(store, PEOPLE[1], out(0))
    pages, place = [], START
    for _ in range(4):
        listed, place, _ = store.page(place, 1)
        pages.append([one.stop.reason for one in listed if isinstance(one.stop, Suppression)])
    assert pages == [["undeliverable"], ["complained"], ["unsubscribed"], ["unsubscribed"]]


def test_a_stop_that_ends_between_two_pages_takes_no_other_with_it() -> None:
    store = Store()
    _stop(store, PEOPLE[0], pause(0), pause(1), pause(3))
    first = store.page(limit=1)
    store.records[PEOPLE[0]] = merge_changes(
        EMPTY_RECORD,
        [Change(pause(n), Entry(6, Source.PHONE, "{}", until=NOW + DAY_MS)) for n in (1, 3)],
    )
    rest = store.page(first.next, 5).listed
    assert [one.stop.scope for one in rest if isinstance(one.stop, Suppression)] == [1, 3]


def test_a_filter_keeps_what_it_names_and_the_cursor_keeps_the_filter() -> None:
    store = Store()
    _stop(store, PEOPLE[0], out(0), out(3), COMPLAINT)
    _stop(store, PEOPLE[1], out(3))
    only = FeedCursor(FeedPosition(0, ""), only=SuppressionFilter(Reason.TOPIC_UNSUBSCRIBED, ScopeNumber(3)))
    listed = store.whole_pass(only, limit=1)
    assert [one.recipient for one in listed] == [PEOPLE[0], PEOPLE[1]]
    assert store.page(only).next.only == only.only


def test_a_rare_stop_is_found_behind_many_others_and_a_page_reads_only_so_many() -> None:
    store = Store()
    crowd = [recipient_from_bytes(n.to_bytes(16)) for n in range(MAX_EXAMINED * 2)]
    for recipient in crowd:
        _stop(store, recipient, out(0))
        store.now += 1
    _stop(store, crowd[-1], COMPLAINT)
    place, pages, found = (
        FeedCursor(FeedPosition(0, ""), only=SuppressionFilter(Reason.COMPLAINED)),
        0,
        [],
    )
    is_end = False
    while not is_end:
        store.looked_at = 0
        listed, place, is_end = store.page(place, 10)
        assert store.looked_at <= MAX_EXAMINED + 1_000
        found += listed
        pages += 1
    assert [one.recipient for one in found] == [crowd[-1]]
    assert pages == 2


def test_who_was_lifted_is_told_and_who_cannot_be_read_counts_as_stopped() -> None:
    store = Store()
    _stop(store, PEOPLE[0], out(0))
    _stop(store, PEOPLE[0], in_(0), at=6)
    _stop(store, PEOPLE[1], out(0))
    store.unreadable(PEOPLE[1])
    lifted, unread = store.page().listed
    assert isinstance(lifted.stop, Suppression)
    assert not lifted.stop.active
    assert unread == ListedSuppression(PEOPLE[1], UNREADABLE)
    rest = FeedCursor(FeedPosition(0, ""), only=SuppressionFilter(Reason.MINOR))
    assert store.page(rest).listed == [unread]  # whatever was asked for
