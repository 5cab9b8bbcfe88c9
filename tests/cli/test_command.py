"""The command `heed` as a whole: its help, its list of commands, its imports and its installation."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from heed.entrypoints.cli.failure import explain_missing_module
from tests.cli.conftest import Heed
from tests.support.cli_commands import COMMANDS, GROUPS
from tests.support.deployment import ROOT

INSTALLED = Path(sys.executable).with_name("heed")
HEAVY = ("boto3", "botocore", "aws_lambda_powertools", "urllib.request", "idna")


def _find_documented_commands() -> set[tuple[str, ...]]:
    """Returns the commands in the documents: in code blocks and between backticks."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    commands: set[tuple[str, ...]] = set()
    for page in pages:
        text = page.read_text("utf-8")
        for first, second in re.findall(
            r"(?:`|^ *(?:\$ )?|[|/] ?)heed ([a-z][a-z-]*)(?: ([a-z-]+))?", text, re.MULTILINE
        ):
            commands.add((first, second) if first in GROUPS else (first,))
    return commands


def test_each_command_in_the_documents_exists() -> None:
    assert {name for name in _find_documented_commands() if name not in COMMANDS} == set()


def test_each_command_is_documented() -> None:
    page = (ROOT / "docs" / "cli.md").read_text()

    assert [name for name in COMMANDS if f"heed {' '.join(name)}" not in page] == []


@pytest.mark.parametrize("name", COMMANDS, ids=" ".join)
def test_each_help_text_explains_all_arguments(heed: Heed, name: tuple[str, ...]) -> None:
    result = heed(*name, "--help")

    assert (result.code, result.err) == (0, "")
    described = dict(re.findall(r"^  (?:-h)? +(--\S+)(?: <\S+>)? {2,}(\S.*)", result.out, re.MULTILINE))
    described |= dict(re.findall(r"^  (\S+) {2,}(\S.*)", result.out, re.MULTILINE))
    usage, _, _ = result.out.partition("\n")
    arguments = usage.removeprefix(f"Usage: heed {' '.join(name)} [OPTIONS]").split()
    options = [param.opts[0] for param in COMMANDS[name].params if isinstance(param, click.Option)]
    assert [words for words in (*arguments, *options, "--help") if words not in described] == [], result.out


def test_the_help_lists_all_commands_and_exit_codes(heed: Heed) -> None:
    result = heed("--help")

    assert result.code == 0
    for first in {words[0] for words in COMMANDS}:
        assert re.search(rf"^  {first} +\S", result.out, re.MULTILINE)
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


def test_each_command_has_a_summary_and_details() -> None:
    for command in COMMANDS.values():
        summary, _, details = (command.help or "").partition("\n\n")
        assert summary.endswith(".") and details.rstrip().endswith("."), command.name


def test_the_help_imports_neither_aws_nor_http() -> None:
    code = (
        "import sys; from heed.entrypoints.cli.main import main; main([]); "
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("arguments", [(), ("--version",), ("ledger", "verify", "export")], ids=str)
def test_without_its_extra_the_command_says_how_to_install_it(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT / 'layers' / 'core')!r}); "
        f"from heed.entrypoints.cli.main import main; sys.exit(main({arguments!r}))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == (
        "heed: this command needs click, which is not installed: "
        "install it with: pip install 'layers/core[cli]'\n"
    )


@pytest.mark.parametrize("package", ["botocore", "click", "rich_click"])
def test_a_missing_package_is_reported_with_its_remedy(tmp_path: Path, package: str) -> None:
    code = (
        f"import sys; sys.modules[{package!r}] = None; "
        "from heed.entrypoints.cli.main import main; sys.exit(main(['keys', 'list', '--stack', 'any']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == (
        f"heed: this command needs {package}, which is not installed: "
        "install it with: pip install 'layers/core[cli]'\n"
    )


def test_a_snapshot_needs_the_extra_of_its_reader() -> None:
    assert str(explain_missing_module("cryptography")).endswith("pip install 'layers/core[cli,snapshot]'")


def test_a_crash_prints_its_traceback_and_does_not_end_with_the_code_of_no() -> None:
    code = (
        "import sys; sys.modules['heed.entrypoints.cli.check'] = None; "
        "from heed.entrypoints.cli.main import main; sys.exit(main(['--help']))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("Traceback") and "ModuleNotFoundError" in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_full_disk_behind_the_output_is_a_failure(tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [INSTALLED, "--version"],
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    assert done.returncode == 3
    assert done.stderr == "heed: cannot write the output: no space left on device\n"


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
