"""Each `aws …` command in a document has a service, an operation and options that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from tests.architecture.test_docs import PAGES, ROOT

_SESSION = botocore.session.Session()
_GLOBAL_OPTIONS = {
    "cli-input-json",
    "endpoint-url",
    "no-cli-pager",
    "output",
    "profile",
    "query",
    "region",
}
_OWN_COMMANDS = {"configure", "s3", "logs tail", "cloudformation deploy"}
"""Commands that the AWS command line itself implements."""


def _commands() -> Iterator[tuple[str, str]]:
    for path in PAGES:
        text = path.read_text().replace("\\\n", " ")
        for command in re.findall(
            r"`(aws [a-z0-9-]+ [^`]+)`|^\s*(aws [a-z0-9-]+ [a-z].+)$", text, re.MULTILINE
        ):
            yield str(path.relative_to(ROOT)), re.sub(r"\s+", " ", "".join(command))


COMMANDS = [
    (page, command)
    for page, command in _commands()
    if not any(command.startswith(f"aws {prefix}") for prefix in _OWN_COMMANDS)
]


def _operation(service: str, words: list[str]) -> Any:
    """Returns the operation, or the operation that a waiter calls."""
    model = _SESSION.get_service_model(service)
    if words[0] == "wait":
        waiters = _SESSION.get_component("data_loader").load_service_model(service, "waiters-2")
        operations = {
            xform_name(name, "-"): waiter["operation"] for name, waiter in waiters["waiters"].items()
        }
        return model.operation_model(operations[words[1]])
    names = {xform_name(name, "-"): name for name in model.operation_names}
    assert words[0] in names, f"aws {service} has no {words[0]}"
    return model.operation_model(names[words[0]])


def _options(operation: Any) -> set[str]:
    members = operation.input_shape.members
    named = {xform_name(name, "-"): shape.type_name for name, shape in members.items()}
    return {*named, *(f"no-{name}" for name, kind in named.items() if kind == "boolean")}


@pytest.mark.parametrize(("page", "command"), COMMANDS, ids=lambda text: text[:60])
def test_each_aws_command_in_a_document_exists(page: str, command: str) -> None:
    _, service, *words = command.split(" ")
    service = {"s3api": "s3"}.get(service, service)
    used = set(re.findall(r"(?:^|\s)--([a-z0-9-]+)", command))
    assert used - _GLOBAL_OPTIONS - _options(_operation(service, words)) == set(), page


def test_the_documents_contain_aws_commands() -> None:
    assert len(COMMANDS) >= 20
