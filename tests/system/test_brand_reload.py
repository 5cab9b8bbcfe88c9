"""`make run BRAND=…` shows a brand while its owner changes it."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError

import pytest

from brand_compiler.__main__ import brand_command
from tests.support.brands import SAMPLE
from tests.system.running import Running, free_ports

pytestmark = pytest.mark.system


@pytest.fixture
def brand(tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    assert brand_command([str(SAMPLE), str(folder), "--preview", str(tmp_path / "preview")]) == 0
    assert brand_command([str(SAMPLE), str(folder), "--preview", str(tmp_path / "preview")]) == 0  # locks it
    return folder


@pytest.fixture
def site(brand: Path, tmp_path: Path) -> Iterator[str]:
    running = Running(tmp_path / "stack", *free_ports(2), brand=brand)
    try:
        yield str(running.wait_until_ready()["api"])
    finally:
        running.stop()


def _open(site: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"{site}/subscribe?lang=en") as answer:  # noqa: S310 - the stack of this test
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


def test_a_reload_shows_what_was_changed_and_a_mistake_until_it_is_mended(brand: Path, site: str) -> None:
    texts, colours = brand / "locales" / "en.toml", brand / "colours.css"
    assert "Meridian Watches" in _open(site)[1]

    texts.write_text('[subscribe]\nsend = "Send me a link"\n', encoding="utf-8")
    colours.write_text(colours.read_text("utf-8").replace("#12495a", "#7a1020"), encoding="utf-8")
    status, page = _open(site)
    assert status == 200
    assert "<button>Send me a link</button>" in page
    assert "--accent: #7a1020" in page

    texts.write_text('[subscribe]\nsned = "Send me a link"\n', encoding="utf-8")
    assert _open(site) == (
        500,
        f"The brand has mistakes:\n\n{texts}:2: `subscribe.sned`: no page uses it\n",
    )

    texts.unlink()
    status, page = _open(site)
    assert status == 200
    assert "<button>Email me the link</button>" in page
