"""Whatever reaches a mail, it adds no header and no recipient, and is read back as it was meant."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from brand_compiler.build import compile_command
from heed.domain.errors import InvalidAddress
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.recipients.address import is_mailable, normalise_address
from heed.entrypoints.http.pages.pages import Pages
from heed.entrypoints.mail.confirmation_mail import ConfirmationMailRenderer
from heed.use_cases.ports.opt_in import ConfirmationMail
from tests.support.mailbox import link, parsed, text
from tests.support.registers import scope_numbers

SOURCE = Path(__file__).parents[2] / "layers" / "brand"
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
LETTER = ConfirmationMail(
    to="reader@example.com",
    intent=Intent.IN,
    scopes=scope_numbers(2),
    resume=False,
    language="en",
    base_url="https://prefs.example.com",
    confirm="C" * 400,
    unsubscribe="U" * 54,
    mailto="m" * 58,
)


@pytest.fixture(scope="module")
def brand(tmp_path_factory: pytest.TempPathFactory) -> tuple[Pages, Catalogue]:
    built = tmp_path_factory.mktemp("brand")
    assert compile_command([str(SOURCE), str(built)]) == 0
    data = json.loads((built / "catalogue.json").read_text("utf-8"))
    return Pages(built), Catalogue.from_document(data)


def compose(
    brand: tuple[Pages, Catalogue], letter: ConfirmationMail, title: str = "Meridian Watches"
) -> bytes:
    pages, catalogue = brand
    number = catalogue.default_brand
    named = {number: replace(catalogue.brands[number], title=title)}
    other = Catalogue(
        list(named.values()),
        list(catalogue.topics.values()),
        number,
        catalogue.languages,
        catalogue.default_language,
        catalogue.policies,
    )
    return ConfirmationMailRenderer(pages, other, "preferences@example.com", "mail.example.com")(letter)


_HOSTILE = st.one_of(
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


@given(_HOSTILE, st.sampled_from(["", "@b.example", "x@b.example"]))
def test_an_address_adds_no_header_and_no_second_recipient(
    brand: tuple[Pages, Catalogue], typed: str, end: str
) -> None:
    try:
        address = normalise_address(typed + end)
    except InvalidAddress:
        return
    if not is_mailable(address):
        return  # not mailed
    mail = parsed(compose(brand, replace(LETTER, to=address)))
    assert set(mail.keys()) == HEADERS and len(mail.keys()) == len(HEADERS)
    assert [one.addr_spec for one in mail["To"].addresses] == [address]


@given(_HOSTILE)
@example('Uhren, "Meridian" <x@y.example>')
@example("お得な時計" * 12)
@example("=?utf-8?q?a=0D=0ABcc:_c=40d?=")
@example("=????utf-8?q?a=0D=0ABcc:_c=40d?=")
def test_a_brand_s_title_adds_no_header_and_names_no_other_sender(
    brand: tuple[Pages, Catalogue], title: str
) -> None:
    mail = parsed(compose(brand, LETTER, title))
    assert set(mail.keys()) == HEADERS and len(mail.keys()) == len(HEADERS)
    assert [one.addr_spec for one in mail["From"].addresses] == ["preferences@example.com"]


@pytest.mark.parametrize("language", ["de", "en", "es", "fr", "ja"])
@pytest.mark.parametrize("intent", Intent)
def test_it_is_plain_text_and_html_in_that_order_of_ascii_lines(
    brand: tuple[Pages, Catalogue], language: str, intent: Intent
) -> None:
    raw = compose(brand, replace(LETTER, language=language, intent=intent))
    mail = parsed(raw)
    assert mail.get_content_type() == "multipart/alternative"
    parts = [part.get_content_type() for part in mail.iter_parts()]
    assert parts == ["text/plain", "text/html"]
    assert raw.isascii() and all(len(line) < 998 for line in raw.split(b"\r\n"))
    assert link(mail) == f"/c/{LETTER.confirm}" and link(mail, "u") == f"/u/{LETTER.unsubscribe}"
    for part in text(mail), text(mail, "html"):
        assert "&#x27;" not in part or part.startswith("<!doctype")


def test_without_inbound_mail_there_is_the_web_way_alone(brand: tuple[Pages, Catalogue]) -> None:
    pages, catalogue = brand
    mail = parsed(ConfirmationMailRenderer(pages, catalogue, "preferences@example.com", "")(LETTER))
    assert "mailto:" not in mail["List-Unsubscribe"]
