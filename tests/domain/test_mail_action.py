"""What Heed does with a mail: a row for each kind of request and each trust in the sender."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from heed.domain.feedback.event import OtherEvent
from heed.domain.mailbox.attribution import (
    Attribution,
    AutomaticMail,
    LinkInDoubt,
    LinkOptOut,
    PerhapsAutomaticMail,
    ReportedFeedback,
    SenderMail,
    SenderTrust,
    UnknownReason,
    UnknownSender,
    VirusMail,
)
from heed.domain.mailbox.automatic_mail import AutomaticKind
from heed.domain.mailbox.case import CaseKind
from heed.domain.mailbox.inbound_mail import Verdict
from heed.domain.mailbox.intent import IntentKind, MailIntent
from heed.domain.mailbox.mail_action import (
    ConfirmByMail,
    DropMail,
    DropReason,
    ForwardMail,
    LetPersonDecide,
    MailAction,
    OptOutByLink,
    OptOutSender,
    RecordReport,
    ReportSenderAsMinor,
    decide_inbound_mail,
)
from heed.domain.opt_in.confirmation_token import Intent
from tests.support.inbound_mails import COMPANY, TOKEN

JOAN = "joan@example.net"
UNKNOWN = UnknownSender(UnknownReason.SEVERAL_SENDERS)
OUT = OptOutSender(JOAN)
CONFIRM_OUT = ConfirmByMail(JOAN, Intent.OUT)
CONFIRM_BESIDE_CASE = ConfirmByMail(JOAN, Intent.OUT, has_case=True)
CONFIRM_IN = ConfirmByMail(JOAN, Intent.IN)
MINOR = ReportSenderAsMinor(JOAN)
FORWARD = ForwardMail()
OTHER = LetPersonDecide((CaseKind.OTHER,))
DOUBTFUL, CHILD, ERASURE, ACCESS, OPT_IN, COMPLAINT = (
    LetPersonDecide((kind,), JOAN)
    for kind in (
        CaseKind.OPT_OUT_DOUBTFUL,
        CaseKind.CHILD_REPORT,
        CaseKind.ERASURE,
        CaseKind.ACCESS,
        CaseKind.OPT_IN,
        CaseKind.COMPLAINT,
    )
)


def of_nobody(action: MailAction) -> MailAction:
    """Returns the action for a mail whose sender nobody knows."""
    return replace(action, about="") if isinstance(action, LetPersonDecide) else action


SPAM = DropMail(DropReason.SPAM)

# For each kind: what an authenticated sender gets, one of a domain without a policy, one that is not
# authenticated, an unknown one, and a sender that is not authenticated whose mail is spam.
TABLE: dict[IntentKind, tuple[MailAction, MailAction, MailAction, MailAction, MailAction]] = {
    IntentKind.OPT_OUT: (OUT, OUT, CONFIRM_OUT, of_nobody(DOUBTFUL), DOUBTFUL),
    IntentKind.OPT_IN: (CONFIRM_IN, OPT_IN, OPT_IN, of_nobody(OPT_IN), OPT_IN),
    IntentKind.CHILD_REPORT: (MINOR, CHILD, CHILD, of_nobody(CHILD), CHILD),
    IntentKind.ERASURE: (ERASURE, ERASURE, ERASURE, of_nobody(ERASURE), ERASURE),
    IntentKind.ACCESS: (ACCESS, ACCESS, ACCESS, of_nobody(ACCESS), ACCESS),
    IntentKind.COMPLAINT: (COMPLAINT, COMPLAINT, COMPLAINT, of_nobody(COMPLAINT), COMPLAINT),
    IntentKind.QUESTION: (FORWARD, FORWARD, FORWARD, FORWARD, OTHER),
    IntentKind.OTHER: (FORWARD, FORWARD, FORWARD, FORWARD, SPAM),
}


def decide(
    attribution: Attribution | SenderTrust,
    intent: MailIntent,
    *,
    text: str = "",
    spam: Verdict = Verdict.PASS,
) -> list[MailAction]:
    if isinstance(attribution, SenderTrust):
        attribution = SenderMail(JOAN, attribution)
    return list(decide_inbound_mail(attribution, spam, text, lambda _: intent, COMPANY))


@pytest.mark.parametrize("kind", IntentKind)
def test_each_kind_of_request_has_its_row(kind: IntentKind) -> None:
    intent = MailIntent(kind, by_child=kind is IntentKind.CHILD_REPORT)
    found = [decide(sender, intent) for sender in (*SenderTrust, UNKNOWN)]
    spam = decide(SenderTrust.NOT_AUTHENTICATED, intent, spam=Verdict.FAIL)
    assert [*found, spam] == [[action] for action in TABLE[kind]]


_ROWS = {
    IntentKind.OPT_OUT: "an opt-out",
    IntentKind.OPT_IN: "an opt-in",
    IntentKind.CHILD_REPORT: "it reports a child",
    IntentKind.ERASURE: "erasure",
    IntentKind.ACCESS: "access",
    IntentKind.COMPLAINT: "it complains about the company",
    IntentKind.QUESTION: "a question",
    IntentKind.OTHER: "something else",
}
_WORDS: dict[type[MailAction], str] = {
    OptOutSender: "act",
    ReportSenderAsMinor: "act",
    ConfirmByMail: "confirm",
    LetPersonDecide: "case",
    ForwardMail: "forward",
    DropMail: "drop",
}
_PAGE = (Path(__file__).parents[2] / "docs" / "mailbox.md").read_text(encoding="utf-8")


def documented(row: str) -> list[str]:
    """Returns the cells of a row of docs/mailbox.md."""
    (line,) = (line for line in _PAGE.splitlines() if line.startswith(f"| {row} |"))
    return [cell.strip() for cell in line.split("|")[2:-1]]


@pytest.mark.parametrize("kind", IntentKind)
def test_the_documentation_has_the_same_rows(kind: IntentKind) -> None:
    words = [_WORDS[type(action)] for action in TABLE[kind]]
    row = _ROWS[kind]
    if "forward" not in words:
        assert documented(row) == words
        return
    assert documented(f"{row}, with `ForwardTo`") == words
    without = ["case" if word == "forward" else word for word in words]
    assert documented(f"{row}, without `ForwardTo`") == without


def test_the_documentation_has_the_row_of_a_doubtful_opt_out() -> None:
    intent = MailIntent(IntentKind.OPT_OUT, doubtful=True)
    found = [decide(sender, intent) for sender in (*SenderTrust, UNKNOWN)]
    found.append(decide(SenderTrust.NOT_AUTHENTICATED, intent, spam=Verdict.FAIL))
    cells = [" and ".join(_WORDS[type(action)] for action in actions) for actions in found]
    assert documented("an opt-out in other words") == cells


@pytest.mark.parametrize("kind", IntentKind)
def test_a_mail_that_heed_forwarded_is_a_case_for_each_kind_of_request(kind: IntentKind) -> None:
    assert decide(UnknownSender(UnknownReason.HEED), MailIntent(kind)) == [OTHER]


def read_nothing(_: str) -> MailIntent:
    pytest.fail("the text does not matter")


@pytest.mark.parametrize(
    ("attribution", "action"),
    [
        (VirusMail(), DropMail(DropReason.VIRUS)),
        (AutomaticMail(AutomaticKind.AUTO_REPLY), DropMail(DropReason.AUTOMATIC)),
        (LinkOptOut((TOKEN,)), OptOutByLink((TOKEN,))),
        (LinkInDoubt((TOKEN,)), LetPersonDecide((CaseKind.OPT_OUT_DOUBTFUL,), TOKEN)),
        (ReportedFeedback(OtherEvent("x")), RecordReport(OtherEvent("x"))),
    ],
)
def test_the_text_is_read_only_for_the_mail_of_a_sender(attribution: Attribution, action: MailAction) -> None:
    assert decide_inbound_mail(attribution, Verdict.FAIL, "unsubscribe", read_nothing, COMPANY) == (action,)


@pytest.mark.parametrize("kind", IntentKind)
@pytest.mark.parametrize("trust", SenderTrust)
def test_doubt_writes_nothing(kind: IntentKind, trust: SenderTrust) -> None:
    actions = decide(trust, MailIntent(kind, doubtful=True))
    assert all(isinstance(action, LetPersonDecide | ForwardMail | ConfirmByMail) for action in actions)
    assert actions


@pytest.mark.parametrize("trust", SenderTrust)
@pytest.mark.parametrize("others", [frozenset(), frozenset({IntentKind.QUESTION})])
def test_a_doubtful_opt_out_is_a_case_and_its_sender_may_confirm_it(
    trust: SenderTrust, others: frozenset[IntentKind]
) -> None:
    intent = MailIntent(IntentKind.OPT_OUT, others, doubtful=True)
    assert decide(trust, intent) == [DOUBTFUL, CONFIRM_BESIDE_CASE]


def test_a_doubtful_opt_out_beside_another_request_has_no_link() -> None:
    for other in (IntentKind.ERASURE, IntentKind.OPT_IN, IntentKind.COMPLAINT):
        intent = MailIntent(other, frozenset({IntentKind.OPT_OUT}), doubtful=True)
        (action,) = decide(SenderTrust.AUTHENTICATED, intent)
        assert isinstance(action, LetPersonDecide)


def test_an_opt_out_is_recorded_at_once_even_if_a_person_decides_the_rest() -> None:
    intent = MailIntent(IntentKind.ERASURE, frozenset({IntentKind.OPT_OUT}))
    assert decide(SenderTrust.AUTHENTICATED, intent) == [OUT, ERASURE]


def test_a_person_decides_all_requests_of_a_doubtful_mail_in_one_case() -> None:
    others = frozenset({IntentKind.OPT_OUT, IntentKind.QUESTION, IntentKind.ACCESS})
    kinds = (CaseKind.ERASURE, CaseKind.OPT_OUT_DOUBTFUL, CaseKind.ACCESS)
    intent = MailIntent(IntentKind.ERASURE, others, doubtful=True)
    assert decide(SenderTrust.AUTHENTICATED, intent) == [LetPersonDecide(kinds, JOAN)]


def test_an_opt_out_with_a_question_needs_nobody() -> None:
    intent = MailIntent(IntentKind.OPT_OUT, frozenset({IntentKind.QUESTION}), frozenset({"acme/offers"}))
    assert decide(SenderTrust.OPT_OUT_ONLY, intent) == [OptOutSender(JOAN, frozenset({"acme/offers"}))]


def test_an_opt_out_and_an_opt_in_never_opt_in() -> None:
    intent = MailIntent(IntentKind.OPT_OUT, frozenset({IntentKind.OPT_IN}))
    assert decide(SenderTrust.AUTHENTICATED, intent) == [OUT, OPT_IN]


CHILD_REPORT = MailIntent(IntentKind.CHILD_REPORT, by_child=True)
KID = "kid@example.net"
ABOUT_KID = LetPersonDecide((CaseKind.CHILD_REPORT,), KID)


@pytest.mark.parametrize(
    ("text", "actions"),
    [
        ("I am 11, and this is my address", [MINOR]),
        ("Joan@Example.net is my daughter's address.", [MINOR]),
        ("My daughter has kid@example.net.", [ABOUT_KID]),
        (
            "Mine is joan@example.net, hers <KID@example.net>",
            [ABOUT_KID],
        ),
        ("kid@example.net and sister@example.net", [of_nobody(CHILD)]),
        ("I wrote to privacy@example.com and to news@mail.example.com before.", [MINOR]),
        ("Dear service@example.org, my daughter has kid@example.net.", [ABOUT_KID]),
    ],
)
def test_a_report_of_a_child_deletes_only_the_record_of_the_sender(
    text: str, actions: list[MailAction]
) -> None:
    assert decide(SenderTrust.AUTHENTICATED, CHILD_REPORT, text=text) == actions


def test_a_report_in_other_words_than_those_of_a_child_deletes_nothing() -> None:
    """An adult may write about a child, and that mail comes from the address of the adult."""
    (action,) = decide(SenderTrust.AUTHENTICATED, MailIntent(IntentKind.CHILD_REPORT))
    assert action == LetPersonDecide((CaseKind.CHILD_REPORT,), JOAN)


@pytest.mark.parametrize("sender", [SenderTrust.OPT_OUT_ONLY, SenderTrust.NOT_AUTHENTICATED, UNKNOWN])
def test_a_report_of_a_child_that_may_be_forged_changes_nothing(sender: Attribution | SenderTrust) -> None:
    expected = of_nobody(CHILD) if sender is UNKNOWN else ABOUT_KID
    assert decide(sender, CHILD_REPORT, text=KID) == [expected]


NAMES_OTHER = replace(DOUBTFUL, names_other=True)


def test_an_opt_out_that_names_another_address_is_about_the_sender_and_says_so() -> None:
    intent = MailIntent(IntentKind.OPT_OUT, doubtful=True)
    assert decide(SenderTrust.AUTHENTICATED, intent, text=KID) == [NAMES_OTHER]
    assert decide(SenderTrust.AUTHENTICATED, intent, text=JOAN) == [DOUBTFUL, CONFIRM_BESIDE_CASE]


@pytest.mark.parametrize(
    "kind", [IntentKind.ERASURE, IntentKind.ACCESS, IntentKind.OPT_IN, IntentKind.COMPLAINT]
)
def test_another_doubtful_request_that_names_another_address_is_about_nobody_for_certain(
    kind: IntentKind,
) -> None:
    (action,) = decide(SenderTrust.AUTHENTICATED, MailIntent(kind, doubtful=True), text=KID)
    assert isinstance(action, LetPersonDecide) and (action.about, action.names_other) == ("", False)


def test_an_opt_out_beside_an_erasure_request_that_names_another_address_is_about_nobody() -> None:
    intent = MailIntent(IntentKind.ERASURE, frozenset({IntentKind.OPT_OUT}), doubtful=True)
    (action,) = decide(SenderTrust.AUTHENTICATED, intent, text=KID)
    assert isinstance(action, LetPersonDecide) and action.about == ""


OF_COMPANY = UnknownSender(UnknownReason.COMPANY)


@pytest.mark.parametrize("kind", IntentKind)
def test_each_mail_from_the_company_is_a_case_about_nobody(kind: IntentKind) -> None:
    for doubtful in (True, False):
        (action,) = decide(OF_COMPANY, MailIntent(kind, doubtful=doubtful, by_child=True), text=JOAN)
        assert isinstance(action, LetPersonDecide) and action.about == ""


PERHAPS = PerhapsAutomaticMail(JOAN)


def test_a_plain_opt_out_that_is_perhaps_automatic_is_a_case_that_no_cap_loses() -> None:
    topics = frozenset({"acme/offers"})
    intent = MailIntent(IntentKind.OPT_OUT, topics=topics)
    assert decide(PERHAPS, intent) == [replace(DOUBTFUL, beyond_caps=OptOutSender(JOAN, topics))]
    assert decide(PerhapsAutomaticMail(""), intent) == [of_nobody(DOUBTFUL)]


@pytest.mark.parametrize("kind", IntentKind)
def test_every_other_mail_that_is_perhaps_automatic_is_dropped(kind: IntentKind) -> None:
    for doubtful in {True, kind is IntentKind.OPT_OUT}:
        assert decide(PERHAPS, MailIntent(kind, doubtful=doubtful)) == [DropMail(DropReason.AUTOMATIC)]


MENTION = MailIntent(IntentKind.OPT_OUT, frozenset({IntentKind.OTHER}), doubtful=True)


@pytest.mark.parametrize(
    "sender", [SenderTrust.OPT_OUT_ONLY, SenderTrust.NOT_AUTHENTICATED, UNKNOWN, OF_COMPANY]
)
def test_spam_that_only_mentions_an_opt_out_is_dropped(sender: Attribution | SenderTrust) -> None:
    assert decide(sender, MENTION, spam=Verdict.FAIL) == [SPAM]
    assert decide(sender, MENTION, spam=Verdict.GRAY) != [SPAM]


def test_spam_of_an_authenticated_sender_that_mentions_an_opt_out_is_a_case() -> None:
    assert decide(SenderTrust.AUTHENTICATED, MENTION, spam=Verdict.FAIL) == [DOUBTFUL]
