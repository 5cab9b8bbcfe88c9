"""Recording feedback: one write a recipient and event, in any order and any number of times."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.domain.errors import KeysUnavailable, MalformedMessage, StoreUnavailable
from heed.domain.feedback.rules import FeedbackEffect
from heed.domain.preferences.record import EMPTY_RECORD, Record, merge_changes
from heed.domain.preferences.register import COMPLAINT, UNDELIVERABLE, Change, Entry, Source
from heed.entrypoints.ses_events import parse_ses_event
from heed.use_cases.feedback.record_feedback import MAX_CLOCK_SKEW, RecordFeedback
from heed.use_cases.ports.preferences import WriteResult
from tests.support.registers import out
from tests.support.ses_messages import CATALOGUE, KEY, NAMES, identify, ses, sns

NOW = 1_772_701_964_390
BOUNCED_AT = 1_772_671_262_669
ECHOES = [name for name in NAMES if name.startswith("event-complaint-on")]
UNSUBSCRIBED = "event-subscription-unsubscribe-all-header"
A, B, C = (identify(address) for address in ("a@example.com", "b@example.net", "c@example.org"))


class Stored:
    """Preferences in memory, by the domain's own rule; refuses the recipients in `down`."""

    def __init__(self, down: Sequence[str] = ()) -> None:
        self.records: dict[str, Record] = defaultdict(lambda: EMPTY_RECORD)
        self.writes: list[str] = []
        self.down = set(down)
        self.marked: int | None = None

    def read(self, recipient: str) -> Record:
        return self.records[recipient]

    def read_many(self, recipients: Sequence[str]) -> dict[str, Record]:
        return {recipient: self.records[recipient] for recipient in recipients}

    def update(self, recipient: str, decide: Callable[[Record], Sequence[Change]], now: int) -> WriteResult:
        return self.apply(recipient, decide(self.records[recipient]), now)

    def apply(self, recipient: str, changes: Sequence[Change], now: int) -> WriteResult:
        if recipient in self.down:
            raise StoreUnavailable("throttled")
        self.writes.append(recipient)
        self.marked = now
        before = self.records[recipient]
        self.records[recipient] = merge_changes(before, changes)
        return WriteResult(before, self.records[recipient])


class Keys:
    """The identity key alone; `asked` counts how often."""

    def __init__(self, *, up: bool = True) -> None:
        self.up = up
        self.asked = 0

    def identity_key(self) -> bytes:
        self.asked += 1
        if not self.up:
            raise KeysUnavailable("throttled")
        return KEY


def recorder(stored: Stored, keys: Keys | None = None) -> RecordFeedback:
    return RecordFeedback(keys or Keys(), stored, CATALOGUE)  # type: ignore[arg-type]


def test_each_recipient_of_an_event_is_written_once() -> None:
    stored = Stored()
    recorder(stored)(parse_ses_event(ses("event-bounce-several-recipients")), NOW)
    assert stored.writes == [A, B, C]
    assert all(UNDELIVERABLE in stored.records[one].registers for one in (A, B, C))
    assert stored.marked == NOW


def test_an_opt_out_of_several_topics_is_one_write() -> None:
    stored = Stored()
    event = ses(
        "event-subscription-unsubscribe-all-header",
        subscription__newTopicPreferences__topicSubscriptionStatus=[
            {"topicName": name, "subscriptionStatus": "OptOut"} for name in ("news", "offers")
        ],
    )
    recorder(stored)(parse_ses_event(event), NOW)
    assert stored.writes == [identify("recipient@example.com")]
    assert set(stored.records[stored.writes[0]].registers) == {
        out(0),
        out(2),
        out(3),
    }


@pytest.mark.parametrize("name", ["event-delivery", "event-open", "event-send", "event-unknown-type"])
def test_an_event_that_changes_nothing_needs_neither_the_table_nor_the_key(name: str) -> None:
    stored, keys = Stored(), Keys(up=False)
    verdict = recorder(stored, keys)(parse_ses_event(ses(name)), NOW)
    assert not stored.writes and not keys.asked and len(verdict.counts) == 1


def test_who_can_be_recorded_is_recorded_though_another_cannot() -> None:
    stored = Stored(down=[A])
    with pytest.raises(StoreUnavailable):
        recorder(stored)(parse_ses_event(ses("event-bounce-several-recipients")), NOW)
    assert stored.writes == [B, C]


def test_without_the_key_nothing_is_guessed() -> None:
    stored = Stored()
    with pytest.raises(KeysUnavailable):
        recorder(stored, Keys(up=False))(parse_ses_event(ses("event-complaint-abuse")), NOW)
    assert not stored.writes


def test_an_unreadable_recipient_is_said_so_after_the_others_are_recorded() -> None:
    stored = Stored()
    listed = [{"emailAddress": "?"}, {"emailAddress": "a@example.com"}]
    event = ses(
        "event-complaint-abuse",
        complaint__complainedRecipients=listed,
        mail__destination=["a@example.com", "b@example.net"],
    )
    assert recorder(stored)(parse_ses_event(event), NOW).aside
    assert COMPLAINT in stored.records[A].registers


@pytest.mark.threat(
    "W22",
    "An event without a stamp says that it happened in 2099, and what it stops could not be lifted.",
    "Feedback of a time to come is written nowhere; it goes to the dead-letter queue.",
)
@pytest.mark.parametrize("happened", ["2099-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
@pytest.mark.parametrize("name", ["event-bounce-permanent-general", "event-complaint-abuse", UNSUBSCRIBED])
def test_feedback_of_a_time_to_come_is_refused_whatever_stamps_it_brings(name: str, happened: str) -> None:
    stored = Stored()
    part = name.split("-")[1]
    event = ses(name, **{f"{part}__timestamp": happened})
    bridge = {"source": "aws.ses", "detail-type": "x", "time": happened, "detail": event}
    stamped = json.loads(sns(json.dumps(event), Timestamp=happened))
    for message in (event, json.dumps(event), bridge, stamped):
        with pytest.raises(MalformedMessage):
            recorder(stored)(parse_ses_event(message), NOW)
    assert not stored.writes


def test_clocks_that_differ_by_minutes_lose_no_feedback() -> None:
    stored = Stored()
    recorder(stored)(parse_ses_event(ses("event-bounce-permanent-general")), BOUNCED_AT - MAX_CLOCK_SKEW)
    assert stored.writes
    with pytest.raises(MalformedMessage):
        recorder(stored)(
            parse_ses_event(ses("event-bounce-permanent-general")), BOUNCED_AT - MAX_CLOCK_SKEW - 1
        )


@pytest.mark.parametrize("name", ECHOES)
def test_an_echo_counts_of_somebody_unknown_as_of_its_time_and_of_nobody_else(name: str) -> None:
    one = identify("recipient@example.com")
    stored = Stored()
    assert recorder(stored)(parse_ses_event(ses(name)), NOW).counts == [FeedbackEffect.COMPLAINT_RECORDED]
    assert stored.records[one].at(COMPLAINT) == BOUNCED_AT
    assert recorder(stored)(parse_ses_event(ses(name)), NOW).counts == [FeedbackEffect.COMPLAINT_IGNORED]
    for known in (UNSUBSCRIBED, "event-bounce-transient-mailboxfull"):
        stored = Stored()
        recorder(stored)(parse_ses_event(ses(known)), NOW)
        before = stored.records[one]
        assert recorder(stored)(parse_ses_event(ses(name)), NOW).counts == [FeedbackEffect.COMPLAINT_IGNORED]
        assert stored.records[one] == before


@pytest.mark.parametrize("name", ECHOES)
def test_an_echo_of_several_is_recorded_of_those_who_are_unknown_and_can_be_recorded(
    name: str,
) -> None:
    listed = [{"emailAddress": address} for address in ("a@example.com", "b@example.net", "c@example.org")]
    event = ses(name, complaint__complainedRecipients=listed)
    stored = Stored(down=[A])
    stored.apply(B, [Change(out(2), Entry(1, Source.LINK, "{}"))], NOW)
    with pytest.raises(StoreUnavailable):
        recorder(stored)(parse_ses_event(event), NOW)
    assert COMPLAINT not in stored.records[B].registers
    assert COMPLAINT in stored.records[C].registers


UNORDERED = [name for name in NAMES if name not in ECHOES]  # an echo asks what came before it


@given(st.lists(st.sampled_from(UNORDERED), max_size=8), st.randoms(use_true_random=False))
def test_any_order_and_repetition_of_the_same_events_leaves_the_same_records(
    names: list[str], random: object
) -> None:
    first, second = Stored(), Stored()
    for name in names:
        recorder(first)(parse_ses_event(ses(name)), NOW)
    again = names * 2
    random.shuffle(again)  # type: ignore[attr-defined]
    for place, name in enumerate(again):
        recorder(second)(parse_ses_event(json.dumps(ses(name)), NOW + place), NOW + place)
    assert first.records == second.records


@given(
    st.lists(st.sampled_from(NAMES), max_size=8),
    st.lists(st.sampled_from(ECHOES), min_size=1, max_size=3),
    st.randoms(use_true_random=False),
)
def test_wherever_an_echo_comes_it_can_only_add_a_complaint(
    names: list[str], echoes: list[str], random: object
) -> None:
    without, with_echoes = Stored(), Stored()
    names = [name for name in names if name not in ECHOES]
    for name in names:
        recorder(without)(parse_ses_event(ses(name)), NOW)
    mixed = names + echoes
    random.shuffle(mixed)  # type: ignore[attr-defined]
    for name in mixed:
        recorder(with_echoes)(parse_ses_event(ses(name)), NOW)
    for one, record in with_echoes.records.items():
        said = without.records[one]
        assert {**record.registers, COMPLAINT: None} == {**said.registers, COMPLAINT: None}
        assert (record.soft_bounce_days, record.at(COMPLAINT) >= said.at(COMPLAINT)) == (
            said.soft_bounce_days,
            True,
        )
