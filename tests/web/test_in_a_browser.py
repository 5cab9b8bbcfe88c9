"""The pages of a local stack in a real browser, JavaScript off: for eye, keyboard and assistive tools.

The tests stand in the order in which the stack can bear them: the last one takes its table away.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.system.running import Running, free_ports
from tests.web.stage import OFFERS, Stage, Visit, everywhere, policy_changed, unavailable

HERE = Path(__file__).parent
SECONDS = 300  # that a script may take; it takes a fifth of that

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    assert (HERE / "node_modules").is_dir(), "run tests/web/setup.sh once"
    running = Running(tmp_path_factory.mktemp("stack"), *free_ports(2))
    try:
        yield Stage(running.ready())
    finally:
        running.stop()


def _node(script: str, *arguments: str, given: str = "") -> str:
    done = subprocess.run(
        ["node", str(HERE / script), *arguments],  # noqa: S607 - the node of this machine
        input=given,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    return (done.stdout + done.stderr).strip()


def _looked_at(stage: Stage, visits: Iterable[Visit]) -> str:
    return _node("pages.mjs", stage.site, given=json.dumps(list(visits)))


def test_every_page_in_every_language_width_and_scheme(stage: Stage) -> None:
    """No axe violation (WCAG 2.2 AA), no console message, no request, cookie or sideways scroll."""
    assert _looked_at(stage, everywhere(stage)) == ""


def test_a_keyboard_is_enough(stage: Stage) -> None:
    links = [stage.unsubscribe(OFFERS), stage.preferences(), stage.preferences()]

    assert _node("keyboard.mjs", stage.site, *links) == ""


def test_the_mail_clients_button_and_the_mails_that_were_sent(stage: Stage) -> None:
    assert _node("local.mjs", stage.site) == ""


def test_the_lines_for_a_homepage_load_no_partner_where_the_browser_objects() -> None:
    page = (HERE.parents[1] / "docs" / "integrating.md").read_text(encoding="utf-8")
    (lines,) = re.findall(r"^```html\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)

    assert _node("snippet.mjs", given=lines) == ""


def test_a_changed_privacy_policy(stage: Stage) -> None:
    stage.change_policy()

    assert _looked_at(stage, policy_changed(stage)) == ""


def test_while_the_store_does_not_answer(stage: Stage) -> None:
    visits = list(unavailable(stage))
    stage.lose_the_table()

    assert _looked_at(stage, visits) == ""
