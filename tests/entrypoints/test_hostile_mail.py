"""No mail stalls the parser, kills it, or makes it use much memory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = os.pathsep.join([str(ROOT), str(ROOT / "layers" / "core")])


def run_limited(*arguments: str) -> str:
    """Runs Python in a process of its own, and returns what it prints."""
    run = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env={"PYTHONPATH": CODE}, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


@pytest.mark.system
@pytest.mark.threat(
    "T30",
    "A mail stalls or kills the mailbox: parts within parts, thousands of fields, broken encodings.",
    "The parser has limits, random and mutated mails run through it with 256 MB, and its cost is linear.",
)
def test_random_and_mutated_mails_are_handled_with_little_memory(pytestconfig: pytest.Config) -> None:
    random_mails, mutated = (10_000, 1_000) if pytestconfig.getoption("--full") else (1_000, 100)
    printed = run_limited("-m", "tests.support.fuzz_mails", str(random_mails), str(mutated), "20260305")
    assert printed == str(random_mails + mutated)


@pytest.mark.system
def test_the_most_expensive_mails_of_a_megabyte_are_handled_with_little_memory() -> None:
    code = """
from contextlib import suppress
import resource
from heed.domain.errors import MalformedMessage
from tests.support import attack_texts, fuzz_mails, mail_words
words = mail_words.brand_mail_words()
resource.setrlimit(resource.RLIMIT_AS, (fuzz_mails.MEMORY, fuzz_mails.MEMORY))
for make in attack_texts.MAILS.values():
    with suppress(MalformedMessage):
        fuzz_mails.check(make(2**20).encode("latin-1"), words)
print("handled")
"""
    assert run_limited("-c", code) == "handled"
