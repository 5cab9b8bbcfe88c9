"""The outputs of template.yaml: what a person or a program needs to know of a stack, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.template import PATH, template

ROOT = PATH.parent
# What the local stack promises to those who write against it, beside the names of its functions.
PROMISED = {
    "EventBusName",
    "FeedbackQueueUrl",
    "FeedbackTopicArn",
    "LedgerTable",
    "PreferencesTable",
}
READERS = (
    *ROOT.glob("docs/*.md"),
    ROOT / "samconfig.toml",
    *ROOT.glob("layers/core/heed/entrypoints/cli/*.py"),
    *ROOT.glob("tests/account/*.py"),
)


def _text(path: Path) -> str:
    """Its text; of a row of numbered outputs ("`DkimRecord1` to `DkimRecord3`") each is named."""
    return re.sub(r"`(\w+)1` to `\w+3`", r"\g<0> \g<1>2", path.read_text())


SAID = " ".join(_text(path) for path in READERS)


def test_what_the_local_stack_promises_is_an_output() -> None:
    assert template()["Outputs"].keys() >= PROMISED


@pytest.mark.parametrize("output", sorted(template()["Outputs"].keys() - PROMISED))
def test_an_output_is_named_in_the_papers_or_read_by_a_program(output: str) -> None:
    assert re.search(rf"\b{output}\b", SAID)


def test_the_papers_speak_of_no_output_that_there_is_not() -> None:
    papers = " ".join(path.read_text() for path in ROOT.glob("docs/**/*.md"))
    spoken_of = set(re.findall(r"outputs?\s+`(\w+)`", papers))
    assert spoken_of <= template()["Outputs"].keys()
