"""Whose request a mail is: each sample with its outcome, and the rules one by one."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from heed.domain.links.link_token import LinkToken, TokenPurpose
from heed.domain.mailbox.attribution import (
    Attribution,
    AutomaticMail,
    LinkInDoubt,
    LinkOptOut,
    PerhapsAutomaticMail,
    SenderMail,
    SenderTrust,
    UnknownReason,
    UnknownSender,
    VirusMail,
    attribute_mail,
)
from heed.domain.mailbox.automatic_mail import AutomaticKind
from heed.domain.mailbox.inbound_mail import InboundMail, Receipt, Verdict
from heed.domain.preferences.register import ScopeNumber
from heed.entrypoints.inbound_mail.mime import parse_mail
from tests.support.inbound_mails import (
    COMPANY,
    MAILS,
    TOKEN,
    link_key,
    mint,
    receipt,
    sample,
    token_address,
)

OPT_OUT = LinkOptOut((TOKEN,))
KNOWN = "recipient@example.net"
AUTHENTICATED = SenderMail(KNOWN, SenderTrust.AUTHENTICATED)
NOT_AUTHENTICATED = SenderMail(KNOWN, SenderTrust.NOT_AUTHENTICATED)
TO_LINK = receipt(token_address())
TO_MAILBOX = receipt("news@inbound.example.com")
FORGED = receipt("news@inbound.example.com", dmarc=Verdict.FAIL)
NULL_PATH = receipt("news@inbound.example.com", dmarc=Verdict.GRAY, has_return_path=False)
AUTO_REPLY = AutomaticMail(AutomaticKind.AUTO_REPLY)

SAMPLES: dict[str, tuple[Receipt, Attribution]] = {
    "apple-unsubscribe": (TO_LINK, OPT_OUT),
    "apple-unsubscribe-without-subject": (TO_LINK, OPT_OUT),
    "gmail-unsubscribe": (TO_LINK, OPT_OUT),
    "auto-generated-by-list-unsubscribe-tool": (TO_LINK, OPT_OUT),
    "plain-unsubscribe": (TO_LINK, OPT_OUT),
    "mailto-list-unsubscribe-empty-body": (TO_LINK, OPT_OUT),
    "mailto-token-in-address-no-subject-header": (TO_LINK, OPT_OUT),
    "out-of-office-to-token": (replace(TO_LINK, has_return_path=False), LinkInDoubt((TOKEN,))),
    "dsn-delayed-and-failed-two-recipients": (NULL_PATH, AutomaticMail(AutomaticKind.DELIVERY_REPORT)),
    "dsn-delayed-with-our-mail": (NULL_PATH, AutomaticMail(AutomaticKind.DELIVERY_REPORT)),
    "read-receipt-mdn": (NULL_PATH, AutomaticMail(AutomaticKind.READ_RECEIPT)),
    "auto-reply-legacy-headers-only": (TO_MAILBOX, AUTO_REPLY),
    "forged-from-dmarc-fail": (FORGED, SenderMail("victim@example.org", SenderTrust.NOT_AUTHENTICATED)),
    "forged-authentication-results-header": (
        FORGED,
        SenderMail("victim@example.org", SenderTrust.NOT_AUTHENTICATED),
    ),
    "display-name-is-another-address": (
        TO_MAILBOX,
        SenderMail("attacker@example.net", SenderTrust.AUTHENTICATED),
    ),
    "from-and-reply-to-and-sender-differ": (TO_MAILBOX, AUTHENTICATED),
    "missing-from": (TO_MAILBOX, UnknownSender(UnknownReason.NO_SENDER)),
    "two-from-addresses": (TO_MAILBOX, UnknownSender(UnknownReason.SEVERAL_SENDERS)),
    "rewritten-by-a-group": (TO_MAILBOX, UnknownSender(UnknownReason.MAILING_LIST)),
    "routed-on-by-google-workspace": (TO_MAILBOX, AUTHENTICATED),  # DKIM alone passes DMARC
    "routed-on-by-exchange": (TO_MAILBOX, AUTHENTICATED),
    "rewritten-sender-srs": (FORGED, NOT_AUTHENTICATED),  # SPF passes for the forwarder, which is not `From`
    "under-13-parent-deletion-request": (
        TO_MAILBOX,
        SenderMail("parent@example.net", SenderTrust.AUTHENTICATED),
    ),
    **dict.fromkeys(
        [
            "attachment-only-pdf-name-unsubscribe",
            "bare-lf-line-endings",
            "base64-utf8-body",
            "conflicting-subject-unsubscribe-body-resubscribe",
            "deeply-nested-mime-60-levels",
            "empty-subject-stop-in-body",
            "erasure-request-gdpr",
            "forwarded-as-attachment-message-rfc822",
            "header-injection-and-folding",
            "html-alone",
            "koi8-r-8bit-body",
            "negated-do-not-unsubscribe",
            "no-mime-headers",
            "question-how-do-i-unsubscribe",
            "quoted-printable-iso-8859-1",
            "reply-quoting-marketing-text-not-an-opt-out",
            "resubscribe-negated",
            "top-posted-outlook-style-original-message",
        ],
        (TO_MAILBOX, AUTHENTICATED),
    ),
}
REPORTS = {
    "arf-abuse-report",
    "arf-abuse-report-recipient-redacted",
    "arf-not-spam",
    "dsn-failed-with-our-mail",
}


def attribute(mail: InboundMail, receipt: Receipt) -> Attribution:
    return attribute_mail(mail, receipt, link_key, COMPANY)


def mail(*header: str, text: str = "unsubscribe") -> InboundMail:
    return parse_mail("\r\n".join([*header, "", text]).encode())


FROM = f"From: {KNOWN}"


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_attributed_as_its_row_says(name: str) -> None:
    receipt, expected = SAMPLES[name]
    assert attribute(sample(name), receipt) == expected


def test_every_sample_has_a_row() -> None:
    assert {file.stem for file in (MAILS / "inbound").glob("*.eml")} == {*SAMPLES, *REPORTS}


@pytest.mark.threat(
    "T10",
    "Somebody forges inbound mail to stop the mail of another person.",
    "A sender counts only by a verdict of SES. All other mail needs a link that Heed signed.",
)
@pytest.mark.parametrize(
    ("dmarc", "spam", "virus"), list(itertools.product(Verdict, Verdict, Verdict)), ids=str
)
def test_only_the_verdict_about_dmarc_authenticates(dmarc: Verdict, spam: Verdict, virus: Verdict) -> None:
    outcome = attribute(
        mail(FROM, "Authentication-Results: amazonses.com; spf=pass; dkim=pass; dmarc=pass"),
        receipt("news@inbound.example.com", dmarc=dmarc, spam=spam, virus=virus),
    )
    trust = {Verdict.PASS: SenderTrust.AUTHENTICATED, Verdict.GRAY: SenderTrust.OPT_OUT_ONLY}
    expected = SenderMail(KNOWN, trust.get(dmarc, SenderTrust.NOT_AUTHENTICATED))
    assert outcome == (VirusMail() if virus is Verdict.FAIL else expected)


def test_a_virus_is_dropped_even_with_a_valid_token() -> None:
    assert attribute(sample("plain-unsubscribe"), receipt(token_address(), virus=Verdict.FAIL)) == VirusMail()


@pytest.mark.parametrize("name", ["two-from-addresses", "missing-from", "question-how-do-i-unsubscribe"])
def test_a_valid_token_decides_without_regard_to_the_sender_and_the_text(name: str) -> None:
    doubtful = receipt(token_address(), dmarc=Verdict.FAIL, spam=Verdict.FAIL)
    assert attribute(sample(name), doubtful) == OPT_OUT


@pytest.mark.parametrize("form", ["{}", "unsubscribe {}", "Re: [{}]", "{}."])
def test_a_token_in_the_subject_decides_too(form: str) -> None:
    token = mint(TokenPurpose.MAILTO)
    assert attribute(mail(FROM, f"Subject: {form.format(token.upper())}"), FORGED) == OPT_OUT


def test_each_valid_token_counts_once() -> None:
    other = LinkToken("b" * 25 + "a", ScopeNumber(0), TOKEN.issued, 1)
    addresses = ("news@inbound.example.com", token_address(), token_address(other), token_address().upper())
    assert attribute(mail(FROM), receipt(*addresses)) == LinkOptOut((TOKEN, other))


@pytest.mark.parametrize(
    "address",
    [
        f"u+{'a' * 58}@mail.example.com",
        f"u+{mint(TokenPurpose.UNSUBSCRIBE)}@mail.example.com",
        token_address().replace("u+", "u+a"),
        token_address()[:-20],
    ],
)
def test_an_invalid_token_counts_for_nothing(address: str) -> None:
    assert attribute(mail(FROM), receipt(address)) == AUTHENTICATED


def test_a_token_in_the_text_counts_for_nothing() -> None:
    """Each reply quotes the links of the mail that it replies to."""
    assert attribute(mail(FROM, text=token_address()), TO_MAILBOX) == AUTHENTICATED


AUTOMATIC = [
    "Auto-Submitted: auto-replied",
    "Auto-Submitted: auto-generated (rejected)",
    "Auto-Submitted: AUTO-NOTIFIED; owner=a",
    "Precedence: auto_reply",
    "X-Autoreply: yes",
    "X-Autorespond: vacation",
    "X-Failed-Recipients: gone@example.org",
    "Return-Path: <>",
    "Return-Path: <MAILER-DAEMON@relay.example>",
    "Content-Type: multipart/report; report-type=delivery-status; boundary=x",
]


OF_PROGRAMS_AND_PEOPLE = ["Precedence: bulk", "Precedence: junk", "Return-Path: <postmaster@example.net>"]


@pytest.mark.parametrize("field", OF_PROGRAMS_AND_PEOPLE)
def test_a_mark_that_people_have_too_is_in_doubt_if_the_sender_is_authenticated(field: str) -> None:
    assert attribute(mail(FROM, field), TO_MAILBOX) == PerhapsAutomaticMail(KNOWN)
    for verdict in (Verdict.GRAY, Verdict.FAIL, Verdict.UNKNOWN):
        assert attribute(mail(FROM, field), receipt("news@inbound.example.com", dmarc=verdict)) == AUTO_REPLY


@pytest.mark.parametrize("field", OF_PROGRAMS_AND_PEOPLE)
@pytest.mark.parametrize("automatic", AUTOMATIC)
def test_a_certain_mark_of_a_program_decides(field: str, automatic: str) -> None:
    assert isinstance(attribute(mail(FROM, automatic, field), TO_MAILBOX), AutomaticMail)


@pytest.mark.parametrize("sender", [f"{FROM}\r\nList-Id: <a.example>", "From: privacy@example.com", "From:"])
def test_a_mail_that_is_perhaps_automatic_may_have_no_sender(sender: str) -> None:
    assert attribute(mail(sender, "Precedence: bulk"), TO_MAILBOX) == PerhapsAutomaticMail("")


@pytest.mark.parametrize("field", AUTOMATIC)
def test_mail_that_calls_itself_automatic_is_nobodys_request(field: str) -> None:
    assert isinstance(attribute(mail(FROM, field), TO_MAILBOX), AutomaticMail)


@pytest.mark.parametrize(
    "field", ["Auto-Submitted: no", "X-Autoreply: no", "Precedence: normal", "X-Priority: 1"]
)
def test_mail_of_a_person_is_not_automatic(field: str) -> None:
    assert attribute(mail(FROM, field), TO_MAILBOX) == AUTHENTICATED


def test_a_null_return_path_or_a_mail_daemon_is_automatic() -> None:
    assert attribute(mail(FROM), NULL_PATH) == AUTO_REPLY
    assert attribute(mail("From: MAILER-DAEMON@example.org (Mail System)"), TO_MAILBOX) == AUTO_REPLY
    postmaster = mail("From: Postmaster <postmaster@example.org>")
    assert attribute(postmaster, FORGED) == AUTO_REPLY
    assert attribute(postmaster, TO_MAILBOX) == PerhapsAutomaticMail("postmaster@example.org")


@pytest.mark.parametrize(
    ("fields", "counts"),
    [
        (["Subject: unsubscribe"], True),
        (["Subject: UnSubscribe "], True),
        (["Subject:"], True),
        ([], True),
        (["Subject: Re: unsubscribe"], False),
        (["Subject: Out of office"], False),
        (["Subject: unsubscribe", "In-Reply-To: <x@example.com>"], False),
        (["Subject: unsubscribe", "References: <x@example.com>"], False),
        (["Subject: Out of office", "References: <x@example.com>", "X-Apple-Unsubscribe: True"], True),
        (["Subject: Out of office", "X-Apple-Unsubscribe: false"], False),
    ],
)
@pytest.mark.parametrize("automatic", AUTOMATIC + OF_PROGRAMS_AND_PEOPLE)
def test_an_automatic_mail_to_a_link_counts_only_as_an_unsubscribe_button(
    automatic: str, fields: list[str], counts: bool
) -> None:
    outcome = attribute(mail(FROM, automatic, *fields), TO_LINK)
    assert outcome == (OPT_OUT if counts else LinkInDoubt((TOKEN,)))


@pytest.mark.parametrize(
    "field", ["List-Id: <a.example>", "Precedence: list", "List-Unsubscribe: <https://a>"]
)
def test_mail_of_a_list_has_no_sender(field: str) -> None:
    assert attribute(mail(FROM, field), TO_MAILBOX) == UnknownSender(UnknownReason.MAILING_LIST)


@pytest.mark.parametrize(
    "address",
    ["privacy@example.com", "Service@Example.org", "a@mail.example.com", "a@in.mail.example.com"],
)
def test_a_mail_from_the_company_has_no_sender(address: str) -> None:
    for verdict in Verdict:
        found = attribute(mail(f"From: Shop <{address}>"), receipt("news@inbound.example.com", dmarc=verdict))
        assert found == UnknownSender(UnknownReason.COMPANY)


@pytest.mark.parametrize("address", ["joan@example.com", "service@example.com", "a@hotmail.example.com"])
def test_another_address_of_the_same_provider_is_a_sender(address: str) -> None:
    found = attribute(mail(f"From: {address}"), TO_MAILBOX)
    assert found == SenderMail(address, SenderTrust.AUTHENTICATED)


def test_a_mail_from_the_company_with_a_valid_token_is_an_opt_out_by_that_link() -> None:
    assert attribute(mail("From: privacy@example.com"), TO_LINK) == OPT_OUT


def test_the_button_of_apple_without_a_valid_token_is_a_request_of_its_sender() -> None:
    for name in ("apple-unsubscribe", "apple-unsubscribe-without-subject"):
        assert attribute(sample(name), TO_MAILBOX) == AUTHENTICATED
        assert attribute(sample(name), FORGED) == NOT_AUTHENTICATED
