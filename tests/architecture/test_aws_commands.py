"""Every `aws …` that a page tells a person to run: of a service, an operation and options that there are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from tests.architecture.test_docs import PAGES, ROOT

_SESSION = botocore.session.Session()
_ANYWHERE = {
    "cli-input-json",
    "endpoint-url",
    "no-cli-pager",
    "output",
    "profile",
    "query",
    "region",
}
_OF_THE_COMMAND_ITSELF = {"configure", "s3", "logs tail", "cloudformation deploy"}
"""What the command line makes up, of no one operation."""


def _commands() -> Iterator[tuple[str, str]]:
    for path in PAGES:
        text = path.read_text().replace("\\\n", " ")
        for written in re.findall(
            r"`(aws [a-z0-9-]+ [^`]+)`|^\s*(aws [a-z0-9-]+ [a-z].+)$", text, re.MULTILINE
        ):
            yield str(path.relative_to(ROOT)), re.sub(r"\s+", " ", "".join(written))


COMMANDS = [
    (page, command)
    for page, command in _commands()
    if not any(command.startswith(f"aws {own}") for own in _OF_THE_COMMAND_ITSELF)
]


def _operation(service: str, words: list[str]) -> Any:
    """The operation, or the one that a waiter asks."""
    model = _SESSION.get_service_model(service)
    if words[0] == "wait":
        waiters = _SESSION.get_component("data_loader").load_service_model(service, "waiters-2")
        asked = {xform_name(name, "-"): one["operation"] for name, one in waiters["waiters"].items()}
        return model.operation_model(asked[words[1]])
    names = {xform_name(name, "-"): name for name in model.operation_names}
    assert words[0] in names, f"aws {service} has no {words[0]}"
    return model.operation_model(names[words[0]])


def _options(operation: Any) -> set[str]:
    members = operation.input_shape.members
    named = {xform_name(name, "-"): shape.type_name for name, shape in members.items()}
    return {*named, *(f"no-{name}" for name, kind in named.items() if kind == "boolean")}


@pytest.mark.parametrize(("page", "command"), COMMANDS, ids=lambda text: text[:60])
def test_a_command_of_a_page_is_one_that_aws_has(page: str, command: str) -> None:
    _, service, *words = command.split(" ")
    service = {"s3api": "s3"}.get(service, service)
    used = set(re.findall(r"(?:^|\s)--([a-z0-9-]+)", command))
    assert used - _ANYWHERE - _options(_operation(service, words)) == set(), page


def test_the_pages_name_commands() -> None:
    assert len(COMMANDS) >= 20
