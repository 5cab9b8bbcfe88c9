"""The completion of command lines, in the shells themselves."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.terminal import INSTALLED
from tests.support.cli_commands import COMMANDS
from tests.support.deployment import ROOT

# Each script completes the words in `$1` and prints one completion per line.
BASH = """
eval "$(_HEED_COMPLETE=bash_source heed)"
read -ra COMP_WORDS <<< "$1"; [[ $1 = *' ' ]] && COMP_WORDS+=('')
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_heed_completion heed "${COMP_WORDS[COMP_CWORD]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""
ZSH = """
function compdef() { }
function _describe() { for each in "${(@P)3}"; print -r -- "${each%%:*}" }
function compadd() { for each in "${(@P)5}"; print -r -- "$each" }
eval "$(_HEED_COMPLETE=zsh_source heed)"
words=("${(@s: :)1}"); CURRENT=${#words}
_heed_completion
"""
FISH = """
_HEED_COMPLETE=fish_source heed | source
complete --do-complete $argv[1] | string split --fields 1 \\t
"""
pytestmark = pytest.mark.system  # each line starts a shell, and that starts Python

SHELLS = {
    "bash": ["bash", "-c", BASH, "bash"],
    "zsh": ["zsh", "-fc", ZSH, "zsh"],
    "fish": ["fish", "-c", FISH],
}


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest) -> list[str]:
    if shutil.which(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    return SHELLS[request.param]


def _complete(shell: list[str], line: str, folder: Path) -> list[str]:
    done = subprocess.run(
        [*shell, line],
        cwd=folder,
        env={
            "PATH": f"{INSTALLED.parent}:/usr/local/bin:{os.defpath}",
            "HOME": str(folder),
            "LANG": "C.UTF-8",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return sorted(done.stdout.split())


def test_each_command_is_completed(shell: list[str], tmp_path: Path) -> None:
    assert _complete(shell, "heed ", tmp_path) == sorted({words[0] for words in COMMANDS})
    assert _complete(shell, "heed le", tmp_path) == ["ledger"]
    assert _complete(shell, "heed keys ", tmp_path) == ["create", "list", "revoke"]


def test_options_and_their_values_are_completed(shell: list[str], tmp_path: Path) -> None:
    assert _complete(shell, "heed check --t", tmp_path) == ["--topic"]
    assert _complete(shell, "heed change a@example.com --source l", tmp_path) == ["letter"]
    assert _complete(shell, "heed lift a@example.com --suppression ", tmp_path) == [
        *("complaint", "hold", "minor", "undeliverable")
    ]


def test_the_names_of_alarms_are_completed(shell: list[str], tmp_path: Path) -> None:
    assert "ledger-age" in _complete(shell, "heed alarm ledger-", tmp_path)


@pytest.mark.parametrize("shell_name", SHELLS)
def test_the_page_says_how_to_turn_the_completion_on(shell_name: str) -> None:
    assert f"_HEED_COMPLETE={shell_name}_source heed" in (ROOT / "docs" / "cli.md").read_text("utf-8")
