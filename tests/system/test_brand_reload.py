"""`make run BRAND=…` shows a brand while its owner changes it."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit

import pytest

from brand_compiler.__main__ import brand_command
from tests.support.brands import SAMPLE, name_brand
from tests.system.running import Running, free_ports

pytestmark = pytest.mark.system


@pytest.fixture
def brand(tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    command = [str(SAMPLE), str(folder), "--preview", str(tmp_path / "preview")]
    assert brand_command(command) == 0
    name_brand(folder)
    assert brand_command(command) == 0  # locks it
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


def test_a_file_that_is_not_utf_8_is_a_mistake_at_each_reload(brand: Path, site: str) -> None:
    texts = brand / "locales" / "en.toml"
    texts.write_bytes(b'[subscribe]\nsend = "\xff"\n')
    answer = (500, f"The brand has mistakes:\n\n{texts}:1: is not UTF-8\n")
    assert [_open(site), _open(site)] == [answer, answer]

    texts.write_bytes(b'[subscribe]\nsend = "Send me a link"\n')
    assert "<button>Send me a link</button>" in _open(site)[1]


def test_a_change_that_could_not_be_compiled_is_compiled_at_the_next_reload(
    brand: Path, site: str, tmp_path: Path
) -> None:
    """The files count as compiled only afterwards. Otherwise a reload would show the old brand."""
    brands = tmp_path / "stack" / str(urlsplit(site).port) / "brands"
    brands.mkdir()
    (brands / "2").write_text("no folder")
    (brand / "locales" / "en.toml").write_text('[subscribe]\nsend = "Send me a link"\n', encoding="utf-8")
    assert _open(site)[0] == 500

    status, page = _open(site)
    assert status == 200 and "<button>Send me a link</button>" in page
