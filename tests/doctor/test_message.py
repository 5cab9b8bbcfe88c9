"""The checks of a message, each against a message that has the fault."""

from __future__ import annotations

import base64
import email.policy
from collections.abc import Mapping, Sequence
from email.message import EmailMessage

import pytest

from heed.doctor.dns_records import TxtRecords
from heed.doctor.findings import CheckName, CheckOutcome, DoctorFinding
from heed.doctor.message import LinkTopic, TopicOfLink, examine_message
from heed.domain.errors import DependencyUnavailable, InvalidToken, MalformedMessage, UnknownScope
from tests.doctor.messages import GOOD, RECORDS, URL, with_body, with_field, without_field
from tests.support.attack_texts import MAILS

OK, WARNING, FAULT = CheckOutcome
LINKS = f"<{URL}>, <mailto:u+token@mail.example.com>"


def _records(records: Mapping[str, Sequence[str]]) -> TxtRecords:
    return lambda name: list(records.get(name, ()))


def examine(
    raw: bytes,
    records: Mapping[str, Sequence[str]] = RECORDS,
    topic_of: TopicOfLink = lambda _: LinkTopic("meridian/offers", "offers.meridian.example.com"),
) -> dict[CheckName, DoctorFinding]:
    return {finding.name: finding for finding in examine_message(raw, _records(records), topic_of)}


def faults(raw: bytes, records: Mapping[str, Sequence[str]] = RECORDS) -> dict[str, CheckOutcome]:
    """Returns the results of the checks that found something."""
    return {name.value: found.result for name, found in examine(raw, records).items() if found.result != OK}


def test_a_good_message_passes_every_check() -> None:
    findings = examine(GOOD)

    assert {finding.result for finding in findings.values()} == {OK}
    assert [finding.name for finding in findings.values() if finding.mend] == []
    assert len(findings) == 13


def test_lines_that_end_without_a_carriage_return_are_the_same_message() -> None:
    assert faults(GOOD.replace(b"\r\n", b"\n")) == {}


@pytest.mark.parametrize(
    ("name", "lines", "expected"),
    [
        ("List-Unsubscribe", "", {"list-unsubscribe": FAULT, "mailto": WARNING}),
        ("List-Unsubscribe", f"List-Unsubscribe: {LINKS}\r\n" * 2, {"list-unsubscribe": FAULT}),
        (
            "List-Unsubscribe",
            f"List-Unsubscribe: {URL}\r\n",
            {"list-unsubscribe": FAULT, "mailto": WARNING},
        ),
        ("List-Unsubscribe", "List-Unsubscribe: <mailto:u@example.com>\r\n", {"list-unsubscribe": FAULT}),
        (
            "List-Unsubscribe",
            f"List-Unsubscribe: {LINKS.replace('https', 'http')}\r\n",
            {"list-unsubscribe": FAULT},
        ),
        (
            "List-Unsubscribe",
            "List-Unsubscribe: <http://127.0.0.1:8000/u/token>, <mailto:u@example.com>\r\n",
            {"list-unsubscribe": WARNING, "visible-link": OK},
        ),
        ("List-Unsubscribe", f"List-Unsubscribe: <{URL}>\r\n", {"mailto": WARNING}),
        ("List-Unsubscribe-Post", "", {"list-unsubscribe-post": FAULT}),
        ("List-Unsubscribe-Post", "List-Unsubscribe-Post: One-Click\r\n", {"list-unsubscribe-post": FAULT}),
        (
            "List-Unsubscribe-Post",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" * 2,
            {"list-unsubscribe-post": FAULT},
        ),
        ("List-Id", "", {"list-id": WARNING, "link-token": FAULT}),
        ("List-Id", "List-Id: Offers\r\n", {"list-id": FAULT, "link-token": FAULT}),
        ("List-Id", "List-Id: <offers.meridian.example.com>\r\n" * 2, {"list-id": FAULT}),
        ("List-Id", "List-Id: <news.meridian.example.com>\r\n", {"link-token": FAULT}),
        ("Feedback-ID", "", {"feedback-id": WARNING}),
        ("Feedback-ID", "Feedback-ID: a:b:c:\r\n", {"feedback-id": WARNING}),
        ("Feedback-ID", "Feedback-ID: a:b:c:d:e\r\n", {"feedback-id": WARNING}),
    ],
)
def test_a_missing_wrong_or_repeated_field_is_found(
    name: str, lines: str, expected: dict[str, CheckOutcome]
) -> None:
    expected = {check: result for check, result in expected.items() if result != OK}

    assert faults(with_field(name, lines.encode())) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (f"List-Unsubscribe: <{URL}>,\r\n <mailto:u@example.com>\r\n", {"header-folding": WARNING}),
        (
            f"List-Unsubscribe: <{URL[:30]}\r\n {URL[30:]}>, <mailto:u@example.com>\r\n",
            {"header-folding": FAULT},
        ),
        (f"List-Unsubscribe: <{URL}{'a' * 950}>, <mailto:u@example.com>\r\n", {"header-folding": FAULT}),
        (f"List-Unsubscribe: <{URL}ü>, <mailto:u@example.com>\r\n", {"header-encoding": FAULT}),
    ],
)
def test_a_folded_long_or_encoded_field_is_found(lines: str, expected: dict[str, CheckOutcome]) -> None:
    assert faults(with_field("List-Unsubscribe", lines.encode())) == expected


def test_what_python_makes_of_a_long_link_by_default_is_found() -> None:
    message = EmailMessage(policy=email.policy.default)
    message["List-Unsubscribe"] = (
        f"<https://preferences.example.com/u/{'a' * 54}?c=spring&lang=de>, <mailto:u@e.com>"
    )
    lines = bytes(message).partition(b"\n\n")[0].replace(b"\n", b"\r\n") + b"\r\n"
    assert b"=?utf-8?q?" in lines

    assert faults(with_field("List-Unsubscribe", lines))["header-encoding"] is FAULT


def test_a_mailto_link_that_no_client_can_read_is_not_blamed_on_the_stack() -> None:
    encoded = base64.b64encode(LINKS.encode()).decode()
    raw = with_field("List-Unsubscribe", f"List-Unsubscribe: =?utf-8?b?{encoded}?=\r\n".encode())

    finding = examine(raw)[CheckName.MAILTO]

    assert (finding.result, finding.seen) == (WARNING, "no link that a client can read")
    assert "MailDomain" not in finding.mend


def test_a_link_of_a_stack_is_named_with_its_topic() -> None:
    assert examine(GOOD)[CheckName.LINK_TOKEN].seen == "the link stops meridian/offers"


def test_a_link_of_another_sender_has_no_topic() -> None:
    assert CheckName.LINK_TOKEN not in examine(GOOD, topic_of=lambda _: None)


@pytest.mark.parametrize(
    ("error", "result", "is_checked"),
    [
        (InvalidToken("wrong signature"), FAULT, True),
        (UnknownScope("unknown number"), FAULT, True),
        (DependencyUnavailable("AccessDeniedException"), WARNING, False),
    ],
)
def test_a_link_that_the_stack_does_not_know_is_found(
    error: Exception, result: CheckOutcome, is_checked: bool
) -> None:
    def refuse(_: str) -> LinkTopic:
        raise error

    finding = examine(GOOD, topic_of=refuse)[CheckName.LINK_TOKEN]

    assert (finding.result, finding.is_checked) == (result, is_checked)
    assert str(error) in finding.seen or result is FAULT


@pytest.mark.parametrize(
    "body",
    [
        f'<a href="{URL}">here</a>',
        "<a href='https://news.example.net/x'>Unsubscribe</a>",
        "<A HREF=https://news.example.net/unsubscribe>x</A>",
        '<a href="https://news.example.net/x"><b>Vom Newsletter abmelden</b></a>',
        '<a href="https://news.example.net/x"><img alt="D&eacute;sabonnement"></a>',
        '<a href="https://news.example.net/x">配信停止</a>',
        '<!-- <a> --><a href="https://news.example.net/x">Darse de baja</a>',
    ],
)
def test_a_link_to_unsubscribe_is_recognized_by_its_host_its_url_or_its_words(body: str) -> None:
    assert faults(with_body(body)) == {}


def test_a_link_in_plain_text_is_recognized_by_the_words_of_its_line() -> None:
    assert faults(with_body("Lamps.\nUnsubscribe: https://news.example.net/x\n", "text/plain")) == {}


@pytest.mark.parametrize(
    ("body", "result"),
    [
        ("<p>Lamps are cheaper.", FAULT),
        ("<!-- <a href='https://news.example.net/unsubscribe'>Unsubscribe</a> -->", FAULT),
        ("<style>a{content:'https://news.example.net/unsubscribe'}</style>", FAULT),
        ('<a href="https://shop.example.net/lamps">Lamps</a>', WARNING),
        ('<a href="https://shop.example.net/lamps">Lamps</a><p>unsubscribe', WARNING),
        ('<a href="#unsubscribe">Unsubscribe</a>', FAULT),
    ],
)
def test_a_body_without_a_link_to_unsubscribe_is_found(body: str, result: CheckOutcome) -> None:
    assert faults(with_body(body)) == {"visible-link": result}


def test_no_finding_has_an_address_or_a_token() -> None:
    raw = with_field("List-Unsubscribe", f"List-Unsubscribe: <{URL}>, <mailto:ada@example.com>\r\n".encode())
    raw = with_field("From", b"From: bob@example.net\r\n", raw)

    texts = [f"{finding.seen} {finding.mend}" for finding in examine(raw).values()]

    assert not [text for text in texts if "@" in text or "/u/token" in text]


@pytest.mark.parametrize("raw", [b"", b"\r\n\r\ntext", b"\x00\x01\x02", b" folded\r\n"])
def test_a_file_that_is_no_mail_is_refused(raw: bytes) -> None:
    with pytest.raises(MalformedMessage):
        examine(raw)


@pytest.mark.parametrize("mail", MAILS)
def test_a_hostile_mail_is_examined_or_refused(mail: str) -> None:
    try:
        findings = examine(MAILS[mail](20_000).encode())
    except MalformedMessage:
        return

    assert CheckName.LIST_UNSUBSCRIBE in findings


def test_a_message_without_the_fields_has_no_findings_of_their_form() -> None:
    raw = without_field("List-Unsubscribe", without_field("List-Unsubscribe-Post"))

    findings = examine(raw)

    assert not {CheckName.HEADER_ENCODING, CheckName.HEADER_FOLDING, CheckName.LINK_TOKEN} & set(findings)
