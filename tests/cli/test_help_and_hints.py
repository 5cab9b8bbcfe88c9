"""How the command behaves towards a person: help, suggestions, hints at a terminal, an alarm's section."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest

from heed.entrypoints.cli import alarm
from heed.entrypoints.cli.commands import SECTIONS
from heed.entrypoints.cli.failure import Exit
from tests.cli.conftest import Heed
from tests.cli.server import ApiServer
from tests.support.cli_commands import COMMANDS
from tests.support.deployment import ROOT
from tests.support.template import template

READER = "reader@example.com"
CHECK = ("check", READER, "--topic", "offers")


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The commands whose arguments were parsed. None of them runs."""
    names: list[tuple[str, ...]] = []

    def make_callback(name: tuple[str, ...]) -> Callable[..., Exit]:
        def append_name(**_: object) -> Exit:
            names.append(name)
            return Exit.YES

        return append_name

    for name, command in COMMANDS.items():
        monkeypatch.setattr(command, "callback", make_callback(name))
    return names


def test_heed_without_arguments_shows_the_help(heed: Heed) -> None:
    alone, with_option = heed(), heed("--help")

    assert alone == with_option
    assert (alone.code, alone.err) == (0, "")


def test_the_version_is_that_of_the_package(heed: Heed) -> None:
    assert heed("--version") == (0, f"heed {version('heed')}\n", "")


def test_the_help_lists_the_commands_by_section(heed: Heed) -> None:
    text = heed("--help").out

    positions = [text.index(f"\n{title}:\n") for title in SECTIONS]
    assert positions == sorted(positions)
    assert list(SECTIONS) == ["People", "Files", "Keys", "Evidence", "Stack"]
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize(
    ("arguments", "nearest"),
    [
        (("chek", READER, "--topic", "offers"), "check"),
        (("keys", "crate"), "create"),
        (("change", READER, "--scope", "*", "--out", "--source", "telephone"), "phone"),
        (("lookup", READER, "--purpose", "legla"), "legal"),
        (("ledger", "prove", "0" * 64, "--purpose", "legla"), "legal"),
        (("keys", "create", "x", "--owner", "me", "--scope", "chek"), "check"),
        (("alarm", "ledger", "ago"), "ledger-age"),
        (("check", READER, "--top", "offers"), "--topic"),
    ],
)
def test_a_mistyped_word_is_answered_with_the_nearest_choice(
    heed: Heed, arguments: tuple[str, ...], nearest: str
) -> None:
    result = heed(*arguments)

    assert (result.code, result.out) == (2, "")
    assert re.search(rf"Did you mean .*'{nearest}'", result.err)


def test_a_word_without_a_near_choice_gets_no_suggestion(heed: Heed) -> None:
    result = heed("xyzzy")

    assert (result.code, "Did you mean" in result.err) == (2, False)
    assert "No such command 'xyzzy'." in result.err
    assert "Try 'heed --help' for help." in result.err


@pytest.mark.parametrize("name", COMMANDS, ids=" ".join)
def test_each_help_has_an_example_whose_arguments_parse(
    heed: Heed,
    parsed: list[tuple[str, ...]],
    name: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "topics.txt").write_text("Weekly news=news\n", encoding="utf-8")
    text = heed(*name, "--help").out
    examples = COMMANDS[name].examples

    assert examples
    for example in examples:
        assert f"\n  {example}\n" in text
        assert heed(*shlex.split(re.split(r" [<>|] ", example)[0])[1:]).code == 0, example
    assert parsed == [name] * len(examples)


def test_the_examples_in_the_documentation_parse(heed: Heed, parsed: list[tuple[str, ...]]) -> None:
    lines = re.findall(r"^heed .+$", (ROOT / "docs" / "cli.md").read_text("utf-8"), re.MULTILINE)

    assert lines
    for line in lines:
        assert heed(*shlex.split(re.split(r" (?:[<>|]|&&) ", line)[0])[1:]).code == 0, line
    assert len(parsed) == len(lines)


HOLD = ("hold", READER, "--source", "letter", "--reference", "L-7")


@pytest.mark.parametrize("following", ["-h", "--help", "--json", "--stack", "--unknown", "--"])
def test_an_option_never_takes_the_next_option_as_its_value(
    heed: Heed, parsed: list[tuple[str, ...]], following: str
) -> None:
    result = heed(*HOLD, "--reason", following)

    assert (result.code, result.out) == (2, "")
    assert "Option '--reason' requires an argument." in result.err
    assert heed("--stack", following, *HOLD, "--reason", "x").code == 2
    assert parsed == []


@pytest.mark.parametrize("reason", ["-h", "--help", "--json"])
def test_a_value_that_looks_like_an_option_is_given_with_an_equals_sign(
    heed: Heed, parsed: list[tuple[str, ...]], reason: str
) -> None:
    assert heed(*HOLD, f"--reason={reason}").code == 0
    assert parsed == [("hold",)]


@pytest.mark.parametrize("value", ["-", "-5 mails", "no -h"])
def test_a_value_may_begin_with_a_hyphen(heed: Heed, parsed: list[tuple[str, ...]], value: str) -> None:
    assert heed(*HOLD, "--reason", value).code == 0
    assert parsed == [("hold",)]


def test_after_two_hyphens_there_are_no_options(heed: Heed, parsed: list[tuple[str, ...]]) -> None:
    assert heed("invoke", "--", "--stack", "--json").code == 0
    assert parsed == [("invoke",)]


def test_a_terminal_shows_which_stack_a_command_uses(heed: Heed, local: Path, server: ApiServer) -> None:
    result = heed(*CHECK, "--json", is_terminal=True)

    assert result.err == f"stack: local ({server.url})\n"
    assert result.json["results"]
    assert heed(*CHECK).err == "", "a log or a mail of cron is not a terminal"


def test_a_terminal_shows_that_several_local_stacks_run(heed: Heed, local: Path, server: ApiServer) -> None:
    for port in ("8000", "8001"):
        (local.parent / port).mkdir()
        (local.parent / port / "stack.json").write_text("{}")

    result = heed(*CHECK, is_terminal=True)

    assert result.err == f"stack: local ({server.url}), the newest of 2 that run here\n"


def test_a_deployed_stack_is_named_with_its_address(
    heed: Heed, stack: str, server: ApiServer, api_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEED_API_KEY", api_key)

    assert heed(*CHECK, "--stack", stack, is_terminal=True).err == f"stack: {stack} ({server.url})\n"


def test_a_terminal_shows_what_the_command_reads_from_standard_input(heed: Heed, local: Path) -> None:
    links = heed("links", "--topic", "offers", stdin=READER, is_terminal=True)
    invoke = heed("invoke", "feedback", "-", stdin='{"Records": []}', is_terminal=True)

    assert links.err.splitlines()[1] == "Type addresses, one per line; end with Ctrl-D"
    assert invoke.err.splitlines()[0] == "Type the event as JSON; end with Ctrl-D"


@pytest.mark.parametrize("command", [("links", "--topic", "offers"), ("ids",)])
@pytest.mark.parametrize("text", ["", "\n \n"])
def test_an_empty_standard_input_is_wrong_usage(
    heed: Heed, local: Path, server: ApiServer, command: tuple[str, ...], text: str
) -> None:
    result = heed(*command, "--json", stdin=text)

    assert (result.code, result.out) == (2, "")
    assert result.err == "heed: standard input has no address: write one address per line\n"
    assert not [path for _, path, _ in server.requests if path.startswith("/v1/")]


@pytest.mark.parametrize("option", ["--pause-until", "--occurred-at"])
def test_a_time_that_cannot_be_read_is_answered_with_an_example(heed: Heed, option: str) -> None:
    state = () if option == "--pause-until" else ("--out",)

    result = heed("change", READER, "--scope", "*", "--source", "phone", *state, option, "tomorrow")

    assert (result.code, result.out) == (2, "")
    assert "2026-03-05T10:12:44+01:00" in result.err
    assert "'tomorrow'" in result.err


def _alarms() -> dict[str, str]:
    """The anchor of each alarm in the template, by its logical id."""
    alarms = {}
    for name, resource in template()["Resources"].items():
        if anchor := re.search(r"#alarm-([\w-]+)", str(resource)):
            alarms[name] = anchor[1]
    return alarms


def test_an_alarm_is_explained_by_its_section_of_the_runbook(heed: Heed) -> None:
    result = heed("alarm", "ledger-age")

    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("docs/reference/alarms.md#alarm-ledger-age\n\n")
    assert "/heed/<stack>/ledger" in result.out
    assert "Alarm: ledger dead letters" not in result.out


@pytest.mark.parametrize(
    "name",
    [
        ("ledger", "age"),
        ("Ledger", "Age"),
        ("LedgerAgeAlarm",),
        ("heed-LedgerAgeAlarm-1A2B3C4D",),
        ("alarm-ledger-age",),
        ("docs/reference/alarms.md#alarm-ledger-age",),
    ],
)
def test_an_alarm_is_found_by_each_name_that_a_person_sees(heed: Heed, name: tuple[str, ...]) -> None:
    assert heed("alarm", *name) == heed("alarm", "ledger-age")


def test_each_alarm_of_the_template_is_found_by_its_name(heed: Heed) -> None:
    for name, anchor in _alarms().items():
        assert heed("alarm", name).out.startswith(f"docs/reference/alarms.md#alarm-{anchor}\n"), name


def test_without_a_name_all_alarms_are_listed(heed: Heed) -> None:
    result = heed("alarm")

    assert result.code == 0
    assert set(result.out.splitlines()) == set(_alarms().values())


def test_without_the_runbook_the_remedy_is_named(heed: Heed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alarm, "_CLONE", Path("nowhere"))

    result = heed("alarm", "ledger-age")

    assert (result.code, result.out) == (3, "")
    assert "clone" in result.err


def test_the_runbook_is_found_in_the_clone_around_the_current_folder(
    heed: Heed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alarm, "_CLONE", Path("nowhere"))
    (tmp_path / "docs" / "reference").mkdir(parents=True)
    (tmp_path / "docs" / "reference" / "alarms.md").write_text("### Alarm: made up\n\nText.\n\n## Next\n")
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")

    assert heed("alarm", "made-up").out == "docs/reference/alarms.md#alarm-made-up\n\nText.\n"
