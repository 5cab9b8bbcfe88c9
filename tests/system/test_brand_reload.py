"""`make run BRAND=…` shows a brand while its owner changes it."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError

import pytest

from brand_compiler.__main__ import brand_command
from tests.support.brands import copy_brand, name_brand
from tests.system.running import Running, free_ports

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def started_brand(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A brand with one language, which is compiled faster."""
    folder = tmp_path_factory.mktemp("brand") / "mine"
    project = copy_brand(folder.with_name("project"), ["en"])
    command = [str(project), str(folder), "--preview", str(folder.with_name("preview"))]
    assert brand_command(command) == 0
    name_brand(folder)
    assert brand_command(command) == 0  # locks it
    return folder


@pytest.fixture(scope="module")
def stack_folder(started_brand: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a running stack with the brand."""
    home, (port, aws_port) = tmp_path_factory.mktemp("stack"), free_ports(2)
    running = Running(home, port, aws_port, brand=started_brand)
    try:
        running.wait_until_ready()
        yield home / str(port)
    finally:
        running.stop()


@pytest.fixture
def site(stack_folder: Path) -> str:
    return f"http://127.0.0.1:{stack_folder.name}"


@pytest.fixture
def brand(started_brand: Path) -> Iterator[Path]:
    """The brand of the stack, which is afterwards as before."""
    texts, colours = started_brand / "locales" / "en.toml", started_brand / "colours.css"
    kept = colours.read_bytes()
    assert not texts.exists()
    yield started_brand
    texts.unlink(missing_ok=True)
    colours.write_bytes(kept)


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
    brand: Path, site: str, stack_folder: Path
) -> None:
    """The files count as compiled only afterwards. Otherwise a reload would show the old brand."""
    brands, kept = stack_folder / "brands", stack_folder / "kept"
    brands.mkdir(exist_ok=True)
    brands.rename(kept)
    brands.write_text("no folder")
    (brand / "locales" / "en.toml").write_text('[subscribe]\nsend = "Send me a link"\n', encoding="utf-8")
    assert _open(site)[0] == 500

    brands.unlink()
    kept.rename(brands)
    status, page = _open(site)
    assert status == 200 and "<button>Send me a link</button>" in page
