"""The rule: which type and subtype does what, and to whom."""

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
from heed.domain.preferences.register import COMPLAINT, SOFT_BOUNCE, UNDELIVERABLE, Register, Source
from heed.domain.recipients.recipient import parse_recipient
from tests.support.registers import out
from tests.support.ses_messages import CATALOGUE, TAGGED, identify

AT = 1_772_671_262_669
A, B, C = (identify(f"{name}@example.com") for name in "abc")
TYPES = ["Permanent", "Transient", "Undetermined"]
SUBTYPES = [*sorted({subtype for _, subtype in BOUNCE_RULES}), "SomeFutureSubType"]
REFUSED = ["MessageTooLarge", "ContentRejected", "AttachmentRejected"]
LATE = ["MailboxFull", "CustomTimeoutExceeded"]


def judged(event: Bounce | Complaint | ContactListOptOut | OtherEvent) -> FeedbackOutcome:
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
    return judged(Bounce(AT, kind, subtype, list(to), "feedback-1", mail))


def complaint(
    feedback_type: str | None = "abuse",
    subtype: str | None = None,
    *,
    by: Sequence[str | None] = ("a@example.com",),
    tag: str | None = None,
    mailed: Sequence[str | None] | None = ("x@example.com", "y@example.com"),
) -> FeedbackOutcome:
    mail = FeedbackMail(None if mailed is None else list(mailed), tag, "message-1")
    return judged(Complaint(AT, feedback_type, subtype, list(by), "feedback-1", mail))


def subscription(
    *topics: str | None,
    everything: bool = False,
    by: str | None = "UnsubscribeHeader",
    address: str | None = "a@example.com",
) -> FeedbackOutcome:
    return judged(ContactListOptOut(AT, address, by, everything, list(topics), "message-1"))


def registers(verdict: FeedbackOutcome) -> dict[str, list[Register]]:
    return {
        recipient: [change.register for change in changes] for recipient, changes in verdict.changes.items()
    }


@pytest.mark.parametrize(("kind", "subtype"), list(itertools.product(TYPES, [*SUBTYPES, None])))
def test_each_bounce_is_hard_soft_or_ignored_by_type_and_subtype(kind: str, subtype: str | None) -> None:
    if kind == "Permanent":
        expected = {A: [UNDELIVERABLE]}
    elif kind == "Transient" and subtype not in REFUSED:
        expected = {A: [SOFT_BOUNCE]}
    else:
        expected = {}
    assert registers(bounce(kind, subtype)) == expected


@pytest.mark.parametrize("subtype", [*SUBTYPES, None])
def test_a_transient_bounce_without_details_is_a_soft_bounce_only_for_a_full_or_slow_mailbox(
    subtype: str | None,
) -> None:
    told = bounce("Transient", subtype, to=[BouncedRecipient("a@example.com")])
    assert registers(told) == ({A: [SOFT_BOUNCE]} if subtype in LATE else {})


@pytest.mark.parametrize("kind", ["", "SomeFutureType", "Permanently"])
@pytest.mark.parametrize("subtype", ["General", "MailboxFull", "OnAccountSuppressionList", None])
def test_a_bounce_of_an_unknown_type_needs_review(kind: str, subtype: str | None) -> None:
    assert bounce(kind, subtype) == FeedbackOutcome({}, [FeedbackEffect.UNKNOWN_TYPE_MET], UNKNOWN_TYPE)


def in_other_cases(text: str) -> list[str]:
    return [text.lower(), text.upper(), text.swapcase(), f" {text} "]


@pytest.mark.parametrize(("kind", "subtype"), BOUNCE_RULES)
def test_the_type_subtype_and_action_of_a_bounce_are_case_insensitive(kind: str, subtype: str) -> None:
    expected = rule_for_bounce(kind, subtype)
    meant = bounce(kind, subtype)
    for one, other in itertools.product(in_other_cases(kind), in_other_cases(subtype)):
        assert rule_for_bounce(one, other) is expected
    for action in in_other_cases("failed"):
        assert bounce(kind, subtype, to=[BouncedRecipient("a@example.com", action, "5.1.1")]) == meant


@pytest.mark.parametrize("key", BOUNCE_RULES)
def test_a_documented_bounce_is_counted_as_ignored_only_if_it_sets_no_register(key: tuple[str, str]) -> None:
    rule = rule_for_bounce(*key)
    assert rule is not None
    assert (rule.register is None) == (rule.effect is FeedbackEffect.BOUNCE_IGNORED)


@pytest.mark.parametrize("subtype", REFUSED)
def test_refused_content_is_counted_for_the_sender(subtype: str) -> None:
    assert bounce("Transient", subtype).counts == [
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
    verdict = bounce(to=[BouncedRecipient("a@example.com", action, status)])
    assert (A in verdict.changes) is stops
    assert not verdict.aside


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
        verdict = bounce("Transient", subtype, to=listed)
        assert registers(verdict) == ({A: [SOFT_BOUNCE]} if is_soft_day else {})
        counted = FeedbackEffect.SOFT_BOUNCE_RECORDED if is_soft_day else FeedbackEffect.BOUNCE_IGNORED
        assert verdict.counts == [counted]


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
    verdict = bounce(to=[BouncedRecipient("a@example.com"), BouncedRecipient("A <A@EXAMPLE.COM>")])
    assert registers(verdict) == {A: [UNDELIVERABLE]}
    assert verdict.counts == [FeedbackEffect.BOUNCE_RECORDED]


ABC = ("a@example.com", "b@example.com", "c@example.com")
Z = BouncedRecipient("z@example.net")  # whom no mail of ours was addressed to
DEAD, SOFT_DAY = [UNDELIVERABLE], [SOFT_BOUNCE]


def test_a_bounce_stops_exactly_the_listed_recipients_among_the_destinations() -> None:
    listed = [BouncedRecipient("a@example.com"), BouncedRecipient("Name <C@EXAMPLE.COM>")]
    assert registers(bounce(to=listed, mailed=ABC)) == {A: DEAD, C: DEAD}


def test_a_bounce_of_the_tagged_recipient_counts_for_any_destinations() -> None:
    verdict = bounce(to=[BouncedRecipient("tagged@example.com")], tag=TAGGED, mailed=ABC)
    assert registers(verdict) == {TAGGED: DEAD}


def test_a_bounce_of_a_stranger_stops_the_tagged_recipient_instead() -> None:
    for mailed in (ABC, ABC[:1], (), None):
        verdict = bounce(to=[Z], tag=TAGGED, mailed=mailed)
        assert registers(verdict) == {TAGGED: DEAD}
        assert FeedbackEffect.RECIPIENT_NOT_MAILED in verdict.counts
        assert not verdict.aside


def test_a_bounce_of_a_stranger_stops_the_only_destination_instead() -> None:
    for mailed in (ABC[:1], ("a@example.com", "A <A@example.com>")):
        verdict = bounce(to=[Z, Z], mailed=mailed)
        assert registers(verdict) == {A: DEAD}
        assert verdict.counts == [
            FeedbackEffect.BOUNCE_RECORDED,
            *[FeedbackEffect.RECIPIENT_NOT_MAILED] * 2,
        ]


def test_a_bounce_of_a_stranger_is_only_counted_if_the_mail_had_several_destinations() -> None:
    assert bounce(to=[Z], mailed=ABC) == FeedbackOutcome({}, [FeedbackEffect.RECIPIENT_NOT_MAILED])


def test_a_stranger_beside_a_mailed_recipient_does_not_stop_the_other_destinations() -> None:
    assert registers(bounce(to=[Z, BouncedRecipient("b@example.com")], mailed=ABC)) == {B: DEAD}


def test_a_soft_bounce_of_a_stranger_counts_for_the_recipient_of_the_mail() -> None:
    assert registers(bounce("Transient", "MailboxFull", to=[Z], tag=TAGGED)) == {TAGGED: SOFT_DAY}
    assert registers(bounce("Transient", "MailboxFull", to=[Z])) == {A: SOFT_DAY}


def test_the_tag_is_ignored_if_the_listed_recipient_was_mailed() -> None:
    assert registers(bounce(tag=TAGGED)) == {A: DEAD}
    assert registers(bounce(tag=A)) == {A: DEAD}


def test_a_tag_is_read_as_base32_in_any_case_and_as_hex() -> None:
    for tag in (TAGGED.upper(), "00" * 16):
        assert list(bounce(to=[Z], tag=tag).changes) == [parse_recipient(tag)]


def test_a_tag_that_heed_did_not_set_is_ignored() -> None:
    for tag in ("", "campaign-7", "ｘ" * 26, "\ud800", "b" * 26):
        assert not bounce(to=[Z], tag=tag, mailed=ABC).changes


@pytest.mark.parametrize("mailed", [None, (), (None,), (*ABC, None), (*ABC, "nobody")])
def test_a_bounce_needs_review_if_the_destinations_are_unknown(
    mailed: Sequence[str | None] | None,
) -> None:
    assert bounce(to=[Z], mailed=mailed) == FeedbackOutcome(
        {}, [FeedbackEffect.RECIPIENT_NOT_MAILED], aside=UNKNOWN_RECIPIENT
    )


def test_a_delayed_mail_does_not_stop_the_tagged_recipient() -> None:
    verdict = bounce(to=[BouncedRecipient("a@example.com", "delayed")], tag=TAGGED)
    assert verdict == FeedbackOutcome({}, [FeedbackEffect.BOUNCE_IGNORED])


def test_an_unreadable_recipient_needs_review_and_does_not_block_the_others() -> None:
    listed = [
        BouncedRecipient("no address"),
        BouncedRecipient(None),
        BouncedRecipient("a@example.com"),
    ]
    verdict = bounce(to=listed, mailed=ABC)
    assert registers(verdict) == {A: DEAD}
    assert verdict.aside
    assert verdict.counts.count(FeedbackEffect.RECIPIENT_NOT_READ) == 2


@pytest.mark.parametrize("listed", [[], [BouncedRecipient("postmaster@localhost")], [BouncedRecipient(None)]])
@pytest.mark.parametrize("kind", [("Permanent", "General"), ("Transient", "MailboxFull")])
def test_a_bounce_without_a_readable_recipient_counts_for_the_recipient_of_the_mail(
    listed: list[BouncedRecipient], kind: tuple[str, str]
) -> None:
    for verdict, meant in (
        (bounce(*kind, to=listed, tag=TAGGED, mailed=ABC), TAGGED),
        (bounce(*kind, to=listed), A),
    ):
        assert list(verdict.changes) == [meant]
        assert FeedbackEffect.RECIPIENT_NOT_READ in verdict.counts
        assert not verdict.aside
    for mailed in (ABC, (), None):
        verdict = bounce(*kind, to=listed, mailed=mailed)
        assert verdict == FeedbackOutcome({}, [FeedbackEffect.RECIPIENT_NOT_READ], aside=UNKNOWN_RECIPIENT)


def test_a_transient_bounce_without_details_is_ignored_for_any_recipients() -> None:
    for listed in ([], [BouncedRecipient(None)], [BouncedRecipient("nobody")]):
        verdict = bounce("Transient", "General", to=listed, mailed=ABC)
        assert verdict == FeedbackOutcome({}, [FeedbackEffect.BOUNCE_IGNORED])


ADDRESSES = st.sampled_from([*ABC, "z@example.net", "tagged@example.com", "A <a@EXAMPLE.com>"])
ODD = st.none() | st.sampled_from(["", "?", "a@", "a@x, b@y", "\u200bc@example.com"])


@pytest.mark.threat(
    "B2",
    "Whoever got one mail answers it with a delivery report that names strangers as undeliverable.",
    "A bounce stops nobody but those to whom that mail was addressed, and the one whom its tag names.",
)
@given(
    st.sampled_from([*TYPES, "SomeFutureType"]),
    st.sampled_from(SUBTYPES),
    st.lists(
        st.builds(
            BouncedRecipient,
            ADDRESSES | ODD | st.emails(),
            st.sampled_from([None, "failed", "delayed"]),
            st.sampled_from([None, "5.1.1", "4.2.2"]),
        ),
        max_size=6,
    ),
    st.none() | st.lists(ADDRESSES | ODD, max_size=4),
    st.none() | st.sampled_from([TAGGED, A, "not ours"]),
)
def test_no_report_can_change_the_record_of_a_stranger(
    kind: str,
    subtype: str,
    listed: list[BouncedRecipient],
    mailed: list[str | None] | None,
    tag: str | None,
) -> None:
    verdict = bounce(kind, subtype, to=listed, mailed=mailed, tag=tag)
    ours = {tag} | {_id(address) for address in mailed or []}
    assert set(verdict.changes) <= ours
    assert verdict.counts  # nothing is dropped in silence


def _id(address: str | None) -> str | None:
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
    assert FeedbackEffect.FRAUD_REPORTED in complaint(feedback_type).counts


@pytest.mark.parametrize("feedback_type", COMPLAINT_RULES)
def test_the_type_of_a_complaint_is_case_insensitive(feedback_type: str | None) -> None:
    for spelt in in_other_cases(feedback_type or ""):
        verdict = complaint(spelt)
        assert registers(verdict) == registers(complaint(feedback_type))
        assert verdict.counts == complaint(feedback_type).counts


@pytest.mark.parametrize("subtype", ["OnAccountSuppressionList", "OnTenantSuppressionList"])
@pytest.mark.parametrize("feedback_type", [None, "abuse", "fraud"])
def test_an_echo_of_a_suppression_list_applies_only_to_recipients_without_a_record(
    subtype: str, feedback_type: str | None
) -> None:
    for spelt in (subtype, *in_other_cases(subtype)):
        verdict = complaint(feedback_type, spelt)
        assert not verdict.changes and not verdict.counts and not verdict.aside
        (change,) = verdict.echoes[A]
        assert (change.register, change.entry.at) == (COMPLAINT, AT)


def test_an_echo_applies_to_the_same_recipients_as_a_complaint() -> None:
    echo = "OnAccountSuppressionList"
    assert set(complaint(subtype=echo, by=THREE).echoes) == {A, B, C}
    assert set(complaint(subtype=echo, by=THREE, tag=B).echoes) == {B}
    assert set(complaint(subtype=echo, by=(), mailed=ABC[:1]).echoes) == {A}
    lost = complaint(subtype=echo, by=(), mailed=ABC)
    assert lost == FeedbackOutcome({}, [FeedbackEffect.RECIPIENT_NOT_READ], UNKNOWN_RECIPIENT)


@pytest.mark.parametrize("feedback_type", ["not-spam", "auth-failure"])
def test_an_echo_that_is_not_a_complaint_is_ignored(feedback_type: str) -> None:
    verdict = complaint(feedback_type, "OnAccountSuppressionList")
    assert verdict == FeedbackOutcome({}, [FeedbackEffect.COMPLAINT_IGNORED])


def test_an_unknown_complaint_subtype_is_a_complaint() -> None:
    assert registers(complaint("abuse", "SomeFutureSubType")) == {A: [COMPLAINT]}


THREE = ("a@example.com", "b@example.com", "c@example.com")


def test_all_listed_complainants_are_stopped_and_the_evidence_has_their_number() -> None:
    verdict = complaint(by=THREE)
    assert registers(verdict) == {A: [COMPLAINT], B: [COMPLAINT], C: [COMPLAINT]}
    assert '"listed":"3"' in verdict.changes[A][0].entry.evidence


def test_a_tag_selects_one_of_several_listed_complainants() -> None:
    verdict = complaint(by=(*THREE, None), tag=B)
    assert registers(verdict) == {B: [COMPLAINT]}
    assert "listed" not in verdict.changes[B][0].entry.evidence
    assert not verdict.aside


@pytest.mark.parametrize("by", [THREE, THREE[:1]])
def test_a_tag_of_a_recipient_who_is_not_listed_changes_nothing(
    by: tuple[str, ...],
) -> None:
    verdict = complaint(by=by, tag=TAGGED)
    assert set(verdict.changes) == {identify(address) for address in by}


def test_an_unreadable_complainant_needs_review() -> None:
    verdict = complaint(by=("a@example.com", None, "nobody"))
    assert registers(verdict) == {A: [COMPLAINT]}
    assert verdict.aside


@pytest.mark.parametrize("by", [(), (None,), ("nobody",)])
def test_a_complaint_without_a_readable_address_counts_for_the_recipient_of_the_mail(
    by: tuple[str | None, ...],
) -> None:
    for verdict, meant in (
        (complaint(by=by, tag=TAGGED, mailed=ABC), TAGGED),
        (complaint(by=by, mailed=ABC[:1]), A),
    ):
        assert registers(verdict) == {meant: [COMPLAINT]}
        assert not verdict.aside
    for mailed in (ABC, (), None):
        verdict = complaint(by=by, mailed=mailed)
        assert not verdict.changes
        assert verdict.aside


def test_a_report_that_is_not_a_complaint_is_ignored_for_any_recipients() -> None:
    assert complaint("not-spam", by=()) == FeedbackOutcome({}, [FeedbackEffect.COMPLAINT_IGNORED])


def test_an_opt_out_of_everything_in_a_contact_list_is_one_of_everything() -> None:
    assert registers(subscription(everything=True)) == {A: [out(0)]}


def test_a_known_topic_that_is_off_is_an_opt_out_and_an_unknown_one_needs_review() -> None:
    verdict = subscription("news", "SomeListOfTheirs", "news")
    assert registers(verdict) == {A: [out(3)]}
    assert verdict.aside == UNKNOWN_TOPIC
    assert verdict.counts == [FeedbackEffect.TOPIC_NOT_KNOWN, FeedbackEffect.OPT_OUT_RECORDED]


@pytest.mark.parametrize("name", ["Offers", "OFFERS", " offers", "Meridian/Offers"])
def test_a_topic_of_a_contact_list_is_known_in_any_case(name: str) -> None:
    verdict = subscription(name)
    assert registers(verdict) == {A: [out(2)]}
    assert not verdict.aside


def test_an_opt_out_of_everything_counts_beside_an_unknown_topic_which_needs_review() -> None:
    for unknown in ("SomeListOfTheirs", None):
        verdict = subscription(unknown, everything=True)
        assert registers(verdict) == {A: [out(0)]}
        assert verdict.aside == UNKNOWN_TOPIC


def test_opt_outs_of_everything_and_of_topics_are_one_write() -> None:
    assert registers(subscription("offers", "news", everything=True)) == {A: [out(0), out(2), out(3)]}


def test_an_opt_out_of_mail_never_becomes_one_of_advertising() -> None:
    verdict = subscription("targeted-advertising", "meridian", "*")
    assert verdict == FeedbackOutcome({}, [FeedbackEffect.TOPIC_NOT_KNOWN] * 3, UNKNOWN_TOPIC)


def test_a_choice_without_an_opt_out_is_ignored() -> None:
    assert subscription() == FeedbackOutcome({}, [FeedbackEffect.EVENT_IGNORED])


def test_an_opt_out_with_an_unreadable_address_needs_review() -> None:
    for address in (None, "", "nobody"):
        assert subscription(everything=True, address=address).aside


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
    entry = subscription(everything=True, by=by).changes[A][0].entry
    assert entry.source is source
    assert "@" not in entry.evidence


@pytest.mark.parametrize("kind", sorted(IGNORED_TYPES))
def test_all_other_known_event_types_are_ignored(kind: str) -> None:
    for spelt in (kind, kind.upper(), kind.replace(" ", "_").lower()):
        assert judged(OtherEvent(spelt)) == FeedbackOutcome({}, [FeedbackEffect.EVENT_IGNORED])


def test_an_unknown_event_type_needs_review() -> None:
    for kind in ("SomeFutureType", ""):
        assert judged(OtherEvent(kind)) == FeedbackOutcome(
            {}, [FeedbackEffect.UNKNOWN_TYPE_MET], UNKNOWN_TYPE
        )


def test_the_evidence_contains_only_ids_and_words_of_ses() -> None:
    entry = bounce().changes[A][0].entry
    assert entry.at == AT
    assert entry.source is Source.BOUNCE
    assert entry.evidence == (
        '{"feedback":"feedback-1","message":"message-1","status":"5.1.1",'
        '"subtype":"General","type":"Permanent"}'
    )


@pytest.mark.parametrize("odd", ["a@example.com", 'x"y', "", "é", "x" * 101, "line\nbreak", "a\\b"])
def test_a_value_that_could_be_an_address_or_break_the_json_is_not_in_the_evidence(odd: str) -> None:
    mail = FeedbackMail(["a@example.com"], None, odd)
    event = Bounce(AT, "Permanent", odd, [BouncedRecipient("a@example.com", None, odd)], odd, mail)
    assert judged(event).changes[A][0].entry.evidence == '{"type":"Permanent"}'


def test_the_same_event_twice_makes_the_same_changes() -> None:
    assert complaint(by=THREE) == complaint(by=THREE)
