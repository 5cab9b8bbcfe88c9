"""DynamoDB is asked in one place, so that no answer of it is understood in two ways."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from botocore import xform_name
from botocore.session import get_session

from tests.architecture.test_layers import HEED, parsed, sources

FOLDER = HEED / "adapters" / "dynamodb"
TABLE = FOLDER / "table.py"
OPERATIONS = {
    xform_name(operation) for operation in get_session().get_service_model("dynamodb").operation_names
}
OURS = {"query", "scan"}
"""What both a client and a Table are asked for."""


def others() -> list[Path]:
    return [file for file in sources() if file != TABLE]


def uses_of_a_client(file: Path) -> Iterator[str]:
    """Where a module of an adapter does more with its client than to make a Table of it."""
    given = {
        id(argument)
        for node in ast.walk(parsed(file))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "DynamoDBTable"
        for argument in node.args
    }
    for node in ast.walk(parsed(file)):
        if isinstance(node, ast.Name) and node.id == "client" and id(node) not in given:
            yield f"{file.name}:{node.lineno}"
        if isinstance(node, ast.Attribute) and node.attr == "_client":
            yield f"{file.name}:{node.lineno}"


def test_the_table_alone_calls_the_client() -> None:
    called = [
        f"{file.relative_to(HEED.parent)}:{node.lineno}"
        for file in others()
        for node in ast.walk(parsed(file))
        if isinstance(node, ast.Attribute) and node.attr in OPERATIONS - OURS
    ]
    assert called == []
    adapters = [file for file in others() if file.is_relative_to(FOLDER)]
    assert [use for file in adapters for use in uses_of_a_client(file)] == []


def test_the_table_alone_knows_what_a_failure_of_dynamodb_looks_like() -> None:
    knowing = [
        f"{file.name}: {node.module}"
        for file in others()
        if file.is_relative_to(FOLDER)
        for node in ast.walk(parsed(file))
        if isinstance(node, ast.ImportFrom)
        if (node.module or "").startswith(("botocore", "boto3", "heed.adapters.aws"))
    ]
    assert knowing == []
    named = [file.name for file in others() if "ConditionalCheckFailed" in file.read_text()]
    assert named == []
