"""No text can add a header or a recipient to a confirmation mail."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from heed.domain.errors import InvalidAddress
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.recipients.address import is_mailable, normalise_address
from heed.entrypoints.http.pages.pages import Pages
from heed.entrypoints.mail.confirmation_mail import ConfirmationMailRenderer
from heed.use_cases.ports.opt_in import ConfirmationMail
from tests.support.mailbox import link_path, mail_text, parse_mail
from tests.support.registers import scope_numbers
from tests.support.sample_brand import brand as compiled_brand

HEADERS = {
    "From",
    "To",
    "Subject",
    "Auto-Submitted",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "List-Id",
    "Content-Language",
    "Content-Type",
    "MIME-Version",
}
MAIL = ConfirmationMail(
    to="reader@example.com",
    intent=Intent.IN,
    scopes=scope_numbers(2),
    resume=False,
    language="en",
    base_url="https://prefs.example.com",
    confirm_token="C" * 400,
    unsubscribe_token="U" * 54,
    mailto_token="m" * 58,
)


@pytest.fixture(scope="module")
def brand() -> tuple[Pages, Catalogue]:
    folder = compiled_brand()
    data = json.loads((folder / "catalogue.json").read_text("utf-8"))
    return Pages(folder), Catalogue.from_document(data)


def render(brand: tuple[Pages, Catalogue], mail: ConfirmationMail, title: str = "Meridian Watches") -> bytes:
    pages, catalogue = brand
    number = catalogue.default_brand
    brands = {number: replace(catalogue.brands[number], title=title)}
    other = Catalogue(
        list(brands.values()),
        list(catalogue.topics.values()),
        number,
        catalogue.languages,
        catalogue.default_language,
        catalogue.policies,
    )
    return ConfirmationMailRenderer(pages, other, "preferences@example.com", "mail.example.com")(mail)


def test_both_parts_lead_to_the_website_the_privacy_policy_and_the_imprint(
    brand: tuple[Pages, Catalogue],
) -> None:
    mail = parse_mail(render(brand, replace(MAIL, language="de")))

    text, html = (str(part.get_content()) for part in mail.walk() if part.get_content_maintype() == "text")
    for name, path in (("Website", ""), ("Datenschutzerklärung", "datenschutz"), ("Impressum", "impressum")):
        assert f"{name} – https://example.com/de/{path}" in text.splitlines()
        assert f'<a href="https://example.com/de/{path}" style="color:inherit">{name}</a>' in html


_HOSTILE_TEXTS = st.one_of(
    st.text(max_size=70),
    st.text(alphabet='\r\n\0\t \x0b\x0c\x1c\x85\u2028\u2029=?_<>@,;:"\\()aé猫', max_size=70),
    st.sampled_from(
        [
            "a@b.example\r\nBcc: c@d.example",
            "=?utf-8?q?a=0D=0ABcc:_c=40d?=@b.example",
            '"a\r\nBcc: c@d.example"@b.example',
            "a@b.example, c@d.example",
            "a@b.example>\nTo: <c@d.example",
        ]
    ),
)


@given(_HOSTILE_TEXTS, st.sampled_from(["", "@b.example", "x@b.example"]))
def test_an_address_cannot_add_a_header_or_a_recipient(
    brand: tuple[Pages, Catalogue], typed: str, end: str
) -> None:
    try:
        address = normalise_address(typed + end)
    except InvalidAddress:
        return
    if not is_mailable(address):
        return  # Heed does not send to it
    mail = parse_mail(render(brand, replace(MAIL, to=address)))
    assert set(mail.keys()) == HEADERS and len(mail.keys()) == len(HEADERS)
    assert [address.addr_spec for address in mail["To"].addresses] == [address]


@given(_HOSTILE_TEXTS)
@example('Uhren, "Meridian" <x@y.example>')
@example("お得な時計" * 12)
@example("=?utf-8?q?a=0D=0ABcc:_c=40d?=")
@example("=????utf-8?q?a=0D=0ABcc:_c=40d?=")
def test_a_brand_title_cannot_add_a_header_or_change_the_sender(
    brand: tuple[Pages, Catalogue], title: str
) -> None:
    mail = parse_mail(render(brand, MAIL, title))
    assert set(mail.keys()) == HEADERS and len(mail.keys()) == len(HEADERS)
    assert [address.addr_spec for address in mail["From"].addresses] == ["preferences@example.com"]


@pytest.mark.parametrize("language", ["de", "en", "es", "fr", "ja"])
@pytest.mark.parametrize("intent", Intent)
def test_a_mail_has_plain_text_then_html_in_ascii_lines(
    brand: tuple[Pages, Catalogue], language: str, intent: Intent
) -> None:
    raw = render(brand, replace(MAIL, language=language, intent=intent))
    mail = parse_mail(raw)
    assert mail.get_content_type() == "multipart/alternative"
    parts = [part.get_content_type() for part in mail.iter_parts()]
    assert parts == ["text/plain", "text/html"]
    assert raw.isascii() and all(len(line) < 998 for line in raw.split(b"\r\n"))
    assert (
        link_path(mail) == f"/c/{MAIL.confirm_token}"
        and link_path(mail, "u") == f"/u/{MAIL.unsubscribe_token}"
    )
    for part in mail_text(mail), mail_text(mail, "html"):
        assert "&#39;" not in part or part.startswith("<!doctype")


def test_without_inbound_mail_there_is_no_mailto_link(brand: tuple[Pages, Catalogue]) -> None:
    pages, catalogue = brand
    mail = parse_mail(ConfirmationMailRenderer(pages, catalogue, "preferences@example.com", "")(MAIL))
    assert "mailto:" not in mail["List-Unsubscribe"]
