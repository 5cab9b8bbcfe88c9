"""A change of the privacy policy: a material change is prominent until the next save, others are quiet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from functions.preferences import app as preferences
from functions.unsubscribe import app as unsubscribe
from heed.domain.links.link_token import TokenPurpose
from tests.support.brands import deploy_catalogue
from tests.support.deployment import NOW, World, http_event, parts

READER = "reader@example.com"
PROMINENT, QUIET = "Our privacy policy has changed", "Our privacy policy was updated on"


def _version(name: str, effective: str, *, material: bool) -> dict[str, Any]:
    summary = dict.fromkeys(("de", "en", "es", "fr", "ja"), f"What {name} says <&>.")
    return {"version": name, "effective": effective, "material": material, "summary": summary}


FIRST = _version("2026-01", "2026-01-15", material=False)
MATERIAL = _version("2026-02", "2026-02-15", material=True)
OTHER = _version("2026-03", "2026-03-01", material=False)
COMING = _version("2026-09", "2026-09-01", material=True)  # not in force yet


def policies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *versions: dict[str, Any]) -> None:
    deploy_catalogue(tmp_path, monkeypatch, policies=[FIRST, *versions, COMING])


def centre(world: World) -> str:
    return f"/p/{world.token(READER, purpose=TokenPurpose.PREFERENCES)}"


def show(world: World) -> str:
    return str(preferences.handler(http_event("GET", centre(world)), world.context)["body"])


def test_a_first_version_and_a_future_version_are_not_announced(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policies(tmp_path, monkeypatch)

    assert PROMINENT not in show(world) and QUIET not in show(world)


def test_a_material_change_is_prominent_on_each_page(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policies(tmp_path, monkeypatch, MATERIAL)
    landing = unsubscribe.handler(http_event("GET", f"/u/{world.token(READER)}"), world.context)["body"]

    for page in (show(world), landing):
        assert f'<h2 id="policy">{PROMINENT}</h2>' in page and QUIET not in page
        assert "What 2026-02 says &lt;&amp;&gt;." in page and "February 15, 2026" in page


@pytest.mark.parametrize(
    "form",
    [
        {"policy": "2026-02"},
        {"policy": "2026-02", "topic.offers": "in", "was.topic.offers": "in"},
        {"topic.offers": "out", "was.topic.offers": "in"},
        {"pause": "30"},
        {"all": "out"},
    ],
    ids=["noted", "a save that changes nothing", "a choice", "a pause", "everything off"],
)
def test_the_notice_ends_with_the_next_save(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: dict[str, str]
) -> None:
    policies(tmp_path, monkeypatch, MATERIAL)
    assert show(world).count('name="policy" value="2026-02"') == 2  # one in the notice, one in the form
    preferences.handler(http_event("POST", centre(world), form=form), world.context)

    assert PROMINENT not in show(world) and 'name="policy"' not in show(world)


def test_a_change_that_is_not_material_is_a_quiet_line(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policies(tmp_path, monkeypatch, OTHER)
    page = show(world)

    assert f'<p class="aside">{QUIET} March 1, 2026: What 2026-03 says &lt;&amp;&gt;. <a href=' in page
    assert PROMINENT not in page and 'name="policy"' not in page


def test_a_quiet_line_does_not_hide_a_material_change(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policies(tmp_path, monkeypatch, MATERIAL, OTHER)

    assert PROMINENT in show(world) and QUIET in show(world)


def test_a_choice_on_a_page_records_its_wording_but_one_click_does_not(world: World) -> None:
    link = f"/u/{world.token(READER)}"

    def evidence(register: str) -> dict[str, Any]:
        text = world.items()[0][register]["M"]["ev"]["S"]
        return dict(json.loads(text[text.index("{") : text.rindex("}") + 1]))

    unsubscribe.handler(http_event("POST", link, at=NOW), world.context)
    assert "wording" not in evidence("o:2")
    unsubscribe.handler(
        http_event("POST", link, form={"scope": "this"}, query={"lang": "fr"}, at=NOW + 1), world.context
    )
    assert evidence("o:2")["wording"] == parts().pages.wording("fr")
    form = {"topic.news": "out", "was.topic.news": "in"}
    preferences.handler(http_event("POST", centre(world), form=form, at=NOW + 2), world.context)
    assert evidence("c:3")["wording"] == parts().pages.wording("en") != parts().pages.wording("fr")
