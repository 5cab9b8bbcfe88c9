"""SES events in each documented form and transport, and invalid messages."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.domain.errors import MalformedMessage
from heed.domain.feedback.event import Bounce, Complaint, ContactListOptOut, OtherEvent
from heed.domain.feedback.outcome import UNKNOWN_TOPIC, FeedbackOutcome, apply_feedback_rules
from heed.domain.feedback.rules import TOPIC_TEST, FeedbackEffect
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import COMPLAINT, SOFT_BOUNCE, UNDELIVERABLE, Register
from heed.entrypoints.ses_events import parse_aws_time, parse_ses_event
from tests.support.registers import out
from tests.support.ses_messages import CATALOGUE, EVENTS, NAMES, identify, ses_event, sns_envelope

DEAD = [UNDELIVERABLE]
A = "a@example.com"
ONE = "recipient@example.com"
BOUNCED_AT = 1_772_671_262_669  # 2026-03-05T00:41:02.669Z
QUEUED_AT = Millis(1_772_671_263_101)  # the timestamp of SNS in the samples

# The registers that each sample writes, by address. A sample that is not listed here changes nothing.
EFFECTS: dict[str, dict[str, list[Register]]] = {
    "event-bounce-display-name-address": {ONE: DEAD},
    "event-bounce-minimal-mail-object": {ONE: DEAD},
    "event-bounce-missing-diagnosticcode": {ONE: DEAD},
    "event-bounce-empty-bouncedrecipients": {ONE: DEAD},
    "event-bounce-of-a-forwarding-target-with-tag": {"b@example.com": DEAD},
    "event-bounce-permanent-emailvalidationsuppressed": {ONE: DEAD},
    "event-bounce-permanent-general": {ONE: DEAD},
    "event-bounce-permanent-noemail": {ONE: DEAD},
    "event-bounce-permanent-noemail-uppercase-address": {"john.smith@example.com": DEAD},
    "event-bounce-permanent-onaccountsuppressionlist": {ONE: DEAD},
    "event-bounce-permanent-ontenantsuppressionlist": {ONE: DEAD},
    "event-bounce-permanent-suppressed": {ONE: DEAD},
    "event-bounce-permanent-unsubscribedrecipient": {ONE: DEAD},
    "event-bounce-plus-address": {"first.last+news@example.com": DEAD},
    "event-bounce-quoted-local-part": {'"john doe@work"@example.com': DEAD},
    "event-bounce-several-recipients": {A: DEAD, "b@example.net": DEAD, "c@example.org": DEAD},
    "event-bounce-time-with-offset": {ONE: DEAD},
    "event-bounce-permanent-failed-with-status-4": {ONE: DEAD},
    "event-bounce-permanent-in-capitals": {ONE: DEAD},
    "event-bounce-transient-customtimeoutexceeded": {ONE: [SOFT_BOUNCE]},
    "event-bounce-transient-general-failed": {ONE: [SOFT_BOUNCE]},
    "event-bounce-transient-general-status-5": {ONE: [SOFT_BOUNCE]},
    "event-bounce-transient-mailboxfull": {ONE: [SOFT_BOUNCE]},
    "event-bounce-transient-unknown-subtype": {ONE: [SOFT_BOUNCE]},
    "event-bounce-unknown-subtype-and-unknown-fields": {ONE: DEAD},
    "event-complaint-abuse": {ONE: [COMPLAINT]},
    "event-complaint-display-name-uppercase": {ONE: [COMPLAINT]},
    "event-complaint-fraud": {ONE: [COMPLAINT]},
    "event-complaint-no-feedback-report": {ONE: [COMPLAINT]},
    "event-complaint-other": {ONE: [COMPLAINT]},
    "event-complaint-several-possible-recipients": {
        A: [COMPLAINT],
        "b@example.com": [COMPLAINT],
        "c@example.com": [COMPLAINT],
    },
    "event-complaint-several-possible-recipients-with-tag": {"b@example.com": [COMPLAINT]},
    "event-complaint-unknown-feedback-type": {ONE: [COMPLAINT]},
    "event-complaint-virus": {ONE: [COMPLAINT]},
    "event-subscription-one-topic-optout-with-defaults": {ONE: [out(3)]},
    "event-subscription-optout-in-another-case-and-of-another-list": {ONE: [out(2)]},
    "event-subscription-unsubscribe-all-header": {ONE: [out(0)]},
    "notification-bounce-mixed-one-failed-one-delayed": {"recipient1@example.com": DEAD},
    "notification-bounce-permanent-general-without-dsn-two-recipients": {
        "jane@example.com": DEAD,
        "richard@example.com": DEAD,
    },
    "notification-complaint-abuse": {"richard@example.com": [COMPLAINT]},
    "notification-complaint-without-feedback-report": {"richard@example.com": [COMPLAINT]},
}


def effect(message: object) -> dict[str, list[Register]]:
    outcome = apply_feedback_rules(parse_ses_event(message), identify, CATALOGUE)
    return {
        recipient: [change.register for change in changes] for recipient, changes in outcome.changes.items()
    }


@pytest.mark.parametrize("name", NAMES)
def test_each_documented_event_has_the_documented_effect(name: str) -> None:
    expected = EFFECTS.get(name, {})
    assert effect(ses_event(name)) == {
        identify(address): registers for address, registers in expected.items()
    }


def transports(event: dict[str, Any]) -> list[object]:
    text = json.dumps(event)
    bridge = {
        "version": "0",
        "detail-type": "Email Bounced",
        "source": "aws.ses",
        "time": "2026-03-05T00:41:03Z",
        "resources": [],
        "detail": event,
    }
    return [
        event,  # the event itself
        text,  # raw in SQS
        sns_envelope(text),  # SNS in SQS
        json.loads(sns_envelope(text)),  # SNS to Lambda
        bridge,  # EventBridge to Lambda
        json.dumps(bridge),  # EventBridge in SQS
        sns_envelope(json.dumps(bridge)),  # EventBridge by SNS in SQS
    ]


@pytest.mark.parametrize("name", NAMES)
def test_an_event_has_the_same_effect_by_each_transport(name: str) -> None:
    effects = [effect(message) for message in transports(ses_event(name))]
    assert effects == [effects[0]] * len(effects)


def test_a_notification_and_an_event_have_the_same_effect() -> None:
    event = ses_event("event-bounce-permanent-general")
    notification = {**event, "notificationType": event["eventType"]}
    del notification["eventType"]
    assert parse_ses_event(event) == parse_ses_event(notification)


def test_an_event_without_a_type_has_the_type_of_its_envelope() -> None:
    event = json.loads((EVENTS / "feedback-eventbridge-bounce.json").read_text())
    expected = parse_ses_event(event)
    del event["detail"]["eventType"]
    assert parse_ses_event(event) == expected
    assert parse_ses_event({**event, "detail-type": "Email Delivered"}) == OtherEvent("Delivery")


# The detail types of SES events in EventBridge that are not feedback, as the SES reference lists them.
_NO_FEEDBACK = [
    "Advisor Recommendation Status Open",
    "Advisor Recommendation Status Resolved",
    "Sending Status Enabled",
    "Sending Status Disabled",
    "Email Delivered",
    "Email Rejected",
    "Email Sent",
    "Email Opened",
    "Email Rendering Failed",
    "Email Clicked",
    "Email Delivery Delayed",
]


@pytest.mark.parametrize("detail_type", _NO_FEEDBACK)
def test_events_that_are_not_feedback_are_known_and_ignored(detail_type: str) -> None:
    event = {"source": "aws.ses", "detail-type": detail_type, "detail": {"mail": {}}}
    assert apply_feedback_rules(parse_ses_event(event), identify, CATALOGUE) == FeedbackOutcome(
        {}, [FeedbackEffect.EVENT_IGNORED]
    )


@pytest.mark.parametrize(
    "message",
    [
        sns_envelope("Successfully validated SNS topic for Amazon SES event publishing."),
        sns_envelope("You have chosen to subscribe to the topic …", Type="SubscriptionConfirmation"),
        sns_envelope("You have chosen to deactivate …", Type="UnsubscribeConfirmation"),
        sns_envelope(json.dumps({"notificationType": "AmazonSnsSubscriptionSucceeded", "message": "…"})),
    ],
)
def test_messages_that_aws_itself_sends_to_a_topic_are_recognised(message: str) -> None:
    assert parse_ses_event(message) == OtherEvent(TOPIC_TEST)


@pytest.mark.parametrize(
    "message",
    [
        "",
        "{",
        "null",
        "[]",
        '"text"',
        "1" * 5_000,
        "[" * 100_000,
        "\ufeff{}",
        '{"hello":"world"}',
        '{"eventType":7}',
        '{"eventType":"Bounce"}',
        '{"eventType":"Bounce","bounce":[]}',
        '{"Type":"Notification","Message":"{\\"eventType\\":\\"Bounce\\","}',
        sns_envelope("[]"),
        sns_envelope(sns_envelope("{}")),
        json.dumps({"Type": "Notification", "Message": {"eventType": "Send"}}),
        json.dumps({"detail-type": "Scheduled Event", "source": "aws.events", "detail": {}}),
        json.dumps({"detail-type": "Email Bounced", "source": "aws.ses", "detail": "{}"}),
        None,
        7,
        [],
    ],
)
def test_a_message_that_is_not_an_ses_event_is_malformed(message: object) -> None:
    with pytest.raises(MalformedMessage) as raised:
        parse_ses_event(message)
    assert raised.value.__cause__ is None  # a JSON error would contain the text, which may have an address


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("event-bounce-permanent-general", {"bounce__bounceType": None}),
        ("event-bounce-permanent-general", {"bounce__timestamp": "yesterday"}),
        ("event-complaint-abuse", {"complaint__timestamp": None}),
        ("event-subscription-unsubscribe-all-header", {"subscription__newTopicPreferences": None}),
        (
            "event-subscription-unsubscribe-all-header",
            {"subscription__newTopicPreferences__unsubscribeAll": "true"},
        ),
    ],
)
def test_an_event_with_an_invalid_required_field_is_malformed(name: str, changed: dict[str, Any]) -> None:
    with pytest.raises(MalformedMessage):
        parse_ses_event(ses_event(name, **changed))


@pytest.mark.parametrize(
    "changed",
    [
        {"mail__tags": []},
        {"mail__tags": {"heed-recipient": identify("b@example.com")}},
        {"mail__tags": {"heed-recipient": [identify("b@example.com"), identify(A)]}},
        {"mail__tags": {"heed-recipient": [7]}},
        {"mail__tags": {"heed-ref": ["a@example.com"]}},
        {"mail__tags": {"heed-ref": [None]}},
        {"mail__messageId": 7, "bounce__feedbackId": []},
    ],
)
def test_an_event_with_invalid_optional_fields_still_counts(changed: dict[str, Any]) -> None:
    assert effect(ses_event("event-bounce-permanent-general", **changed)) == {identify(ONE): DEAD}


@pytest.mark.parametrize(
    ("values", "ref"), [(["4711"], "4711"), (["a b"], ""), ([7], ""), (["1", "2"], ""), ("4711", "")]
)
def test_the_message_tag_has_the_ref(values: object, ref: str) -> None:
    event = parse_ses_event(ses_event("event-complaint-abuse", mail__tags={"heed-ref": values}))
    assert isinstance(event, Complaint)
    assert event.mail.ref == ref


@pytest.mark.parametrize("list_", [None, {}, "a@example.com", 7, [], [None]])
@pytest.mark.parametrize(
    ("name", "path", "registers"),
    [
        ("event-bounce-permanent-general", "bounce__bouncedRecipients", DEAD),
        ("event-complaint-abuse", "complaint__complainedRecipients", [COMPLAINT]),
    ],
)
def test_an_unreadable_list_means_the_mailed_recipient_or_goes_to_a_person(
    list_: object, name: str, path: str, registers: list[Register]
) -> None:
    tag = {"heed-recipient": [identify("b@example.com")]}
    several = {"mail__destination": [ONE, "b@example.com"]}
    assert effect(ses_event(name, **{path: list_})) == {identify(ONE): registers}
    tagged = ses_event(name, **{path: list_}, **several, mail__tags=tag)
    assert effect(tagged) == {identify("b@example.com"): registers}
    outcome = apply_feedback_rules(
        parse_ses_event(ses_event(name, **{path: list_}, **several)), identify, CATALOGUE
    )
    assert not outcome.changes
    assert outcome.review_reason


@pytest.mark.parametrize("changed", [{"mail": None}, {"mail__destination": ONE}, {"mail": [ONE]}])
def test_a_bounce_without_the_mailed_recipients_goes_to_a_person(
    changed: dict[str, Any],
) -> None:
    event = ses_event("event-bounce-permanent-general", **changed)
    outcome = apply_feedback_rules(parse_ses_event(event), identify, CATALOGUE)
    assert not outcome.changes
    assert outcome.review_reason


@pytest.mark.threat(
    "B2",
    "A forged delivery report that names strangers arrives by each transport of SES events.",
    "The recipients of the mail are read in the same way for each transport and format.",
)
@given(
    st.sampled_from(["event-bounce-permanent-general", "event-bounce-transient-mailboxfull"]),
    st.lists(st.sampled_from([A, "b@example.com", "c@example.com"]), min_size=1, max_size=4),
    st.lists(st.sampled_from([A, "b@example.com", "c@example.com"]), max_size=3),
)
def test_a_forged_bounce_does_not_change_strangers_by_any_transport(
    name: str, listed: list[str], mailed: list[str]
) -> None:
    event = ses_event(
        name,
        bounce__bouncedRecipients=[{"emailAddress": address} for address in listed],
        mail__destination=mailed,
    )
    notification = {**event, "notificationType": event["eventType"]}
    del notification["eventType"]
    effects = [effect(message) for document in (event, notification) for message in transports(document)]
    assert effects == [effects[0]] * len(effects)
    assert set(effects[0]) <= {identify(address) for address in mailed}


@pytest.mark.parametrize("entry", [None, 7, {}, {"emailAddress": 7}, {"emailAddress": A, "action": 7}])
def test_an_invalid_entry_does_not_affect_the_other_entries(entry: object) -> None:
    listed = [entry, {"emailAddress": ONE}]
    event = ses_event(
        "event-bounce-permanent-general",
        bounce__bouncedRecipients=listed,
        mail__destination=[ONE, A],
    )
    outcome = apply_feedback_rules(parse_ses_event(event), identify, CATALOGUE)
    assert set(outcome.changes) == {identify(ONE)}
    assert outcome.review_reason


def test_a_bounce_with_half_a_surrogate_pair_is_parsed() -> None:
    whole = ses_event("event-bounce-permanent-general")
    cut = {**whole, "mail": {**whole["mail"], "commonHeaders": {"subject": "Summer \ud83c"}}}
    assert parse_ses_event(sns_envelope(json.dumps(cut))) == parse_ses_event(sns_envelope(json.dumps(whole)))


def topics_of_a_list(statuses: object, **changed: Any) -> dict[str, Any]:
    path = "subscription__newTopicPreferences__topicSubscriptionStatus"
    return ses_event("event-subscription-one-topic-optout-with-defaults", **{path: statuses}, **changed)


@pytest.mark.parametrize("off", ["OptOut", "OPT_OUT", "Optout", "optout", "OPT-OUT"])
def test_an_opt_out_of_a_topic_is_parsed_in_each_spelling(off: str) -> None:
    event = topics_of_a_list([{"topicName": "news", "subscriptionStatus": off}])
    assert effect(event) == {identify(ONE): [out(3)]}
    event["eventType"] = "SUBSCRIPTION"
    assert effect(event) == {identify(ONE): [out(3)]}


@pytest.mark.parametrize("on", ["OptIn", "OPT_IN", "optin"])
def test_a_topic_that_is_on_changes_nothing(on: str) -> None:
    event = topics_of_a_list([{"topicName": "SomeListOfTheirs", "subscriptionStatus": on}])
    assert apply_feedback_rules(parse_ses_event(event), identify, CATALOGUE) == FeedbackOutcome(
        {}, [FeedbackEffect.EVENT_IGNORED]
    )


@pytest.mark.parametrize(
    "odd",
    [
        None,
        7,
        {},
        {"topicName": "news"},
        {"topicName": "news", "subscriptionStatus": "Maybe"},
        {"topicName": 7, "subscriptionStatus": "OptOut"},
        {"subscriptionStatus": "OptOut"},
    ],
)
def test_an_invalid_topic_does_not_affect_the_other_topics(
    odd: object,
) -> None:
    entries = [odd, {"topicName": "offers", "subscriptionStatus": "OptOut"}]
    outcome = apply_feedback_rules(parse_ses_event(topics_of_a_list(entries)), identify, CATALOGUE)
    assert [change.register for change in outcome.changes[identify(ONE)]] == [out(2)]
    assert outcome.review_reason == UNKNOWN_TOPIC


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-05T00:41:02.669Z", 1_772_671_262_669),
        ("2026-03-05T00:41:02Z", 1_772_671_262_000),
        ("2026-03-05T00:41:02.669123Z", 1_772_671_262_669),
        ("2026-03-05T01:41:02.669+01:00", 1_772_671_262_669),
        ("2018-10-08T14:05:45 +0000", 1_539_007_545_000),
        ("2026-03-05T00:41:02.669", 1_772_671_262_669),
        ("1970-01-01T00:00:00Z", 0),
        ("1969-12-31T23:59:59.999Z", None),
        ("0001-01-01T00:00:00+23:59", None),
        ("2026-02-30T00:00:00Z", None),
        ("2026-03-05T00:41:60Z", None),
        ("2016-12-31T23:59:60Z", 1_483_228_799_999),  # a leap second
        ("2016-12-31T23:59:60.250Z", 1_483_228_799_999),
        ("1772671262669", None),
        ("9999-12-31T23:59:59-14:00", None),  # in UTC, the year 10000, which cannot be formatted
        ("", None),
        (1_772_671_262_669, None),
        (None, None),
    ],
)
def test_a_timestamp_is_parsed_in_each_format_of_aws(text: object, expected: int | None) -> None:
    assert parse_aws_time(text) == expected


def at(message: object, sent: Millis | None = None) -> int:
    event = parse_ses_event(message, sent)
    assert isinstance(event, Bounce | Complaint | ContactListOptOut)
    return event.at


def test_the_time_of_an_event_is_that_of_ses() -> None:
    for message in transports(ses_event("event-bounce-permanent-general"))[:4]:
        assert at(message, sent=Millis(BOUNCED_AT + 10**9)) == BOUNCED_AT


@pytest.mark.parametrize("timestamp", ["2099-01-01T00:00:00Z", None, "soon", 7])
def test_a_future_or_missing_time_is_replaced_by_the_timestamp_of_the_envelope(
    timestamp: object,
) -> None:
    event = ses_event("event-bounce-permanent-general", bounce__timestamp=timestamp)
    bare, text, in_sns, of_sns, bridge, *_ = transports(event)
    assert at(in_sns) == at(of_sns) == at(in_sns, sent=Millis(QUEUED_AT + 5)) == QUEUED_AT
    assert at(bridge) == 1_772_671_263_000
    assert at(text, sent=Millis(QUEUED_AT + 5)) == at(bare, sent=Millis(QUEUED_AT + 5)) == QUEUED_AT + 5


def test_without_a_timestamp_of_the_envelope_the_time_of_the_queue_counts() -> None:
    event = ses_event("event-bounce-permanent-general", bounce__timestamp=None)
    assert at(sns_envelope(json.dumps(event), Timestamp="?"), sent=QUEUED_AT) == QUEUED_AT


@pytest.mark.threat(
    "T24",
    "An event claims a future time, so that its suppression could never be lifted.",
    "An event is not later than the earliest timestamp of its envelopes and its queue.",
)
@given(
    st.sampled_from([None, "2099-01-01T00:00:00Z", "2026-03-05T00:41:02Z"]),
    st.sampled_from([None, "2099-01-01T00:00:00Z", "2026-03-05T00:41:03Z"]),
    st.integers(QUEUED_AT, QUEUED_AT + 10**9),
)
def test_no_event_is_later_than_the_time_of_its_queue(
    happened: str | None, timestamp: str | None, sent: Millis
) -> None:
    event = ses_event("event-bounce-permanent-general", bounce__timestamp=happened)
    bridge = {"source": "aws.ses", "detail-type": "Email Bounced", "time": timestamp, "detail": event}
    for message in (event, sns_envelope(json.dumps(event), Timestamp=timestamp), bridge):
        assert at(message, sent) <= sent


def test_the_earliest_timestamp_of_nested_envelopes_counts() -> None:
    event = ses_event("event-bounce-permanent-general", bounce__timestamp=None)
    assert at(transports(event)[-1]) == 1_772_671_263_000


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["Bounce", "OptOut", "2026-03-05T00:41:02Z", ONE, "Permanent"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def positions(value: object) -> list[tuple[Any, Any]]:
    """Returns each position in a JSON value: its container, and its key or index."""
    members: Any = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    return [position for key, member in members for position in [(value, key), *positions(member)]]


@given(st.data(), st.sampled_from(NAMES), st.integers(1, 3))
def test_an_event_with_any_changed_value_is_parsed_or_malformed(
    data: st.DataObject, name: str, times: int
) -> None:
    holder = {"event": ses_event(name)}
    for _ in range(times):
        container, key = data.draw(st.sampled_from(positions(holder)))
        container[key] = data.draw(JSON)
    for message in [holder["event"], json.dumps(holder["event"]), sns_envelope(json.dumps(holder["event"]))]:
        try:
            apply_feedback_rules(parse_ses_event(message, QUEUED_AT), identify, CATALOGUE)
        except MalformedMessage:
            continue


@given(JSON | st.text(), st.none() | st.integers(0, 2**45))
def test_any_message_is_parsed_or_malformed(message: object, sent: Millis | None) -> None:
    for text in (message, json.dumps(message), sns_envelope(json.dumps(message)), sns_envelope(str(message))):
        try:
            apply_feedback_rules(parse_ses_event(text, sent), identify, CATALOGUE)
        except MalformedMessage:
            continue


@given(st.sampled_from([name for name in NAMES if name in EFFECTS]), st.data())
def test_no_address_in_a_field_reaches_a_record(name: str, data: st.DataObject) -> None:
    holder = {"event": ses_event(name)}
    container, key = data.draw(st.sampled_from(positions(holder["event"])))
    if isinstance(container[key], str):
        container[key] = "someone@example.com"
    try:
        outcome = apply_feedback_rules(parse_ses_event(holder["event"], QUEUED_AT), identify, CATALOGUE)
    except MalformedMessage:
        return
    for changes in outcome.changes.values():
        assert all("@" not in change.entry.evidence for change in changes)
