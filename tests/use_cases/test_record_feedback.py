"""Recording feedback: one write for each recipient of an event, in any order, with any number of retries."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.domain.errors import KeysUnavailable, MalformedMessage, StoreUnavailable
from heed.domain.feedback.rules import FeedbackEffect
from heed.domain.milliseconds import Millis
from heed.domain.preferences.record import EMPTY_RECORD, Record, merge_changes
from heed.domain.preferences.register import COMPLAINT, UNDELIVERABLE, Change, Entry, Source
from heed.entrypoints.ses_events import parse_ses_event
from heed.use_cases.feedback.record_feedback import MAX_CLOCK_SKEW, RecordFeedback
from heed.use_cases.ports.preferences import WriteResult
from tests.support.registers import out
from tests.support.ses_messages import CATALOGUE, KEY, NAMES, identify, ses_event, sns_envelope

NOW = Millis(1_772_701_964_390)
BOUNCED_AT = 1_772_671_262_669
DROPS = [name for name in NAMES if name.startswith("event-complaint-on")]
UNSUBSCRIBED = "event-subscription-unsubscribe-all-header"
A, B, C = (identify(address) for address in ("a@example.com", "b@example.net", "c@example.org"))


class Stored:
    """Preferences in memory, with the write rule of the domain. Writes for recipients in `down` fail."""

    def __init__(self, down: Sequence[str] = ()) -> None:
        self.records: dict[str, Record] = defaultdict(lambda: EMPTY_RECORD)
        self.writes: list[str] = []
        self.down = set(down)
        self.feed_time: int | None = None

    def read(self, recipient: str) -> Record:
        return self.records[recipient]

    def read_many(self, recipients: Sequence[str]) -> dict[str, Record]:
        return {recipient: self.records[recipient] for recipient in recipients}

    def update(
        self,
        recipient: str,
        decide: Callable[[Record], Sequence[Change]],
        now: int,
        current: Record | None = None,  # noqa: ARG002
    ) -> WriteResult:
        return self.apply(recipient, decide(self.records[recipient]), now)

    def apply(self, recipient: str, changes: Sequence[Change], now: int) -> WriteResult:
        if recipient in self.down:
            raise StoreUnavailable("throttled")
        self.writes.append(recipient)
        self.feed_time = now
        before = self.records[recipient]
        self.records[recipient] = merge_changes(before, changes)
        return WriteResult(before, self.records[recipient])


class Keys:
    """The identity key. `reads` counts how often it is read."""

    def __init__(self, *, up: bool = True) -> None:
        self.up = up
        self.reads = 0

    def identity_key(self) -> bytes:
        self.reads += 1
        if not self.up:
            raise KeysUnavailable("throttled")
        return KEY


def recorder(stored: Stored, keys: Keys | None = None) -> RecordFeedback:
    return RecordFeedback(keys or Keys(), stored, CATALOGUE)  # type: ignore[arg-type]


def test_an_event_causes_one_write_for_each_recipient() -> None:
    stored = Stored()
    recorder(stored)(parse_ses_event(ses_event("event-bounce-several-recipients")), NOW)
    assert stored.writes == [A, B, C]
    assert all(UNDELIVERABLE in stored.records[recipient].registers for recipient in (A, B, C))
    assert stored.feed_time == NOW


def test_an_opt_out_of_several_topics_needs_a_single_write() -> None:
    stored = Stored()
    event = ses_event(
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
def test_an_event_without_changes_uses_neither_the_table_nor_the_key(name: str) -> None:
    stored, keys = Stored(), Keys(up=False)
    outcome = recorder(stored, keys)(parse_ses_event(ses_event(name)), NOW)
    assert not stored.writes and not keys.reads and len(outcome.effects) == 1


def test_a_failed_write_for_a_recipient_does_not_affect_the_others() -> None:
    stored = Stored(down=[A])
    with pytest.raises(StoreUnavailable):
        recorder(stored)(parse_ses_event(ses_event("event-bounce-several-recipients")), NOW)
    assert stored.writes == [B, C]


def test_without_the_key_nothing_is_recorded() -> None:
    stored = Stored()
    with pytest.raises(KeysUnavailable):
        recorder(stored, Keys(up=False))(parse_ses_event(ses_event("event-complaint-abuse")), NOW)
    assert not stored.writes


def test_an_unreadable_recipient_is_reported_after_the_others_are_recorded() -> None:
    stored = Stored()
    listed = [{"emailAddress": "?"}, {"emailAddress": "a@example.com"}]
    event = ses_event(
        "event-complaint-abuse",
        complaint__complainedRecipients=listed,
        mail__destination=["a@example.com", "b@example.net"],
    )
    assert recorder(stored)(parse_ses_event(event), NOW).review_reason
    assert COMPLAINT in stored.records[A].registers


@pytest.mark.threat(
    "W22",
    "An event without a signed time is dated 2099, so that nobody could lift its suppression.",
    "Feedback with a time in the future is not stored. It goes to the dead-letter queue.",
)
@pytest.mark.parametrize("happened", ["2099-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
@pytest.mark.parametrize("name", ["event-bounce-permanent-general", "event-complaint-abuse", UNSUBSCRIBED])
def test_feedback_with_a_time_in_the_future_is_rejected_in_each_envelope(name: str, happened: str) -> None:
    stored = Stored()
    part = name.split("-")[1]
    event = ses_event(name, **{f"{part}__timestamp": happened})
    bridge = {"source": "aws.ses", "detail-type": "x", "time": happened, "detail": event}
    enveloped = json.loads(sns_envelope(json.dumps(event), Timestamp=happened))
    for message in (event, json.dumps(event), bridge, enveloped):
        with pytest.raises(MalformedMessage):
            recorder(stored)(parse_ses_event(message), NOW)
    assert not stored.writes


def test_feedback_is_recorded_although_clocks_differ_by_minutes() -> None:
    stored = Stored()
    recorder(stored)(
        parse_ses_event(ses_event("event-bounce-permanent-general")), Millis(BOUNCED_AT - MAX_CLOCK_SKEW)
    )
    assert stored.writes
    with pytest.raises(MalformedMessage):
        recorder(stored)(
            parse_ses_event(ses_event("event-bounce-permanent-general")),
            Millis(BOUNCED_AT - MAX_CLOCK_SKEW - 1),
        )


@pytest.mark.parametrize("name", DROPS)
def test_a_drop_by_ses_is_recorded_with_its_time_only_for_an_unknown_recipient(name: str) -> None:
    recipient = identify("recipient@example.com")
    stored = Stored()
    assert recorder(stored)(parse_ses_event(ses_event(name)), NOW).effects == [
        FeedbackEffect.COMPLAINT_RECORDED
    ]
    assert stored.records[recipient].time_of(COMPLAINT) == BOUNCED_AT
    assert recorder(stored)(parse_ses_event(ses_event(name)), NOW).effects == [
        FeedbackEffect.COMPLAINT_IGNORED
    ]
    for known in (UNSUBSCRIBED, "event-bounce-transient-mailboxfull"):
        stored = Stored()
        recorder(stored)(parse_ses_event(ses_event(known)), NOW)
        before = stored.records[recipient]
        assert recorder(stored)(parse_ses_event(ses_event(name)), NOW).effects == [
            FeedbackEffect.COMPLAINT_IGNORED
        ]
        assert stored.records[recipient] == before


@pytest.mark.parametrize("name", DROPS)
def test_a_drop_of_several_is_recorded_for_each_unknown_recipient_whose_write_succeeds(
    name: str,
) -> None:
    listed = [{"emailAddress": address} for address in ("a@example.com", "b@example.net", "c@example.org")]
    event = ses_event(name, complaint__complainedRecipients=listed)
    stored = Stored(down=[A])
    stored.apply(B, [Change(out(2), Entry(Millis(1), Source.LINK, "{}"))], NOW)
    with pytest.raises(StoreUnavailable):
        recorder(stored)(parse_ses_event(event), NOW)
    assert COMPLAINT not in stored.records[B].registers
    assert COMPLAINT in stored.records[C].registers


UNORDERED = [name for name in NAMES if name not in DROPS]  # the effect of a drop depends on earlier events


@given(st.lists(st.sampled_from(UNORDERED), max_size=8), st.randoms(use_true_random=False))
def test_any_order_and_any_duplicates_of_events_lead_to_the_same_records(
    names: list[str], random: object
) -> None:
    first, second = Stored(), Stored()
    for name in names:
        recorder(first)(parse_ses_event(ses_event(name)), NOW)
    again = names * 2
    random.shuffle(again)  # type: ignore[attr-defined]
    for delay, name in enumerate(again):
        recorder(second)(
            parse_ses_event(json.dumps(ses_event(name)), Millis(NOW + delay)), Millis(NOW + delay)
        )
    assert first.records == second.records


@given(
    st.lists(st.sampled_from(NAMES), max_size=8),
    st.lists(st.sampled_from(DROPS), min_size=1, max_size=3),
    st.randoms(use_true_random=False),
)
def test_a_drop_in_any_position_only_adds_a_complaint(
    names: list[str], drops: list[str], random: object
) -> None:
    without, with_drops = Stored(), Stored()
    names = [name for name in names if name not in DROPS]
    for name in names:
        recorder(without)(parse_ses_event(ses_event(name)), NOW)
    mixed = names + drops
    random.shuffle(mixed)  # type: ignore[attr-defined]
    for name in mixed:
        recorder(with_drops)(parse_ses_event(ses_event(name)), NOW)
    for recipient, record in with_drops.records.items():
        expected = without.records[recipient]
        assert {**record.registers, COMPLAINT: None} == {**expected.registers, COMPLAINT: None}
        assert (record.soft_bounce_days, record.time_of(COMPLAINT) >= expected.time_of(COMPLAINT)) == (
            expected.soft_bounce_days,
            True,
        )
