"""A privacy signal counts when a browser opens a link: no press is needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from functions.preferences import app as preferences
from functions.resubscribe import app as resubscribe
from functions.unsubscribe import app as unsubscribe
from heed.domain.links.link_token import TokenPurpose
from heed.domain.milliseconds import Millis
from heed.domain.opt_in.confirmation_token import ConfirmationToken, Intent, mint_confirmation_token
from heed.domain.preferences.decision import decide
from heed.domain.preferences.register import HOLD, MINOR, Change, Entry, Register, Source
from tests.support.deployment import NOW, World, http_event, parts
from tests.support.failing_client import FailingCalls
from tests.support.registers import in_, out, scope_numbers

READER = "reader@example.com"
ADVERTISING = 7
NAVIGATION = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "sec-gpc": "1"}
HONOURED, KEPT = "Opt-out request honored", "but you confirmed targeted advertising"
BUTTON = 'name="targeted-advertising" value="out"'
LinkTarget = tuple[Callable[[dict[str, Any], Any], dict[str, Any]], str]


def link_target(world: World, kind: str) -> LinkTarget:
    """Returns the function and the path of a link of this kind."""
    if kind == "u":
        return unsubscribe.handler, f"/u/{world.token(READER)}"
    if kind == "p":
        return preferences.handler, f"/p/{world.token(READER, purpose=TokenPurpose.PREFERENCES)}"
    return resubscribe.handler, confirmation(world, scopes=(2,))


def confirmation(
    world: World,
    scopes: tuple[int, ...] = (),
    signals: tuple[int, ...] = (),
    issued: Millis = Millis(NOW - 1),
) -> str:
    recipient = world.recipient(READER)
    token = ConfirmationToken(
        recipient, Intent.IN, scope_numbers(*scopes), issued, b"sealed", signals=scope_numbers(*signals)
    )
    return f"/c/{mint_confirmation_token(token, parts().confirmation_keys.confirmation_key(1))}"


def show(world: World, kind: str = "p", method: str = "GET", **headers: str) -> str:
    handler, path = link_target(world, kind)
    signal_headers = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = handler(http_event(method, path, headers={**NAVIGATION, **signal_headers}), world.context)
    assert answer["statusCode"] == 200
    return str(answer["body"])


def is_advertising_sendable(world: World) -> bool:
    record, catalogue = parts().preferences.read(world.recipient(READER)), parts().catalogue
    return decide(record, catalogue.topics[ADVERTISING], Millis(NOW + 1)).sendable


def confirm(world: World, issued: Millis = Millis(NOW - 1), **headers: str) -> None:
    """Confirms an opt-in to targeted advertising."""
    path = confirmation(world, signals=(ADVERTISING,), issued=issued)
    signal_headers = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = resubscribe.handler(http_event("POST", path, headers=signal_headers), world.context)
    assert answer["statusCode"] == 303


@pytest.mark.parametrize("kind", "upc")
@pytest.mark.parametrize(
    "signal",
    [{}, {"sec_gpc": "1,1"}, {"sec_gpc": "", "dnt": "1"}, {"sec_gpc": "0", "dnt": "1"}],
)
def test_a_navigation_with_the_signal_stops_only_advertising(
    world: World, kind: str, signal: dict[str, str]
) -> None:
    page = show(world, kind, **signal)

    assert HONOURED in page and not is_advertising_sendable(world)
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
    page = show(world, kind, method, **headers)

    assert world.items() == [] and HONOURED not in page
    if method == "GET" and headers.get("sec_gpc", "1") == "1":
        assert BUTTON in page


def test_the_signal_writes_nothing_if_advertising_is_off_already(world: World) -> None:
    world.apply_changes(READER, Change(out(ADVERTISING), Entry(Millis(NOW - 5), Source.PHONE, "{}")))
    before = world.items()
    pages = [show(world, kind) for kind in "upc"]

    assert world.items() == before
    assert all(HONOURED in page for page in pages)


def test_the_signal_ends_an_opt_in_that_was_given_without_it(world: World) -> None:
    confirm(world)
    assert is_advertising_sendable(world)

    assert HONOURED in show(world) and not is_advertising_sendable(world)


@pytest.mark.parametrize("other_press", [None, "before", "after"])
@pytest.mark.parametrize("kind", "upc")
def test_an_opt_in_confirmed_with_the_signal_overrides_the_signal(
    world: World, kind: str, other_press: str | None
) -> None:
    if other_press == "before":
        confirm(world)
    confirm(world, sec_gpc="1")
    if other_press == "after":
        confirm(world)
    before = world.items()[0]["i:7"]
    page = show(world, kind)
    for form in ({"topic.offers": "out"}, {"targeted-advertising": "in", "topic.news": "out"}):
        path = f"/p/{world.token(READER, purpose=TokenPurpose.PREFERENCES)}"
        preferences.handler(http_event("POST", path, form=form, headers={"sec-gpc": "1"}), world.context)
    for form in ({"scope": "this"}, {"List-Unsubscribe": "One-Click"}):
        path = f"/u/{world.token(READER)}"
        unsubscribe.handler(http_event("POST", path, form=form, headers={"dnt": "1"}), world.context)

    assert KEPT in page and BUTTON in page and HONOURED not in page
    assert is_advertising_sendable(world) and world.items()[0]["i:7"] == before
    assert "o:7" not in world.items()[0]


def test_a_press_ends_an_opt_in_that_overrides_the_signal(world: World) -> None:
    confirm(world, sec_gpc="1")
    path = f"/p/{world.token(READER, purpose=TokenPurpose.PREFERENCES)}"
    form = {"targeted-advertising": "out"}
    preferences.handler(http_event("POST", path, form=form, headers={"sec-gpc": "1"}), world.context)

    assert not is_advertising_sendable(world) and HONOURED in show(world)


def test_a_newer_opt_in_by_phone_does_not_override_the_signal(world: World) -> None:
    confirm(world, sec_gpc="1")
    world.apply_changes(READER, Change(in_(ADVERTISING), Entry(NOW, Source.PHONE, "{}")))
    path = f"/u/{world.token(READER)}"
    unsubscribe.handler(http_event("POST", path, headers={"dnt": "1"}, at=NOW + 1), world.context)

    assert not is_advertising_sendable(world)


def test_the_page_that_asks_to_confirm_advertising_does_not_stop_it(world: World) -> None:
    path = confirmation(world, signals=(ADVERTISING,))
    page = resubscribe.handler(http_event("GET", path, headers=NAVIGATION), world.context)["body"]

    assert world.items() == [] and HONOURED not in page


def test_a_failed_write_leaves_the_button_on_the_page(
    world: World,
) -> None:
    targets = {kind: link_target(world, kind) for kind in "upc"}
    FailingCalls("dynamodb", "UpdateItem")
    for handler, path in targets.values():
        answer = handler(http_event("GET", path, headers=NAVIGATION), world.context)
        assert answer["statusCode"] == 200
        assert BUTTON in answer["body"]
        assert HONOURED not in answer["body"]
    assert world.items() == []


@pytest.mark.parametrize("register", [MINOR, HOLD])
@pytest.mark.parametrize("kind", "upc")
def test_a_signal_for_a_minor_or_during_a_hold_writes_nothing(
    world: World, kind: str, register: Register
) -> None:
    world.apply_changes(READER, Change(register, Entry(Millis(5), Source.AGE_REPORT, "{}")))
    before = world.items()

    assert HONOURED not in show(world, kind) and world.items() == before


def test_an_invalid_link_with_the_signal_is_answered_with_404(world: World) -> None:
    for path in ("/u/none", f"/u/{world.token(READER)[:-1]}"):
        answer = unsubscribe.handler(http_event("GET", path, headers=NAVIGATION), world.context)
        assert answer["statusCode"] == 404 and HONOURED not in answer["body"]
    assert world.items() == []


def test_a_link_with_a_suffix_stops_advertising_too(world: World) -> None:
    path = f"/u/{world.token(READER)}>."
    preferences.handler(http_event("GET", path, headers=NAVIGATION), world.context)

    assert not is_advertising_sendable(world)
