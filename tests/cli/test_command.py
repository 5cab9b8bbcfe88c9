"""The command `heed` as a whole: its help, its list of commands, its imports and its installation."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from heed.entrypoints.cli.command import Command, Group
from heed.entrypoints.cli.commands import COMMANDS
from tests.cli.conftest import Heed
from tests.support.deployment import ROOT

INSTALLED = Path(sys.executable).with_name("heed")
HEAVY = ("boto3", "botocore", "aws_lambda_powertools", "urllib.request", "idna")


def _command_names() -> Iterator[tuple[str, ...]]:
    for command in COMMANDS:
        if isinstance(command, Group):
            yield from ((command.name, inner.name) for inner in command.commands)
        else:
            yield (command.name,)


def _find_documented_commands() -> set[tuple[str, ...]]:
    """Returns the commands in the documents: in code blocks and between backticks."""
    groups = {command.name for command in COMMANDS if isinstance(command, Group)}
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    commands: set[tuple[str, ...]] = set()
    for page in pages:
        text = page.read_text("utf-8")
        for first, second in re.findall(
            r"(?:`|^ *(?:\$ )?|[|/] ?)heed ([a-z][a-z-]*)(?: ([a-z-]+))?", text, re.MULTILINE
        ):
            commands.add((first, second) if first in groups else (first,))
    return commands


def test_each_command_in_the_documents_exists() -> None:
    assert {name for name in _find_documented_commands() if name not in set(_command_names())} == set()


def test_each_command_is_documented() -> None:
    page = (ROOT / "docs" / "cli.md").read_text()

    assert [name for name in _command_names() if f"heed {' '.join(name)}" not in page] == []


@pytest.mark.parametrize("name", list(_command_names()), ids=" ".join)
def test_each_help_text_explains_all_arguments(heed: Heed, name: tuple[str, ...]) -> None:
    result = heed(*name, "--help")

    assert (result.code, result.err) == (0, "")
    described = re.findall(r"^  (-\S+|[A-Z][\w.]+)(.*\n?.*)", result.out, re.MULTILINE)
    assert described
    assert all(re.search(r"\s{2,}\S", words) for _, words in described), result.out


def test_the_help_lists_all_commands_and_exit_codes(heed: Heed) -> None:
    result = heed("--help")

    assert result.code == 0
    for command in COMMANDS:
        assert re.search(rf"^  {command.name} +\S", result.out, re.MULTILINE)
    assert "0 done, or yes; 1 the answer is no; 2 wrong usage; 3 failed" in result.out


@pytest.mark.parametrize(
    "wrong",
    [
        ("--json",),
        ("nonsense",),
        ("check",),
        ("check", "reader@example.com"),
        ("check", "reader@example.com", "--top", "offers"),
        ("check", "reader@example.com", "--topic", "offers", "--stack", " "),
        ("keys",),
        ("keys", "create", "x", "--owner", "", "--scope", "check"),
        ("keys", "create", "x", "--owner", "me", "--scope", "nonsense"),
        ("keys", "create", "x", "--owner", "me"),
        ("run", "--stack", "heed"),
        ("--stack", "heed", "run"),
    ],
)
def test_wrong_usage_has_its_own_exit_code(heed: Heed, wrong: tuple[str, ...]) -> None:
    result = heed(*wrong)

    assert (result.code, result.out) == (2, "")


def test_each_command_has_details() -> None:
    for command in COMMANDS:
        inner = command.commands if isinstance(command, Group) else (command,)
        assert all(isinstance(item, Command) and item.details.endswith(".") for item in inner)


def test_the_help_imports_neither_aws_nor_http() -> None:
    code = (
        "import sys; from heed.entrypoints.cli.main import make_parser; make_parser().format_help(); "
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


def test_a_missing_aws_package_is_reported_with_its_remedy(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['botocore'] = None; "
        "from heed.entrypoints.cli.main import main; sys.exit(main(['keys', 'list', '--stack', 'any']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.returncode == 3
    assert "pip install 'layers/core[aws]'" in done.stderr


def test_a_closed_pipe_causes_no_traceback(local: Path, tmp_path: Path) -> None:
    people = "\n".join(f"reader{n}@example.com" for n in range(10_000))
    (tmp_path / "people").write_text(people)

    done = subprocess.run(
        ["/bin/sh", "-c", f"{INSTALLED} ids < people | head -n 1"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )

    assert (len(done.stdout.split()), done.stderr) == (1, "")


def test_run_outside_a_clone_names_the_remedy(tmp_path: Path) -> None:
    done = subprocess.run([INSTALLED, "run"], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 3
    assert done.stderr == (
        "heed: this folder is not in a clone of Heed's repository: "
        "clone the repository and run heed run there\n"
    )


def test_run_calls_make_run_in_the_clone_around_the_current_folder(tmp_path: Path) -> None:
    (tmp_path / "local").mkdir()
    (tmp_path / "local" / "__main__.py").touch()
    (tmp_path / "template.yaml").touch()
    (tmp_path / "Makefile").write_text("run:\n\t@echo $(PORT) $(AWS_PORT) $(CURDIR)\n")

    done = subprocess.run(
        [INSTALLED, "run", "--port", "8001", "--aws-port", "4567"],
        cwd=tmp_path / "local",
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == f"8001 4567 {tmp_path}\n"
