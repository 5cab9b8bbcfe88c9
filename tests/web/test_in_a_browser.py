"""The pages of a local stack in a real browser without JavaScript: layout, keyboard, assistive technology."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from heed.domain.preferences.register import ALL_SCOPES
from heed.entrypoints.http.desk.all_views import DESK_VIEWS
from tests.support.registers import out
from tests.system.running import Running, free_ports
from tests.web.desk_parts import find_routes_without_request, list_buttons
from tests.web.desk_stage import DeskStage
from tests.web.desk_states import DeskStates
from tests.web.link_history import history
from tests.web.matrix import LANGUAGES, Visit, with_looks
from tests.web.page_states import OFFERS, LocalStack, everywhere, policy_changed, unavailable

HERE = Path(__file__).parent
SECONDS = 3_000  # a script that takes longer hangs; on a free machine it takes one or two minutes

pytestmark = pytest.mark.system


@contextmanager
def _started(home: Path) -> Iterator[LocalStack]:
    assert (HERE / "node_modules").is_dir(), "run tests/web/setup.sh once"
    running = Running(home, *free_ports(2))
    try:
        yield LocalStack(running.wait_until_ready())
    finally:
        running.stop()


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    with _started(tmp_path_factory.mktemp("stack")) as stage:
        yield stage


@pytest.fixture
def other(tmp_path: Path) -> Iterator[LocalStack]:
    """A stack for one test, which may leave it in any state."""
    with _started(tmp_path / "stack") as stage:
        yield stage


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


Look = Callable[[LocalStack, Iterable[Visit]], str]


@pytest.fixture
def look(pytestconfig: pytest.Config) -> Look:
    """Opens each visit in the browser, and returns the faults."""

    def look_at(stage: LocalStack, visits: Iterable[Visit]) -> str:
        seen = with_looks(visits, full=pytestconfig.getoption("full"))
        return _node("pages.mjs", stage.site, stage.issuer, given=json.dumps(list(seen)))

    return look_at


def test_every_page_in_every_language_size_and_colour(stage: LocalStack, look: Look) -> None:
    """No axe violation (WCAG 2.2 AA), no console message, no request, cookie or sideways scroll."""
    assert look(stage, everywhere(stage)) == ""


def test_every_page_of_the_desk_in_every_language_size_and_colour(stage: LocalStack, look: Look) -> None:
    states = DeskStates(stage)
    visits = list(states.everywhere())
    seen = {visit["page"] for visit in (*visits, *states.unavailable())}

    assert seen == set(DESK_VIEWS)
    assert look(stage, visits) == ""


def test_people_sign_in_open_every_page_of_the_desk_and_press_every_button(stage: LocalStack) -> None:
    done = json.loads(
        _node("desk.mjs", stage.site, stage.issuer, given=json.dumps(DeskStage(stage).plan_day()))
    )

    assert done["amiss"] == []
    assert set(done["pressed"]) == list_buttons()
    assert find_routes_without_request(done["requests"]) == set()


def test_a_form_of_the_desk_comes_back_filled_after_the_session_has_ended(stage: LocalStack) -> None:
    desk = DeskStage(stage)
    plan = json.dumps({"agent": desk.agent, "caller": desk.known()})
    command = ["node", str(HERE / "desk_time_out.mjs"), stage.site, stage.issuer, plan]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as browser:
        assert browser.stdout is not None
        assert browser.stdout.readline() == "entered\n"
        stage.end_sessions()
        amiss, _ = browser.communicate("go on\n", timeout=SECONDS)

    assert amiss.strip() == ""


def test_every_page_works_with_a_keyboard_only(stage: LocalStack) -> None:
    links = [stage.unsubscribe(OFFERS), stage.preferences(), stage.preferences()]

    assert _node("keyboard.mjs", stage.site, *links) == ""


def test_back_forward_and_reload_send_no_form_and_change_no_record(stage: LocalStack) -> None:
    visits = list(history(stage))

    assert _node("link_history.mjs", stage.site, given=json.dumps(visits)) == ""
    assert [stage.count_changes(visit["url"]) for visit in visits] == [visit["changes"] for visit in visits]


def test_a_page_can_be_reloaded_and_gone_back_to_without_a_warning_or_a_write(stage: LocalStack) -> None:
    assert _node("history.mjs", stage.site, stage.preferences(), stage.preferences()) == ""


def test_save_is_on_the_first_two_screens_of_a_phone_in_every_language(stage: LocalStack) -> None:
    stopped = stage.store_choice(out(ALL_SCOPES))
    for centre in (stage.preferences(), stage.preferences(stopped)):
        assert _node("save.mjs", stage.site, centre, *LANGUAGES) == ""


def test_the_local_page_shows_the_mails_that_were_sent_and_receives_others(other: LocalStack) -> None:
    assert _node("local.mjs", other.site) == ""


def test_the_homepage_snippet_loads_no_partner_if_the_browser_sends_the_signal() -> None:
    page = (HERE.parents[1] / "docs" / "integrating.md").read_text(encoding="utf-8")
    (lines,) = re.findall(r"^```html\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)

    assert _node("snippet.mjs", given=lines) == ""


def test_a_new_stack_has_empty_lists_and_shows_a_changed_privacy_policy(
    other: LocalStack, look: Look, tmp_path: Path
) -> None:
    empty = list(DeskStates(other).empty())
    other.change_policy(tmp_path / "brand")

    assert look(other, [*empty, *policy_changed(other)]) == ""


def test_the_pages_work_without_the_store_and_with_damaged_records(other: LocalStack, look: Look) -> None:
    states = DeskStates(other)
    visits = [*unavailable(other), *states.unavailable(), *states.damaged()]
    other.lose_the_table()

    assert look(other, visits) == ""
