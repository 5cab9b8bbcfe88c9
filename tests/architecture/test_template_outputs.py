"""The outputs of template.yaml: only values that a person or a program needs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.template import PATH, template

ROOT = PATH.parent
# The documented outputs of the local stack, besides the names of its functions.
LOCAL_OUTPUTS = {
    "EventBusName",
    "FeedbackQueueUrl",
    "FeedbackTopicArn",
    "LedgerTable",
    "BulkBucket",
    "MailboxBucket",
    "MailboxTopicArn",
    "PreferencesTable",
}
READERS = (
    *ROOT.glob("docs/**/*.md"),
    ROOT / "samconfig.toml",
    *ROOT.glob("layers/core/heed/entrypoints/cli/*.py"),
    *ROOT.glob("tests/account/*.py"),
)


def _text(path: Path) -> str:
    """Returns the text of a file, with ranges such as "`DkimRecord1` to `DkimRecord3`" expanded."""
    return re.sub(r"`(\w+)1` to `\w+3`", r"\g<0> \g<1>2", path.read_text())


DOCUMENTED = " ".join(_text(path) for path in READERS)


def test_each_documented_output_of_the_local_stack_exists() -> None:
    assert template()["Outputs"].keys() >= LOCAL_OUTPUTS


@pytest.mark.parametrize("output", sorted(template()["Outputs"].keys() - LOCAL_OUTPUTS))
def test_each_output_is_used_in_a_document_or_program(output: str) -> None:
    assert re.search(rf"\b{output}\b", DOCUMENTED)


def test_the_documents_name_only_outputs_that_exist() -> None:
    documents = " ".join(path.read_text() for path in ROOT.glob("docs/**/*.md"))
    named = set(re.findall(r"outputs?\s+`(\w+)`", documents))
    assert named <= template()["Outputs"].keys()
