"""The pages in a real browser with JavaScript off: for the eye, the keyboard and assistive tools."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from heed.brand.build import main
from tests.web.server import serving

HERE = Path(__file__).parent
SOURCE = HERE.parents[1] / "layers" / "brand"

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[str]]]:
    folder = tmp_path_factory.mktemp("brand")
    assert main([str(SOURCE), str(folder)]) == 0
    with serving(folder) as served:
        yield served


def _node(script: str, *arguments: str) -> str:
    assert (HERE / "node_modules").is_dir(), "run tests/web/setup.sh once"
    done = subprocess.run(
        ["node", str(HERE / script), *arguments],  # noqa: S607 - the node of this machine
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def test_every_page_in_every_language_width_and_scheme(site: tuple[str, list[str]]) -> None:
    """No axe violation (WCAG 2.2 AA), no console message, no request, cookie or sideways scroll."""
    address, paths = site

    assert _node("pages.mjs", address, *paths).strip() == ""


def test_a_keyboard_is_enough(site: tuple[str, list[str]]) -> None:
    assert _node("keyboard.mjs", site[0]).strip() == ""
