"""Two brands in one deployment: a link belongs to one of them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from functions.preferences import app as preferences
from functions.unsubscribe import app as unsubscribe
from heed import wiring
from heed.domain.decision import decide
from tests.catalogue import DATA
from tests.world import NOW, World, brand, http

READER = "reader@example.com"
_OFFERS, _AURORAS_OFFERS = 2, 11


@pytest.fixture(autouse=True)
def _two_brands(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for page in brand().iterdir():
        (tmp_path / page.name).symlink_to(page)
    (tmp_path / "catalogue.json").unlink()
    (tmp_path / "catalogue.json").write_text(json.dumps({**DATA, "languages": ["en"]}))
    monkeypatch.setenv("BRAND_DIR", str(tmp_path))
    wiring.reset()


def test_a_page_names_the_brand_of_the_link(world: World) -> None:
    page = unsubscribe.handler(
        http("GET", f"/u/{world.token(READER, _AURORAS_OFFERS)}"), world.context
    )["body"]

    assert "Aurora Clocks" in page and "Meridian Watches" not in page


def test_undoing_everything_brings_back_every_brand_s(world: World) -> None:
    path = f"/u/{world.token(READER, _AURORAS_OFFERS)}"
    done = unsubscribe.handler(http("POST", path, form={"scope": "all"}), world.context)["body"]
    undo = re.search(r'<form[^>]*action="(/p/[^"?]+)[^>]*>(.*?)</form>', done, re.DOTALL)
    assert undo is not None
    fields = dict(re.findall(r'name="([^"]+)" value="([^"]+)"', undo[2]))
    preferences.handler(http("POST", undo[1], form=fields, at=NOW + 1), world.context)

    record = wiring.preferences().read(world.recipient(READER))
    for topic in (_OFFERS, _AURORAS_OFFERS):
        assert decide(record, wiring.catalogue().topics[topic], NOW + 2).sendable
