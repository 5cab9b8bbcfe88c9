"""What a mail quotes, its signature and its footer are not what its sender composed."""

from __future__ import annotations

import functools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mailparser_reply import EmailReplyParser

from heed.domain.mailbox.new_text import MAX_TEXT, new_text
from tests.support.growth import LINEAR, measure_growth
from tests.support.mail_words import brand_mail_words, labelled_mails, read_mail

NEWS = ["Our autumn collection has landed", "To unsubscribe, click here.", "Please stop all mail"]
QUOTED = "\n".join(f"> {line}" for line in NEWS)
UNQUOTED = "\n".join(NEWS)
QUOTATIONS = {
    "gmail-en": f"On Tue, 6 Oct 2026 at 09:14, Shop <news@example.com> wrote:\n\n{QUOTED}",
    "gmail-wrapped": f"On Tue, 6 Oct 2026 at 09:14, The Shop <news@example.com>\nwrote:\n{QUOTED}",
    "gmail-de": f"Am Di., 6. Okt. 2026 um 09:14 Uhr schrieb Shop <news@example.com>:\n{QUOTED}",
    "gmail-fr": f"Le mar. 6 oct. 2026 à 09:14, Shop <news@example.com> a écrit :\n\n{QUOTED}",
    "gmail-es": f"El mar, 6 oct 2026 a las 9:14, Shop (<news@example.com>) escribió:\n\n{QUOTED}",
    "gmail-ja": f"2026年10月6日(火) 9:14 Shop <news@example.com>:\n\n{QUOTED}",
    "unmarked": f"On Tue, 6 Oct 2026 at 09:14, Shop <news@example.com> wrote:\n\n{UNQUOTED}",
    "outlook-en": f"From: Shop <news@example.com>\nSent: Tuesday\nTo: Jo\nSubject: News\n\n{UNQUOTED}",
    "outlook-de": f"Von: Shop <news@example.com>\nGesendet: Dienstag\nAn: Jo\nBetreff: News\n\n{UNQUOTED}",
    "outlook-fr": f"De : Shop <news@example.com>\nEnvoyé : mardi\nÀ : Jo\nObjet : News\n\n{UNQUOTED}",
    "outlook-es": f"De: Shop <news@example.com>\nEnviado: martes\nPara: Jo\nAsunto: News\n\n{UNQUOTED}",
    "outlook-ja": f"差出人: Shop <news@example.com>\n送信日時: 6日\n宛先: Jo\n件名: News\n\n{UNQUOTED}",
    "original": f"-----Original Message-----\n{UNQUOTED}",
    "original-de": f"-----Ursprüngliche Nachricht-----\n{UNQUOTED}",
    "forwarded": f"---------- Forwarded message ---------\n{UNQUOTED}",
    "marked": QUOTED,
}
SIGNATURES = [
    "-- \nJo Reader\nHead of unsubscribe requests",
    "--\nStop Motion Ltd\nPlease remove me from your list",
    "Sent from my iPhone",
    "Von meinem iPhone gesendet",
    "Envoyé de mon iPhone",
    "Enviado desde mi iPhone",
    "iPhoneから送信",
]
FOOTERS = [
    "You receive this mail because you signed up at example.com.\nUnsubscribe here | Manage preferences",
    "If you no longer wish to receive these emails, unsubscribe here.",
    "Wenn Sie keine weiteren E-Mails erhalten möchten, können Sie sich hier abmelden.",
    "Si vous ne souhaitez plus recevoir nos messages, désabonnez-vous ici.",
    "Si no deseas recibir más correos, date de baja aquí.",
    "今後メールを希望されない方はこちらから配信停止できます。",
]
ANSWERS = [
    "Is the blue one in stock?",
    "Please take me off your list.",
    "配信停止をお願いします。",
    "Danke!",
    "stop",
]


def strip(text: str) -> str:
    return new_text(text, brand_mail_words())


@functools.cache
def answers() -> list[str]:
    """Mails of the corpus without what they quote."""
    texts = (strip(mail.text) for mail in labelled_mails("dev"))
    return [*ANSWERS, *(text for text in texts if strip(text) == text)]


@pytest.mark.parametrize("quotation", QUOTATIONS.values(), ids=QUOTATIONS)
def test_a_quotation_below_the_answer_is_left_out(quotation: str) -> None:
    assert strip(f"Is the blue one in stock?\n\n{quotation}") == "Is the blue one in stock?"


def test_an_answer_below_the_quotation_is_kept() -> None:
    assert strip(f"{QUOTATIONS['gmail-en']}\n\nPlease stop.") == "Please stop."


@pytest.mark.parametrize("signature", SIGNATURES)
def test_a_signature_is_left_out(signature: str) -> None:
    assert strip(f"Thank you.\n\n{signature}") == "Thank you."


@pytest.mark.parametrize("footer", FOOTERS)
def test_the_footer_of_a_marketing_mail_is_left_out(footer: str) -> None:
    assert strip(f"Thank you.\n\n{footer}") == "Thank you."


def test_a_notice_of_confidentiality_is_left_out_to_its_end() -> None:
    notice = "This e-mail is confidential and intended for the addressee.\nIf it is not you, delete it."

    assert strip(f"Thank you.\n\n{notice}\n\nMore") == "Thank you.\n\n\nMore"


@given(st.data())
def test_a_quotation_a_signature_or_a_footer_below_never_changes_the_intent(data: st.DataObject) -> None:
    answer = data.draw(st.sampled_from(answers()))
    below = data.draw(st.sampled_from([*QUOTATIONS.values(), *SIGNATURES, *FOOTERS]))

    assert read_mail("", f"{answer}\n\n{below}") == read_mail("", answer)


@given(st.text())
def test_no_text_is_added(text: str) -> None:
    assert set(strip(text).splitlines()) <= {*text.splitlines(), *text.strip().splitlines(), strip(text)}


def test_a_long_text_is_cut() -> None:
    assert len(strip("word " * MAX_TEXT)) <= MAX_TEXT


@pytest.mark.parametrize(
    "line", ["From: a\n", "> a\n", "On 1 a@b\n", "-" * 40 + "\n", "wrote: ", "unsubscribe "]
)
def test_the_time_grows_linearly_with_the_text(line: str) -> None:
    limit = MAX_TEXT // len(line) // 8

    growth = measure_growth(lambda size: line * size, strip, min(64, limit), limit=LINEAR)

    assert growth < LINEAR


def test_a_second_parser_rarely_keeps_something_else() -> None:
    """`mail-parser-reply` does not know footers, notices of confidentiality and some mail programs."""
    parser = EmailReplyParser(languages=["en", "de", "fr", "es", "ja"])
    mails = labelled_mails("dev")
    different = [
        mail.id
        for mail in mails
        if "".join((parser.parse_reply(text=mail.text) or "").split()) != "".join(strip(mail.text).split())
    ]

    assert len(different) / len(mails) < 0.07
