"""Colours, lines and progress at a terminal, in a pipe and with `NO_COLOR`, all with a real process."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import DAY_MS
from tests.cli.conftest import Heed
from tests.cli.terminal import INSTALLED, TerminalResult, run_at_terminal
from tests.support.deployment import World
from tests.support.ledgers import START, sample_ledger

pytestmark = pytest.mark.system  # each command is a process of its own

READER = "reader@example.com"
CHECK = ("check", READER, "--topic", "offers")
WRONG = ("check", READER, "--topic", "offers", "--stak", "heed")
STYLED = re.compile(r"\x1b|[\u2500-\u257f]")  # escape sequences, and the characters of lines and boxes
SEALED = Millis(START + 3 * DAY_MS + DAY_MS // 2)
PLAIN_TABLE = (
    "ADDRESS             SENDABLE  REASON  SINCE  SOURCE  UNTIL\n"
    "reader@example.com  yes       ok      -      -       -\n"
)


def _run_in_pipes(*arguments: str, folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [INSTALLED, *arguments],
        cwd=folder,
        env={"PATH": os.defpath, "HOME": str(folder), "TERM": "xterm-256color", "COLUMNS": "80", **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_terminal_shows_a_table_with_a_line_and_a_bold_header(local: Path, tmp_path: Path) -> None:
    result = run_at_terminal(*CHECK, folder=tmp_path)

    assert result.code == 0
    assert "\x1b[1mADDRESS" in result.screen
    assert "──────" in result.text
    assert re.search(rf"^{READER} +yes +ok", result.text, re.MULTILINE)


def test_a_pipe_gets_the_table_as_plain_columns(local: Path, tmp_path: Path) -> None:
    result = _run_in_pipes(*CHECK, folder=tmp_path)

    assert (result.returncode, result.stdout, result.stderr) == (0, PLAIN_TABLE, "")


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=str)
def test_a_terminal_without_colours_gets_the_same_plain_columns(
    local: Path, tmp_path: Path, environ: dict[str, str]
) -> None:
    result = run_at_terminal(*CHECK, folder=tmp_path, environ=environ)

    _, table = result.screen.split("\n", 1)  # the first line names the stack
    assert (result.code, table) == (0, PLAIN_TABLE)


@pytest.mark.parametrize("arguments", [CHECK, ("check", "--help"), WRONG], ids=["table", "help", "error"])
def test_no_variable_makes_a_pipe_colourful(local: Path, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    names = ("FORCE_COLOR", "PY_COLORS", "CLICOLOR_FORCE", "GITHUB_ACTIONS")

    result = _run_in_pipes(*arguments, folder=tmp_path, RICH_CLICK_THEME="robo", **dict.fromkeys(names, "1"))

    assert result.stdout or result.stderr
    assert not STYLED.search(result.stdout + result.stderr)


def test_a_pipe_gets_the_whole_json_on_one_line(local: Path, tmp_path: Path) -> None:
    result = run_at_terminal(*CHECK, "--json", folder=tmp_path, environ={"COLUMNS": "20"})

    _, answer, rest = result.screen.split("\n")
    assert answer.startswith('{"as_of": ') and answer.endswith("}")
    assert rest == ""


def test_the_help_has_colours_at_a_terminal_alone(tmp_path: Path) -> None:
    terminal = run_at_terminal("check", "--help", folder=tmp_path)
    no_colour = run_at_terminal("check", "--help", folder=tmp_path, environ={"NO_COLOR": "1"})
    pipe = _run_in_pipes("check", "--help", folder=tmp_path)

    assert "\x1b[1;36m--topic\x1b[0m" in terminal.screen
    assert no_colour.screen == pipe.stdout
    assert not STYLED.search(pipe.stdout)
    assert [line.rstrip() for line in terminal.text.splitlines()] == pipe.stdout.splitlines()


@pytest.mark.parametrize("arguments", [(), ("check",), ("change",), ("keys", "create"), ("ledger",)], ids=str)
def test_a_help_text_fits_into_80_columns_and_has_no_spaces_at_its_ends(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    text, _, _ = _run_in_pipes(*arguments, "--help", folder=tmp_path).stdout.partition("Examples:")

    assert max(map(len, text.splitlines())) <= 80
    assert [line for line in text.splitlines() if line != line.rstrip()] == []


def test_a_usage_error_is_in_a_box_at_a_terminal_alone(tmp_path: Path) -> None:
    terminal = run_at_terminal(*WRONG, folder=tmp_path)
    no_colour = run_at_terminal(*WRONG, folder=tmp_path, environ={"NO_COLOR": "1"})
    pipe = _run_in_pipes(*WRONG, folder=tmp_path)

    assert (terminal.code, no_colour.code, pipe.returncode) == (2, 2, 2)
    assert "╭─ Error ─" in terminal.text
    assert (pipe.stdout, no_colour.screen) == ("", pipe.stderr)
    assert pipe.stderr.splitlines()[-1] == "Error: No such option '--stak'. Did you mean '--stack'?"


def test_a_usage_error_is_plain_in_a_pipe_while_the_output_is_at_a_terminal(tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    done = subprocess.run(
        [INSTALLED, *WRONG], cwd=tmp_path, stdout=theirs, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(ours)
    os.close(theirs)

    assert done.returncode == 2
    assert not STYLED.search(done.stderr)


def test_text_in_square_brackets_is_no_markup(heed: Heed, local: Path, tmp_path: Path) -> None:
    heed(
        "change", READER, "--scope", "offers", "--out", "--source", "phone", "--agent", "[red]Kim[/red] :bee:"
    )

    result = run_at_terminal("lookup", READER, folder=tmp_path, environ={"COLUMNS": "300"})

    assert "agent=[red]Kim[/red] :bee:" in result.text


def test_a_value_is_not_wrapped_in_a_narrow_terminal(local: Path, tmp_path: Path) -> None:
    minor = ("minor", READER, "--source", "phone", "--reference", "call 17")

    result = run_at_terminal(*minor, folder=tmp_path, environ={"COLUMNS": "20"})

    assert "\x1b[1mcertificate" in result.screen
    assert re.search(
        r"^certificate +heed purge [0-9a-f]{32} shows what was cleared$", result.text, re.MULTILINE
    )


def _count_ids(folder: Path, environ: dict[str, str]) -> TerminalResult:
    people = "".join(f"reader{number}@example.com\n" for number in range(1_000))
    return run_at_terminal("ids", folder=folder, stdin=people.encode(), is_piped=True, environ=environ)


@pytest.mark.parametrize("environ", [{}, {"NO_COLOR": "1"}], ids=str)
def test_a_person_who_waits_for_a_file_sees_the_progress(
    local: Path, tmp_path: Path, world: World, environ: dict[str, str]
) -> None:
    result = _count_ids(tmp_path, environ)

    ids = result.piped.splitlines()
    assert (result.code, len(ids), ids[0]) == (0, 1_000, world.recipient("reader0@example.com"))
    assert re.search(r"[\d,]+ lines", result.text)
    assert ids[0] not in result.text


def test_a_long_check_of_the_ledger_shows_its_progress_and_then_the_answer(tmp_path: Path) -> None:
    (tmp_path / "export").write_bytes(b"".join(sample_ledger().lines(SEALED)))

    result = run_at_terminal("ledger", "verify", "export", folder=tmp_path)

    assert result.code == 0
    assert re.search(r"[\d,]+ lines", result.text)
    assert re.search(r"^whole +yes$", result.text, re.MULTILINE)


def test_a_failure_ends_the_progress(tmp_path: Path) -> None:
    (tmp_path / "export").write_bytes(b"no export\n")

    result = run_at_terminal("report", "deadlines", "export", folder=tmp_path)

    assert result.code == 3
    assert result.text.splitlines()[-1].startswith("heed: line 1: ")


def test_without_a_terminal_there_is_no_progress(tmp_path: Path) -> None:
    (tmp_path / "export").write_bytes(b"".join(sample_ledger().lines(SEALED)))

    result = _run_in_pipes("ledger", "verify", "export", folder=tmp_path)

    assert (result.returncode, result.stderr) == (0, "")
