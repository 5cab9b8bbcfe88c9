"""The rules of feedback: the effect of each type and subtype, and the recipients that it applies to."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.domain.errors import InvalidAddress
from heed.domain.feedback.event import (
    Bounce,
    BouncedRecipient,
    Complaint,
    ContactListOptOut,
    FeedbackMail,
    OtherEvent,
)
from heed.domain.feedback.outcome import (
    UNKNOWN_RECIPIENT,
    UNKNOWN_TOPIC,
    UNKNOWN_TYPE,
    FeedbackOutcome,
    apply_feedback_rules,
)
from heed.domain.feedback.rules import (
    BOUNCE_RULES,
    COMPLAINT_RULES,
    IGNORED_TYPES,
    FeedbackEffect,
    rule_for_bounce,
)
from heed.domain.milliseconds import Millis
from heed.domain.preferences.evidence import ref_of_evidence
from heed.domain.preferences.register import COMPLAINT, SOFT_BOUNCE, UNDELIVERABLE, Register, Source
from heed.domain.recipients.recipient import parse_recipient
from tests.support.registers import out
from tests.support.ses_messages import CATALOGUE, TAGGED, identify

AT = Millis(1_772_671_262_669)
A, B, C = (identify(f"{name}@example.com") for name in "abc")
TYPES = ["Permanent", "Transient", "Undetermined"]
SUBTYPES = [*sorted({subtype for _, subtype in BOUNCE_RULES}), "SomeFutureSubType"]
CONTENT_REFUSED = ["MessageTooLarge", "ContentRejected", "AttachmentRejected"]
FULL_OR_SLOW = ["MailboxFull", "CustomTimeoutExceeded"]


def apply_rules(event: Bounce | Complaint | ContactListOptOut | OtherEvent) -> FeedbackOutcome:
    return apply_feedback_rules(event, identify, CATALOGUE)


def bounce(
    kind: str = "Permanent",
    subtype: str | None = "General",
    *,
    to: Sequence[BouncedRecipient] = (BouncedRecipient("a@example.com", "failed", "5.1.1"),),
    tag: str | None = None,
    mailed: Sequence[str | None] | None = ("a@example.com",),
) -> FeedbackOutcome:
    mail = FeedbackMail(None if mailed is None else list(mailed), tag, "message-1")
    return apply_rules(Bounce(AT, kind, subtype, list(to), "feedback-1", mail))


def complaint(
    feedback_type: str | None = "abuse",
    subtype: str | None = None,
    *,
    by: Sequence[str | None] = ("a@example.com",),
    tag: str | None = None,
    mailed: Sequence[str | None] | None = ("x@example.com", "y@example.com"),
) -> FeedbackOutcome:
    mail = FeedbackMail(None if mailed is None else list(mailed), tag, "message-1")
    return apply_rules(Complaint(AT, feedback_type, subtype, list(by), "feedback-1", mail))


def contact_list_opt_out(
    *topics: str | None,
    everything: bool = False,
    by: str | None = "UnsubscribeHeader",
    address: str | None = "a@example.com",
) -> FeedbackOutcome:
    return apply_rules(ContactListOptOut(AT, address, by, everything, list(topics), "message-1"))


def registers(outcome: FeedbackOutcome) -> dict[str, list[Register]]:
    return {
        recipient: [change.register for change in changes] for recipient, changes in outcome.changes.items()
    }


@pytest.mark.parametrize(("kind", "subtype"), list(itertools.product(TYPES, [*SUBTYPES, None])))
def test_each_bounce_is_hard_soft_or_ignored_by_type_and_subtype(kind: str, subtype: str | None) -> None:
    if kind == "Permanent":
        expected = {A: [UNDELIVERABLE]}
    elif kind == "Transient" and subtype not in CONTENT_REFUSED:
        expected = {A: [SOFT_BOUNCE]}
    else:
        expected = {}
    assert registers(bounce(kind, subtype)) == expected


@pytest.mark.parametrize("subtype", [*SUBTYPES, None])
def test_a_transient_bounce_without_details_is_a_soft_bounce_only_for_a_full_or_slow_mailbox(
    subtype: str | None,
) -> None:
    outcome = bounce("Transient", subtype, to=[BouncedRecipient("a@example.com")])
    assert registers(outcome) == ({A: [SOFT_BOUNCE]} if subtype in FULL_OR_SLOW else {})


@pytest.mark.parametrize("kind", ["", "SomeFutureType", "Permanently"])
@pytest.mark.parametrize("subtype", ["General", "MailboxFull", "OnAccountSuppressionList", None])
def test_a_bounce_of_an_unknown_type_needs_review(kind: str, subtype: str | None) -> None:
    assert bounce(kind, subtype) == FeedbackOutcome({}, [FeedbackEffect.UNKNOWN_TYPE_FOUND], UNKNOWN_TYPE)


def in_other_cases(text: str) -> list[str]:
    return [text.lower(), text.upper(), text.swapcase(), f" {text} "]


@pytest.mark.parametrize(("kind", "subtype"), BOUNCE_RULES)
def test_the_type_subtype_and_action_of_a_bounce_are_case_insensitive(kind: str, subtype: str) -> None:
    expected = rule_for_bounce(kind, subtype)
    expected_outcome = bounce(kind, subtype)
    for other_kind, other_subtype in itertools.product(in_other_cases(kind), in_other_cases(subtype)):
        assert rule_for_bounce(other_kind, other_subtype) is expected
    for action in in_other_cases("failed"):
        assert (
            bounce(kind, subtype, to=[BouncedRecipient("a@example.com", action, "5.1.1")]) == expected_outcome
        )


@pytest.mark.parametrize("key", BOUNCE_RULES)
def test_a_documented_bounce_is_counted_as_ignored_only_if_it_sets_no_register(key: tuple[str, str]) -> None:
    rule = rule_for_bounce(*key)
    assert rule is not None
    assert (rule.register is None) == (rule.effect is FeedbackEffect.BOUNCE_IGNORED)


@pytest.mark.parametrize("subtype", CONTENT_REFUSED)
def test_refused_content_is_counted_for_the_sender(subtype: str) -> None:
    assert bounce("Transient", subtype).effects == [
        FeedbackEffect.CONTENT_REFUSED,
        FeedbackEffect.BOUNCE_IGNORED,
    ]


@pytest.mark.parametrize(
    ("action", "status", "stops"),
    [
        (None, None, True),
        ("failed", None, True),
        ("Failed ", "5.1.1", True),
        (None, "5.0.0", True),
        ("failed", "4.4.7", True),
        ("FAILED", "4.0.0", True),
        (None, "4.0.0", False),
        (None, " 4.2.2", False),
        ("delayed", "5.0.0", False),
        ("delivered", None, False),
        ("relayed", None, False),
        ("Expanded", "5.1.1", False),
        ("", None, False),
    ],
)
def test_a_permanent_bounce_stops_only_recipients_whose_delivery_failed(
    action: str | None, status: str | None, stops: bool
) -> None:
    outcome = bounce(to=[BouncedRecipient("a@example.com", action, status)])
    assert (A in outcome.changes) is stops
    assert not outcome.review_reason


@pytest.mark.parametrize(
    ("action", "status", "is_soft_day"),
    [
        (None, None, False),
        (None, "4.4.7", False),
        (None, "2.0.0", False),
        ("delayed", "4.4.7", False),
        ("delivered", None, False),
        ("failed", None, True),
        (" Failed", "4.4.7", True),
        ("failed", "5.7.1", True),
        (None, "5.7.1", True),
        (None, " 5.0.0", True),
        ("delayed", "5.0.0", True),
    ],
)
def test_a_transient_bounce_without_a_known_cause_is_soft_only_if_delivery_was_given_up(
    action: str | None, status: str | None, is_soft_day: bool
) -> None:
    listed = [BouncedRecipient("a@example.com", action, status)]
    for subtype in ("General", "SomeFutureSubType", None):
        outcome = bounce("Transient", subtype, to=listed)
        assert registers(outcome) == ({A: [SOFT_BOUNCE]} if is_soft_day else {})
        counted = FeedbackEffect.SOFT_BOUNCE_RECORDED if is_soft_day else FeedbackEffect.BOUNCE_IGNORED
        assert outcome.effects == [counted]


def test_an_out_of_office_reply_beside_a_failed_delivery_is_no_soft_bounce() -> None:
    both = [BouncedRecipient("a@example.com", "failed", "4.4.1"), BouncedRecipient("b@example.com")]
    assert registers(bounce("Transient", to=both, mailed=ABC)) == {A: [SOFT_BOUNCE]}


def test_a_delayed_recipient_beside_a_failed_one_is_not_stopped() -> None:
    both = [
        BouncedRecipient("a@example.com", "failed", "5.0.0"),
        BouncedRecipient("b@example.com", "delayed", "4.0.0"),
    ]
    assert registers(bounce(to=both)) == {A: [UNDELIVERABLE]}


def test_a_recipient_listed_twice_is_counted_once() -> None:
    outcome = bounce(to=[BouncedRecipient("a@example.com"), BouncedRecipient("A <A@EXAMPLE.COM>")])
    assert registers(outcome) == {A: [UNDELIVERABLE]}
    assert outcome.effects == [FeedbackEffect.BOUNCE_RECORDED]


ABC = ("a@example.com", "b@example.com", "c@example.com")
STRANGER = BouncedRecipient("z@example.net")  # Heed sent no mail to this address
HARD, SOFT = [UNDELIVERABLE], [SOFT_BOUNCE]


def test_a_bounce_stops_exactly_the_listed_recipients_among_the_destinations() -> None:
    listed = [BouncedRecipient("a@example.com"), BouncedRecipient("Name <C@EXAMPLE.COM>")]
    assert registers(bounce(to=listed, mailed=ABC)) == {A: HARD, C: HARD}


def test_a_bounce_of_the_tagged_recipient_counts_for_any_destinations() -> None:
    outcome = bounce(to=[BouncedRecipient("tagged@example.com")], tag=TAGGED, mailed=ABC)
    assert registers(outcome) == {TAGGED: HARD}


def test_a_bounce_of_a_stranger_stops_the_tagged_recipient_instead() -> None:
    for mailed in (ABC, ABC[:1], (), None):
        outcome = bounce(to=[STRANGER], tag=TAGGED, mailed=mailed)
        assert registers(outcome) == {TAGGED: HARD}
        assert FeedbackEffect.RECIPIENT_NOT_ADDRESSED in outcome.effects
        assert not outcome.review_reason


def test_a_bounce_of_a_stranger_stops_the_only_destination_instead() -> None:
    for mailed in (ABC[:1], ("a@example.com", "A <A@example.com>")):
        outcome = bounce(to=[STRANGER, STRANGER], mailed=mailed)
        assert registers(outcome) == {A: HARD}
        assert outcome.effects == [
            FeedbackEffect.BOUNCE_RECORDED,
            *[FeedbackEffect.RECIPIENT_NOT_ADDRESSED] * 2,
        ]


def test_a_bounce_of_a_stranger_is_only_counted_if_the_mail_had_several_destinations() -> None:
    assert bounce(to=[STRANGER], mailed=ABC) == FeedbackOutcome({}, [FeedbackEffect.RECIPIENT_NOT_ADDRESSED])


def test_a_stranger_beside_a_mailed_recipient_does_not_stop_the_other_destinations() -> None:
    assert registers(bounce(to=[STRANGER, BouncedRecipient("b@example.com")], mailed=ABC)) == {B: HARD}


def test_a_soft_bounce_of_a_stranger_counts_for_the_recipient_of_the_mail() -> None:
    assert registers(bounce("Transient", "MailboxFull", to=[STRANGER], tag=TAGGED)) == {TAGGED: SOFT}
    assert registers(bounce("Transient", "MailboxFull", to=[STRANGER])) == {A: SOFT}


def test_the_tag_is_ignored_if_the_listed_recipient_was_mailed() -> None:
    assert registers(bounce(tag=TAGGED)) == {A: HARD}
    assert registers(bounce(tag=A)) == {A: HARD}


def test_a_tag_is_read_as_base32_in_any_case_and_as_hex() -> None:
    for tag in (TAGGED.upper(), "00" * 16):
        assert list(bounce(to=[STRANGER], tag=tag).changes) == [parse_recipient(tag)]


def test_a_tag_that_heed_did_not_set_is_ignored() -> None:
    for tag in ("", "campaign-7", "ｘ" * 26, "\ud800", "b" * 26):
        assert not bounce(to=[STRANGER], tag=tag, mailed=ABC).changes


@pytest.mark.parametrize("mailed", [None, (), (None,), (*ABC, None), (*ABC, "nobody")])
def test_a_bounce_needs_review_if_the_destinations_are_unknown(
    mailed: Sequence[str | None] | None,
) -> None:
    assert bounce(to=[STRANGER], mailed=mailed) == FeedbackOutcome(
        {}, [FeedbackEffect.RECIPIENT_NOT_ADDRESSED], review_reason=UNKNOWN_RECIPIENT
    )


def test_a_delayed_mail_does_not_stop_the_tagged_recipient() -> None:
    outcome = bounce(to=[BouncedRecipient("a@example.com", "delayed")], tag=TAGGED)
    assert outcome == FeedbackOutcome({}, [FeedbackEffect.BOUNCE_IGNORED])


def test_an_unreadable_recipient_needs_review_and_does_not_block_the_others() -> None:
    listed = [
        BouncedRecipient("no address"),
        BouncedRecipient(None),
        BouncedRecipient("a@example.com"),
    ]
    outcome = bounce(to=listed, mailed=ABC)
    assert registers(outcome) == {A: HARD}
    assert outcome.review_reason
    assert outcome.effects.count(FeedbackEffect.RECIPIENT_UNREADABLE) == 2


@pytest.mark.parametrize("listed", [[], [BouncedRecipient("postmaster@localhost")], [BouncedRecipient(None)]])
@pytest.mark.parametrize("kind", [("Permanent", "General"), ("Transient", "MailboxFull")])
def test_a_bounce_without_a_readable_recipient_counts_for_the_recipient_of_the_mail(
    listed: list[BouncedRecipient], kind: tuple[str, str]
) -> None:
    for outcome, expected in (
        (bounce(*kind, to=listed, tag=TAGGED, mailed=ABC), TAGGED),
        (bounce(*kind, to=listed), A),
    ):
        assert list(outcome.changes) == [expected]
        assert FeedbackEffect.RECIPIENT_UNREADABLE in outcome.effects
        assert not outcome.review_reason
    for mailed in (ABC, (), None):
        outcome = bounce(*kind, to=listed, mailed=mailed)
        assert outcome == FeedbackOutcome(
            {}, [FeedbackEffect.RECIPIENT_UNREADABLE], review_reason=UNKNOWN_RECIPIENT
        )


def test_a_transient_bounce_without_details_is_ignored_for_any_recipients() -> None:
    for listed in ([], [BouncedRecipient(None)], [BouncedRecipient("nobody")]):
        outcome = bounce("Transient", "General", to=listed, mailed=ABC)
        assert outcome == FeedbackOutcome({}, [FeedbackEffect.BOUNCE_IGNORED])


ADDRESSES = st.sampled_from([*ABC, "z@example.net", "tagged@example.com", "A <a@EXAMPLE.com>"])
UNREADABLE = st.none() | st.sampled_from(["", "?", "a@", "a@x, b@y", "\u200bc@example.com"])


@pytest.mark.threat(
    "B2",
    "The recipient of a mail answers with a delivery report that lists strangers as undeliverable.",
    "A bounce stops only destinations of that mail, and the recipient in its tag.",
)
@given(
    st.sampled_from([*TYPES, "SomeFutureType"]),
    st.sampled_from(SUBTYPES),
    st.lists(
        st.builds(
            BouncedRecipient,
            ADDRESSES | UNREADABLE | st.emails(),
            st.sampled_from([None, "failed", "delayed"]),
            st.sampled_from([None, "5.1.1", "4.2.2"]),
        ),
        max_size=6,
    ),
    st.none() | st.lists(ADDRESSES | UNREADABLE, max_size=4),
    st.none() | st.sampled_from([TAGGED, A, "not a tag of Heed"]),
)
def test_no_report_can_change_the_record_of_a_stranger(
    kind: str,
    subtype: str,
    listed: list[BouncedRecipient],
    mailed: list[str | None] | None,
    tag: str | None,
) -> None:
    outcome = bounce(kind, subtype, to=listed, mailed=mailed, tag=tag)
    mailed_recipients = {tag} | {identify_or_none(address) for address in mailed or []}
    assert set(outcome.changes) <= mailed_recipients
    assert outcome.effects  # each report is counted


def identify_or_none(address: str | None) -> str | None:
    try:
        return identify(address or "")
    except InvalidAddress:
        return None


@pytest.mark.parametrize("feedback_type", [*COMPLAINT_RULES, "opt-out", "SomeFutureType"])
def test_every_complaint_counts_except_not_spam_and_auth_failure(feedback_type: str | None) -> None:
    expected = {} if feedback_type in ("not-spam", "auth-failure") else {A: [COMPLAINT]}
    assert registers(complaint(feedback_type)) == expected


@pytest.mark.parametrize("feedback_type", ["fraud", "virus", "auth-failure"])
def test_a_report_of_fraud_is_counted_for_the_sender(feedback_type: str) -> None:
    assert FeedbackEffect.FRAUD_REPORTED in complaint(feedback_type).effects


@pytest.mark.parametrize("feedback_type", COMPLAINT_RULES)
def test_the_type_of_a_complaint_is_case_insensitive(feedback_type: str | None) -> None:
    for spelling in in_other_cases(feedback_type or ""):
        outcome = complaint(spelling)
        assert registers(outcome) == registers(complaint(feedback_type))
        assert outcome.effects == complaint(feedback_type).effects


@pytest.mark.parametrize("subtype", ["OnAccountSuppressionList", "OnTenantSuppressionList"])
@pytest.mark.parametrize("feedback_type", [None, "abuse", "fraud"])
def test_an_echo_of_a_suppression_list_applies_only_to_recipients_without_a_record(
    subtype: str, feedback_type: str | None
) -> None:
    for spelling in (subtype, *in_other_cases(subtype)):
        outcome = complaint(feedback_type, spelling)
        assert not outcome.changes and not outcome.effects and not outcome.review_reason
        (change,) = outcome.echo_changes[A]
        assert (change.register, change.entry.at) == (COMPLAINT, AT)


def test_an_echo_applies_to_the_same_recipients_as_a_complaint() -> None:
    echo = "OnAccountSuppressionList"
    assert set(complaint(subtype=echo, by=THREE).echo_changes) == {A, B, C}
    assert set(complaint(subtype=echo, by=THREE, tag=B).echo_changes) == {B}
    assert set(complaint(subtype=echo, by=(), mailed=ABC[:1]).echo_changes) == {A}
    unattributed = complaint(subtype=echo, by=(), mailed=ABC)
    assert unattributed == FeedbackOutcome({}, [FeedbackEffect.RECIPIENT_UNREADABLE], UNKNOWN_RECIPIENT)


@pytest.mark.parametrize("feedback_type", ["not-spam", "auth-failure"])
def test_an_echo_that_is_not_a_complaint_is_ignored(feedback_type: str) -> None:
    outcome = complaint(feedback_type, "OnAccountSuppressionList")
    assert outcome == FeedbackOutcome({}, [FeedbackEffect.COMPLAINT_IGNORED])


def test_an_unknown_complaint_subtype_is_a_complaint() -> None:
    assert registers(complaint("abuse", "SomeFutureSubType")) == {A: [COMPLAINT]}


THREE = ("a@example.com", "b@example.com", "c@example.com")


def test_all_listed_complainants_are_stopped_and_the_evidence_has_their_number() -> None:
    outcome = complaint(by=THREE)
    assert registers(outcome) == {A: [COMPLAINT], B: [COMPLAINT], C: [COMPLAINT]}
    assert '"listed":"3"' in outcome.changes[A][0].entry.evidence


def test_a_tag_selects_one_of_several_listed_complainants() -> None:
    outcome = complaint(by=(*THREE, None), tag=B)
    assert registers(outcome) == {B: [COMPLAINT]}
    assert "listed" not in outcome.changes[B][0].entry.evidence
    assert not outcome.review_reason


@pytest.mark.parametrize("by", [THREE, THREE[:1]])
def test_a_tag_of_a_recipient_who_is_not_listed_changes_nothing(
    by: tuple[str, ...],
) -> None:
    outcome = complaint(by=by, tag=TAGGED)
    assert set(outcome.changes) == {identify(address) for address in by}


def test_an_unreadable_complainant_needs_review() -> None:
    outcome = complaint(by=("a@example.com", None, "nobody"))
    assert registers(outcome) == {A: [COMPLAINT]}
    assert outcome.review_reason


@pytest.mark.parametrize("by", [(), (None,), ("nobody",)])
def test_a_complaint_without_a_readable_address_counts_for_the_recipient_of_the_mail(
    by: tuple[str | None, ...],
) -> None:
    for outcome, expected in (
        (complaint(by=by, tag=TAGGED, mailed=ABC), TAGGED),
        (complaint(by=by, mailed=ABC[:1]), A),
    ):
        assert registers(outcome) == {expected: [COMPLAINT]}
        assert not outcome.review_reason
    for mailed in (ABC, (), None):
        outcome = complaint(by=by, mailed=mailed)
        assert not outcome.changes
        assert outcome.review_reason


def test_a_report_that_is_not_a_complaint_is_ignored_for_any_recipients() -> None:
    assert complaint("not-spam", by=()) == FeedbackOutcome({}, [FeedbackEffect.COMPLAINT_IGNORED])


def test_an_opt_out_of_everything_in_a_contact_list_is_one_of_everything() -> None:
    assert registers(contact_list_opt_out(everything=True)) == {A: [out(0)]}


def test_a_known_topic_that_is_off_is_an_opt_out_and_an_unknown_one_needs_review() -> None:
    outcome = contact_list_opt_out("news", "SomeListOfTheirs", "news")
    assert registers(outcome) == {A: [out(3)]}
    assert outcome.review_reason == UNKNOWN_TOPIC
    assert outcome.effects == [FeedbackEffect.UNKNOWN_TOPIC_FOUND, FeedbackEffect.OPT_OUT_RECORDED]


@pytest.mark.parametrize("name", ["Offers", "OFFERS", " offers", "Meridian/Offers"])
def test_a_topic_of_a_contact_list_is_known_in_any_case(name: str) -> None:
    outcome = contact_list_opt_out(name)
    assert registers(outcome) == {A: [out(2)]}
    assert not outcome.review_reason


def test_an_opt_out_of_everything_counts_beside_an_unknown_topic_which_needs_review() -> None:
    for unknown in ("SomeListOfTheirs", None):
        outcome = contact_list_opt_out(unknown, everything=True)
        assert registers(outcome) == {A: [out(0)]}
        assert outcome.review_reason == UNKNOWN_TOPIC


def test_opt_outs_of_everything_and_of_topics_are_one_write() -> None:
    assert registers(contact_list_opt_out("offers", "news", everything=True)) == {A: [out(0), out(2), out(3)]}


def test_an_opt_out_of_mail_never_becomes_one_of_advertising() -> None:
    outcome = contact_list_opt_out("targeted-advertising", "meridian", "*")
    assert outcome == FeedbackOutcome({}, [FeedbackEffect.UNKNOWN_TOPIC_FOUND] * 3, UNKNOWN_TOPIC)


def test_a_choice_without_an_opt_out_is_ignored() -> None:
    assert contact_list_opt_out() == FeedbackOutcome({}, [FeedbackEffect.EVENT_IGNORED])


def test_an_opt_out_with_an_unreadable_address_needs_review() -> None:
    for address in (None, "", "nobody"):
        assert contact_list_opt_out(everything=True, address=address).review_reason


@pytest.mark.parametrize(
    ("by", "source"),
    [
        ("UnsubscribeHeader", Source.ONE_CLICK),
        ("unsubscribeheader", Source.ONE_CLICK),
        ("UnsubscribeLandingPage", Source.LINK),
        ("sender@example.com", Source.LINK),
        (None, Source.LINK),
    ],
)
def test_the_source_of_a_contact_list_opt_out_is_the_button_that_was_used(
    by: str | None, source: Source
) -> None:
    entry = contact_list_opt_out(everything=True, by=by).changes[A][0].entry
    assert entry.source is source
    assert "@" not in entry.evidence


@pytest.mark.parametrize("kind", sorted(IGNORED_TYPES))
def test_all_other_known_event_types_are_ignored(kind: str) -> None:
    for spelling in (kind, kind.upper(), kind.replace(" ", "_").lower()):
        assert apply_rules(OtherEvent(spelling)) == FeedbackOutcome({}, [FeedbackEffect.EVENT_IGNORED])


def test_an_unknown_event_type_needs_review() -> None:
    for kind in ("SomeFutureType", ""):
        assert apply_rules(OtherEvent(kind)) == FeedbackOutcome(
            {}, [FeedbackEffect.UNKNOWN_TYPE_FOUND], UNKNOWN_TYPE
        )


def test_the_evidence_contains_only_ids_and_words_of_ses() -> None:
    entry = bounce().changes[A][0].entry
    assert entry.at == AT
    assert entry.source is Source.BOUNCE
    assert entry.evidence == (
        '{"feedback":"feedback-1","message":"message-1","status":"5.1.1",'
        '"subtype":"General","type":"Permanent"}'
    )


@pytest.mark.parametrize("ref", ["4711", "_x-y"])
def test_the_ref_of_the_mail_is_part_of_the_evidence(ref: str) -> None:
    mail = FeedbackMail(["a@example.com"], None, "message-1", ref)
    bounced = Bounce(AT, "Permanent", "General", [BouncedRecipient("a@example.com")], None, mail)
    complained = Complaint(AT, "abuse", None, ["a@example.com"], None, mail)
    for event in (bounced, complained):
        assert ref_of_evidence(apply_rules(event).changes[A][0].entry.evidence) == ref


@pytest.mark.parametrize(
    ("mailed", "tag", "whose"),
    [
        (("a@example.com", "b@example.com"), A, {A}),
        (("a@example.com", "b@example.com"), B, {B}),
        (("a@example.com", "b@example.com"), C, set()),
        (("a@example.com", "b@example.com"), None, set()),
        (("a@example.com", "b@example.com"), "not-of-heed", set()),
        (("a@example.com", None), None, set()),
        (("a@example.com", "A@EXAMPLE.COM"), None, {A}),
        (("a@example.com",), None, {A}),
        ((), None, set()),
        (None, None, set()),
        (None, A, {A}),
    ],
)
def test_the_ref_of_a_mail_goes_to_nobody_but_the_person_that_it_is_about(
    mailed: Sequence[str | None] | None, tag: str | None, whose: set[str]
) -> None:
    mail = FeedbackMail(None if mailed is None else list(mailed), tag, "message-1", "4711")
    listed: list[str | None] = ["a@example.com", "b@example.com"]
    to_both = [BouncedRecipient(address) for address in listed]
    events: list[Bounce | Complaint] = [
        Bounce(AT, "Permanent", "General", to_both, None, mail),
        *(
            Complaint(AT, "abuse", subtype, addresses, None, mail)
            for subtype in (None, "OnAccountSuppressionList")
            for addresses in (listed, listed[:1], listed[1:])
        ),
    ]
    for outcome in map(apply_rules, events):
        for recipient, changes in {**outcome.changes, **outcome.echo_changes}.items():
            expected = "4711" if recipient in whose else ""
            assert [ref_of_evidence(change.entry.evidence) for change in changes] == [expected]


@pytest.mark.parametrize("odd", ["a@example.com", 'x"y', "", "é", "x" * 101, "line\nbreak", "a\\b"])
def test_a_value_that_could_be_an_address_or_break_the_json_is_not_in_the_evidence(odd: str) -> None:
    mail = FeedbackMail(["a@example.com"], None, odd)
    event = Bounce(AT, "Permanent", odd, [BouncedRecipient("a@example.com", None, odd)], odd, mail)
    assert apply_rules(event).changes[A][0].entry.evidence == '{"type":"Permanent"}'


def test_the_same_event_twice_makes_the_same_changes() -> None:
    assert complaint(by=THREE) == complaint(by=THREE)
