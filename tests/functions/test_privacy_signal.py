"""The privacy signal of a browser that opens a link is the request: it needs no press."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from functions.preferences import app as preferences
from functions.resubscribe import app as resubscribe
from functions.unsubscribe import app as unsubscribe
from heed.domain.links.link_token import TokenPurpose
from heed.domain.opt_in.confirmation_token import ConfirmationToken, Intent, mint_confirmation_token
from heed.domain.preferences.decision import decide
from heed.domain.preferences.register import HOLD, MINOR, Change, Entry, Register, Source
from tests.support.deployment import NOW, World, http, parts
from tests.support.failing_client import Fault
from tests.support.registers import in_, out, scope_numbers

READER = "reader@example.com"
ADVERTISING = 7
NAVIGATES = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "sec-gpc": "1"}
HONOURED, KEPT = "Opt-out request honoured", "but you confirmed targeted advertising"
PRESS = 'name="targeted-advertising" value="out"'
Door = tuple[Callable[[dict[str, Any], Any], dict[str, Any]], str]


def door(world: World, kind: str) -> Door:
    """The function and the path of a link of this kind."""
    if kind == "u":
        return unsubscribe.handler, f"/u/{world.token(READER)}"
    if kind == "p":
        return preferences.handler, f"/p/{world.token(READER, purpose=TokenPurpose.PREFERENCES)}"
    return resubscribe.handler, confirmation(world, scopes=(2,))


def confirmation(
    world: World, scopes: tuple[int, ...] = (), signals: tuple[int, ...] = (), issued: int = NOW - 1
) -> str:
    who = world.recipient(READER)
    said = ConfirmationToken(
        who, Intent.IN, scope_numbers(*scopes), issued, b"sealed", signals=scope_numbers(*signals)
    )
    return f"/c/{mint_confirmation_token(said, parts().confirmation_keys.confirmation_key(1))}"


def look(world: World, kind: str = "p", method: str = "GET", **headers: str) -> str:
    handler, path = door(world, kind)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = handler(http(method, path, headers={**NAVIGATES, **sent}), world.context)
    assert answer["statusCode"] == 200
    return str(answer["body"])


def advertised(world: World) -> bool:
    record, catalogue = parts().preferences.read(world.recipient(READER)), parts().catalogue
    return decide(record, catalogue.topics[ADVERTISING], NOW + 1).sendable


def confirm(world: World, issued: int = NOW - 1, **headers: str) -> None:
    """Advertising is turned on by mail."""
    path = confirmation(world, signals=(ADVERTISING,), issued=issued)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    assert resubscribe.handler(http("POST", path, headers=sent), world.context)["statusCode"] == 200


@pytest.mark.parametrize("kind", "upc")
@pytest.mark.parametrize(
    "signal",
    [{}, {"sec_gpc": "1,1"}, {"sec_gpc": "", "dnt": "1"}, {"sec_gpc": "0", "dnt": "1"}],
)
def test_a_browsers_own_navigation_with_the_signal_stops_advertising_and_nothing_else(
    world: World, kind: str, signal: dict[str, str]
) -> None:
    page = look(world, kind, **signal)

    assert HONOURED in page and not advertised(world)
    [item] = world.items()
    assert {name for name in item if ":" in name} == {"o:7"}
    assert item["o:7"]["M"]["t"] == {"N": str(NOW)}
    assert item["o:7"]["M"]["ev"]["S"].startswith("signal ")


@pytest.mark.parametrize("kind", "upc")
@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("HEAD", {}),
        ("GET", {"sec_fetch_mode": ""}),
        ("GET", {"sec_fetch_dest": ""}),
        ("GET", {"sec_fetch_mode": "no-cors"}),
        ("GET", {"sec_fetch_mode": "cors", "sec_fetch_dest": "empty"}),
        ("GET", {"sec_fetch_dest": "iframe"}),
        ("GET", {"sec_fetch_dest": "frame"}),
        ("GET", {"sec_fetch_dest": "embed"}),
        ("GET", {"sec_fetch_dest": "image"}),
        ("GET", {"sec_purpose": "prefetch"}),
        ("GET", {"sec_purpose": "prefetch;prerender"}),
        ("GET", {"purpose": "prefetch"}),
        ("GET", {"x_moz": "prefetch"}),
        ("GET", {"sec_gpc": "0"}),
        ("GET", {"sec_gpc": "true"}),
    ],
)
def test_prefetch_head_frames_and_scanners_change_nothing(
    world: World, kind: str, method: str, headers: dict[str, str]
) -> None:
    page = look(world, kind, method, **headers)

    assert world.items() == [] and HONOURED not in page
    if method == "GET" and headers.get("sec_gpc", "1") == "1":
        assert PRESS in page


def test_nothing_is_written_where_it_stands_already(world: World) -> None:
    world.put(READER, Change(out(ADVERTISING), Entry(NOW - 5, Source.PHONE, "{}")))
    before = world.items()
    pages = [look(world, kind) for kind in "upc"]

    assert world.items() == before
    assert all(HONOURED in page for page in pages)


def test_a_yes_that_was_given_without_the_signal_is_stopped_by_it(world: World) -> None:
    confirm(world)
    assert advertised(world)

    assert HONOURED in look(world) and not advertised(world)


@pytest.mark.parametrize("other_press", [None, "before", "after"])
@pytest.mark.parametrize("kind", "upc")
def test_a_yes_confirmed_while_the_signal_was_sent_is_stronger(
    world: World, kind: str, other_press: str | None
) -> None:
    if other_press == "before":
        confirm(world)
    confirm(world, sec_gpc="1")
    if other_press == "after":
        confirm(world)
    before = world.items()[0]["i:7"]
    page = look(world, kind)
    for form in ({"topic.offers": "out"}, {"targeted-advertising": "in", "topic.news": "out"}):
        path = f"/p/{world.token(READER, purpose=TokenPurpose.PREFERENCES)}"
        preferences.handler(http("POST", path, form=form, headers={"sec-gpc": "1"}), world.context)
    for form in ({"scope": "this"}, {"List-Unsubscribe": "One-Click"}):
        path = f"/u/{world.token(READER)}"
        unsubscribe.handler(http("POST", path, form=form, headers={"dnt": "1"}), world.context)

    assert KEPT in page and PRESS in page and HONOURED not in page
    assert advertised(world) and world.items()[0]["i:7"] == before
    assert "o:7" not in world.items()[0]


def test_one_press_ends_a_yes_that_is_stronger_than_the_signal(world: World) -> None:
    confirm(world, sec_gpc="1")
    path = f"/p/{world.token(READER, purpose=TokenPurpose.PREFERENCES)}"
    form = {"targeted-advertising": "out"}
    preferences.handler(http("POST", path, form=form, headers={"sec-gpc": "1"}), world.context)

    assert not advertised(world) and HONOURED in look(world)


def test_a_newer_yes_by_another_way_is_no_stronger_than_the_signal(world: World) -> None:
    confirm(world, sec_gpc="1")
    world.put(READER, Change(in_(ADVERTISING), Entry(NOW, Source.PHONE, "{}")))
    path = f"/u/{world.token(READER)}"
    unsubscribe.handler(http("POST", path, headers={"dnt": "1"}, at=NOW + 1), world.context)

    assert not advertised(world)


def test_the_page_that_asks_to_confirm_advertising_does_not_stop_it(world: World) -> None:
    path = confirmation(world, signals=(ADVERTISING,))
    page = resubscribe.handler(http("GET", path, headers=NAVIGATES), world.context)["body"]

    assert world.items() == [] and HONOURED not in page


def test_if_the_write_fails_the_page_offers_the_press_and_says_nothing_is_honoured(
    world: World,
) -> None:
    tokens = {kind: door(world, kind) for kind in "upc"}
    Fault("dynamodb", "UpdateItem")
    for handler, path in tokens.values():
        answer = handler(http("GET", path, headers=NAVIGATES), world.context)
        assert answer["statusCode"] == 200
        assert PRESS in answer["body"]
        assert HONOURED not in answer["body"]
    assert world.items() == []


@pytest.mark.parametrize("register", [MINOR, HOLD])
@pytest.mark.parametrize("kind", "upc")
def test_of_a_minor_and_a_held_address_nothing_is_written(
    world: World, kind: str, register: Register
) -> None:
    world.put(READER, Change(register, Entry(5, Source.AGE_REPORT, "{}")))
    before = world.items()

    assert HONOURED not in look(world, kind) and world.items() == before


def test_a_made_up_link_with_the_signal_is_the_same_404(world: World) -> None:
    for path in ("/u/none", f"/u/{world.token(READER)[:-1]}"):
        answer = unsubscribe.handler(http("GET", path, headers=NAVIGATES), world.context)
        assert answer["statusCode"] == 404 and HONOURED not in answer["body"]
    assert world.items() == []


def test_a_link_that_something_was_glued_to_stops_advertising_too(world: World) -> None:
    path = f"/u/{world.token(READER)}>."
    preferences.handler(http("GET", path, headers=NAVIGATES), world.context)

    assert not advertised(world)
