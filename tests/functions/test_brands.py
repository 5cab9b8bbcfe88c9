"""Two brands in one deployment: each link belongs to one of them."""

from __future__ import annotations

import re
import time
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from functions.preferences import app as preferences
from functions.resubscribe import app as resubscribe
from functions.send_confirmation import app as send_confirmation
from functions.unsubscribe import app as unsubscribe
from heed.domain.links.link_token import TokenPurpose
from heed.domain.milliseconds import Millis
from heed.domain.opt_in.confirmation_request import ConfirmationRequest
from heed.domain.opt_in.confirmation_token import ConfirmationToken, Intent, mint_confirmation_token
from heed.domain.preferences.decision import decide
from heed.domain.preferences.register import Change, Entry, Source
from tests.support import mailbox
from tests.support.brands import deploy_catalogue
from tests.support.catalogues import DATA
from tests.support.deployment import NOW, World, follow_redirect, http_event, parts
from tests.support.registers import out, scope_numbers

READER = "reader@example.com"
_OFFERS, _AURORAS_OFFERS, _AURORAS_NEWS = 2, 11, 17


@pytest.fixture(autouse=True)
def _two_brands(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deploy_catalogue(tmp_path, monkeypatch, DATA, languages=["en"])


def test_a_page_names_the_brand_of_the_link(world: World) -> None:
    page = unsubscribe.handler(
        http_event("GET", f"/u/{world.token(READER, _AURORAS_OFFERS)}"), world.context
    )["body"]

    assert "Aurora Clocks" in page and "Meridian Watches" not in page


def test_an_undo_of_everything_restores_all_brands(world: World) -> None:
    path = f"/u/{world.token(READER, _AURORAS_OFFERS)}"
    answer = unsubscribe.handler(http_event("POST", path, form={"scope": "all"}), world.context)
    query = dict(parse_qsl(answer["headers"]["Location"].partition("?")[2]))
    page = unsubscribe.handler(http_event("GET", path, query=query), world.context)["body"]
    undo = re.search(r'<form[^>]*action="(/p/[^"?]+)', page)
    assert undo is not None
    form = {"undo": query["done"]}
    preferences.handler(http_event("POST", undo[1], form=form, at=NOW + 1), world.context)

    record = parts().preferences.read(world.recipient(READER))
    for topic in (_OFFERS, _AURORAS_OFFERS):
        assert decide(record, parts().catalogue.topics[topic], Millis(NOW + 2)).sendable


def test_a_person_who_is_out_of_one_brand_may_still_leave_the_other(world: World) -> None:
    aurora = parts().catalogue.scope_number("aurora")
    world.apply_changes(READER, Change(out(aurora), Entry(Millis(NOW - 5), Source.ONE_CLICK, "{}")))
    path = f"/u/{world.token(READER, aurora)}"
    page = unsubscribe.handler(http_event("GET", path), world.context)["body"]

    assert "<h1>You’re unsubscribed from Aurora Clocks marketing emails</h1>" in page
    assert re.findall(r'name="scope" value="(\w+)"', page) == ["all"]


def test_the_form_names_the_brand_of_each_topic(world: World) -> None:
    page = resubscribe.handler(http_event("GET", "/subscribe"), world.context)["body"]

    assert "<b>Offers (Meridian Watches)</b>" in page and "<b>Offers (Aurora Clocks)</b>" in page


def test_a_choice_that_needs_a_confirmation_names_the_brand_of_the_link(world: World) -> None:
    world.apply_changes(READER, Change(out(_AURORAS_NEWS), Entry(Millis(NOW - 5), Source.LINK, "{}")))
    path = f"/p/{world.token(READER, _AURORAS_OFFERS, purpose=TokenPurpose.PREFERENCES)}"
    answer = preferences.handler(http_event("POST", path, form={"topic.aurora/news": "in"}), world.context)

    assert answer["statusCode"] == 200
    assert "<h1>One more step: confirm News (Aurora Clocks)</h1>" in answer["body"]
    assert 'value="aurora/news" checked' in answer["body"]


@pytest.mark.parametrize(
    ("scopes", "brand_name"),
    [((_AURORAS_OFFERS,), "Aurora Clocks"), ((_OFFERS, _AURORAS_OFFERS), "Meridian Watches")],
    ids=["of one brand", "of several brands: the default brand"],
)
def test_the_confirmation_names_the_brand_of_its_topics(
    world: World, scopes: tuple[int, ...], brand_name: str
) -> None:
    token = ConfirmationToken(
        world.recipient(READER), Intent.IN, scope_numbers(*scopes), Millis(NOW - 5), b"sealed"
    )
    path = f"/c/{mint_confirmation_token(token, parts().confirmation_keys.confirmation_key(1))}"
    before = resubscribe.handler(http_event("GET", path), world.context)
    pressed = resubscribe.handler(http_event("POST", path), world.context)
    after = follow_redirect(resubscribe.handler, pressed, world)
    for page in (before["body"], after["body"]):
        assert f"{brand_name} will send you:</p>" in page
        assert "<li>Offers (Aurora Clocks)</li>" in page


def test_the_confirmation_mail_comes_from_the_brand_of_its_topics(world: World) -> None:
    request = ConfirmationRequest(
        id="r1",
        address=READER,
        intent=Intent.IN,
        scopes=scope_numbers(_AURORAS_OFFERS),
        language="en",
        at=Millis(time.time_ns() // 1_000_000 - 60_000),
        base_url="https://prefs.example.com",
        origin="192.0.2.0/24",
    )
    event = {"Records": [{"messageId": "1", "body": request.to_message()}]}
    assert send_confirmation.handler(event, world.context) == {"batchItemFailures": []}
    (mail,) = mailbox.sent_mails()

    assert mail["From"].startswith("Aurora Clocks")
    assert "meridian" not in mail["List-Id"] and "Aurora Clocks" in mail["Subject"]


def last_change(world: World, topic: int) -> str:
    """Returns what the preference page of a topic's brand says about the last change, without markup."""
    token = world.token(READER, topic, purpose=TokenPurpose.PREFERENCES)
    page = preferences.handler(http_event("GET", f"/p/{token}"), world.context)["body"]
    found = re.search('<h2 id="last">[^<]*</h2>\\n<p>(.*?)</p>', page)
    assert found is not None
    return re.sub("<[^>]*>", "", found[1])


def test_the_page_of_a_brand_shows_no_last_choice_at_another(world: World) -> None:
    for age, name in enumerate(("offers", "straps", "meridian"), 1):
        scope = parts().catalogue.scope_number(name)
        world.apply_changes(READER, Change(out(scope), Entry(Millis(NOW - age), Source.PHONE, "{}")))

    assert last_change(world, _AURORAS_OFFERS) == "No changes so far."
    assert last_change(world, _OFFERS).startswith("Offers · ")


@pytest.mark.parametrize("name", ["*", "aurora", "aurora/offers", "targeted-advertising"])
def test_the_page_of_a_brand_shows_the_last_choice_of_what_is_on_it(world: World, name: str) -> None:
    scope = parts().catalogue.scope_number(name)
    world.apply_changes(READER, Change(out(scope), Entry(Millis(NOW - 5), Source.PHONE, "{}")))
    world.apply_changes(READER, Change(out(_OFFERS), Entry(Millis(NOW - 1), Source.LINK, "{}")))

    assert last_change(world, _AURORAS_OFFERS).endswith(" · phone")
