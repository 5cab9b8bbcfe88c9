from __future__ import annotations

import pytest

from heed.domain.errors import MalformedMessage
from heed.domain.mailbox.inbound_mail import MAX_MAIL, Attachment, ReportKind
from heed.entrypoints.inbound_mail.mime import MAX_MAIL_TEXT, parse_mail
from tests.support.inbound_mails import huge_mail, sample


def parse(*lines: str, end: str = "\r\n") -> tuple[tuple[str | None, ...], str, str]:
    mail = parse_mail(end.join(lines).encode())
    return mail.senders, mail.subject, mail.text.strip()


def senders(value: str) -> tuple[str | None, ...]:
    return parse_mail(f"From: {value}\n\n".encode()).senders


def text_of(*lines: str) -> str:
    return parse(*lines)[2]


@pytest.mark.parametrize(
    ("name", "sender", "subject", "text"),
    [
        ("plain-unsubscribe", "recipient@example.net", "unsubscribe", "unsubscribe"),
        ("bare-lf-line-endings", "recipient@example.net", "unsubscribe", "unsubscribe"),
        ("no-mime-headers", "recipient@example.net", "unsubscribe", "unsubscribe"),
        ("empty-subject-stop-in-body", "recipient@example.net", "", "STOP"),
        ("mailto-token-in-address-no-subject-header", "recipient@example.net", "", ""),
        ("deeply-nested-mime-60-levels", "recipient@example.net", "unsubscribe", "unsubscribe"),
        ("koi8-r-8bit-body", "recipient@example.net", "Отписаться", "Отпишите меня от рассылки"),
        (
            "base64-utf8-body",
            "recipient@example.net",
            "Bitte abmelden – unsubscribe",
            "Bitte melden Sie mich ab.\nunsubscribe\nGrüße, Jürgen",
        ),
        (
            "quoted-printable-iso-8859-1",
            "recipient@example.net",
            "Désabonnez-moi",
            "Bonjour, merci de me désabonner de cette liste. Désinscription immédiate.",
        ),
        ("display-name-is-another-address", "attacker@example.net", "unsubscribe", "unsubscribe"),
        ("from-and-reply-to-and-sender-differ", "recipient@example.net", "unsubscribe", "unsubscribe"),
        ("routed-on-by-exchange", "recipient@example.net", "Opt out", "Please take me off your list."),
    ],
)
def test_a_sample_is_read(name: str, sender: str, subject: str, text: str) -> None:
    mail = sample(name)
    assert (mail.senders, mail.subject, mail.text.strip()) == ((sender,), subject, text)


def test_a_folded_line_stays_in_its_field() -> None:
    mail = sample("header-injection-and-folding")
    assert mail.subject.split() == ["unsubscribe", "X-Fake:", "yes"]
    assert "x-fake" not in mail.headers


def test_a_line_that_is_no_field_hides_no_field_after_it() -> None:
    assert parse("Subject: stop", "this is no field", "From: a@example.net", "", "text") == (
        ("a@example.net",),
        "stop",
        "text",
    )


@pytest.mark.parametrize(
    "name", ["From\u00a0", "From\u2003", "From\x0b", "From\x1f", "\uff26rom", "\u212a-From", "\u017fubject"]
)
def test_only_spaces_and_tabs_may_follow_the_name_of_a_field(name: str) -> None:
    """Another reader finds no field in such a line, so it must have no effect here."""
    mail = parse_mail(f"{name}: victim@example.org\nFrom \t: a@example.net\n\n".encode())
    assert (mail.senders, [*mail.headers.values]) == (("a@example.net",), ["from"])


def test_a_forwarded_mail_is_a_file_and_not_the_text() -> None:
    mail = sample("forwarded-as-attachment-message-rfc822")
    assert mail.text.strip() == "FYI, nice offer."
    assert [file.name for file in mail.attachments] == [""]
    assert mail.original is not None and mail.original.first("subject") == "Spring sale"


def test_a_file_has_its_name_and_size() -> None:
    assert sample("attachment-only-pdf-name-unsubscribe").attachments == (Attachment("unsubscribe.pdf", 15),)
    mail = parse_mail(huge_mail())
    (file,) = mail.attachments
    assert file.name == "photo.bin" and file.size == pytest.approx(300_000, rel=0.05)
    assert mail.text.strip() == "unsubscribe"


@pytest.mark.parametrize(
    ("name", "kind", "field", "value"),
    [
        ("arf-abuse-report", ReportKind.COMPLAINT, "feedback-type", "abuse"),
        ("dsn-delayed-and-failed-two-recipients", ReportKind.DELIVERY, "action", "failed"),
        ("dsn-failed-with-our-mail", ReportKind.DELIVERY, "status", "5.1.1"),
    ],
)
def test_a_report_is_read_in_blocks(name: str, kind: ReportKind, field: str, value: str) -> None:
    report = sample(name).report
    assert report is not None and report.kind is kind
    assert value in [block.word(field) for block in report.blocks]


def test_a_report_embeds_the_header_of_the_mail_that_it_is_about() -> None:
    for name in ("arf-abuse-report", "dsn-failed-with-our-mail"):
        original = sample(name).original
        assert original is not None and "/u/" in original.first("list-unsubscribe")


def test_a_read_receipt_and_a_report_without_its_part_are_reports() -> None:
    assert (report := sample("read-receipt-mdn").report) is not None and report.kind is ReportKind.OTHER
    mail = parse_mail(
        b"From: a@example.net\nContent-Type: multipart/report; boundary=x\n\n--x\n\nlost\n--x--"
    )
    assert mail.report is not None and mail.report.kind is ReportKind.OTHER


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a@example.net, b@example.net", ("a@example.net", "b@example.net")),
        ('"Doe, Joan" <Joan@Example.NET>', ("joan@example.net",)),
        ("joan@example.net (Joan (at work), Doe)", ("joan@example.net",)),
        ("=?utf-8?q?a=40example=2Eorg=2C?= <joan@example.net>", ("joan@example.net",)),
        ('"a@example.org>" <joan@example.net>', ("joan@example.net",)),
        ("a@example.org <joan@example.net>", (None,)),
        ("<a@example.org> <joan@example.net>", (None,)),
        ("a@example.org joan@example.net", (None,)),
        ("team: a@example.org, b@example.org;", (None, None)),
        ("joan@example.net (a comment without an end", (None,)),
        ('"joan@example.net', (None,)),
        ("<@relay.example:joan@example.net>", (None,)),
        ("", (None,)),
        ("undisclosed", (None,)),
    ],
)
def test_the_sender_is_never_guessed(value: str, expected: tuple[str | None, ...]) -> None:
    assert senders(value) == expected


def test_every_from_field_counts() -> None:
    assert parse("From: a@example.net", "FROM : b@example.net", "", "")[0] == (
        "a@example.net",
        "b@example.net",
    )
    assert sample("missing-from").senders == ()


@pytest.mark.parametrize(
    "header",
    [
        b"Subject: x\rFrom: b@example.net\r\nFrom: a@example.net\r\n",
        b"From: a@example.net\r\n" + b"X-Long: y\r\n" * 600,
        b"From: a@example.net\r\nX-Long: " + b"y" * 70_000 + b"\r\n",
        b"From: a@example.net" + b" " * 9_000 + b", b@example.net\r\n",
    ],
)
def test_nobody_is_the_sender_if_another_reader_may_find_another(header: bytes) -> None:
    assert parse_mail(header + b"\r\nunsubscribe").senders == (None,)


def test_an_outer_delimiter_ends_inner_parts() -> None:
    inner = "Content-Type: multipart/mixed; boundary=b1"
    assert (
        text_of(
            "Content-Type: multipart/mixed; boundary=b",
            "",
            "--b",
            inner,
            "",
            "--b1",
            "",
            "one",
            "--b",
            "",
            "two",
        )
        == "one\n\ntwo"
    )


def test_a_text_file_is_not_the_text() -> None:
    part = "Content-Disposition: attachment; filename*=utf-8''stop%C3%A9.txt"
    lines = ("Content-Type: multipart/mixed; boundary=b", "", "--b", part, "", "stop", "--b--")
    mail = parse_mail("\n".join(lines).encode())
    assert mail.text == "" and mail.attachments[0].name == "stopé.txt"
    assert text_of('Content-Type: text/plain; name="mail.txt"', "", "stop") == "stop"


@pytest.mark.parametrize("charset", ["undefined", "idna", "punycode", "a\0b", "", "utf-8"])
def test_a_parameter_in_any_character_set_is_read(charset: str) -> None:
    part = f"Content-Disposition: attachment; filename*={charset}''a%FF.txt"
    lines = (f"Content-Type: multipart/mixed; boundary*={charset}''b", "", "--b", part, "", "x", "--b--")
    (file,) = parse_mail("\n".join(lines).encode()).attachments
    assert file.name.startswith("a") and file.name.endswith(".txt")
    text = f"Content-Type: text/plain; charset*={charset}''utf-8", "", "stop é"
    assert text_of(*text) == "stop é"


def test_the_text_is_cut_at_its_limit() -> None:
    assert len(parse_mail(b"From: a@example.net\n\n" + b"a" * 200_000).text) == MAX_MAIL_TEXT


def test_nothing_beyond_the_limit_of_a_mail_is_read() -> None:
    attachment = b"--b\nContent-Disposition: attachment\n\n" + b"a" * MAX_MAIL
    raw = b"From: a@example.net\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nstop\n" + attachment
    mail = parse_mail(raw + b"\n--b\n\nand more")
    assert mail.text.strip() == "stop" and sum(file.size for file in mail.attachments) < MAX_MAIL


def test_the_parts_and_the_depth_of_a_mail_have_limits() -> None:
    head = b"Content-Type: multipart/mixed; boundary=b\n\n"
    assert parse_mail(head + b"--b\n\nx\n" * 5_000).text.count("x") == 200
    deep = "".join(
        f"Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n" for level in range(2_000)
    )
    assert parse_mail((deep + "\nstop").encode()).text == ""


@pytest.mark.parametrize("raw", [b"", b"\n\n", b"\x00\xff" * 100, b"no field at all"])
def test_what_has_no_header_is_no_mail(raw: bytes) -> None:
    with pytest.raises(MalformedMessage, match="not a mail"):
        parse_mail(raw)
