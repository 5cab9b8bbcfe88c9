"""Only one module calls DynamoDB, so that its answers and errors are handled in one way."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from botocore import xform_name
from botocore.session import get_session

from tests.architecture.test_layers import HEED, sources
from tests.support.python_files import parse_file, walk

FOLDER = HEED / "adapters" / "dynamodb"
TABLE = FOLDER / "table.py"
OPERATIONS = {
    xform_name(operation) for operation in get_session().get_service_model("dynamodb").operation_names
}
SHARED = {"query", "scan"}
"""The operations that both a client and a DynamoDBTable have."""
OF_BACKUPS = {"describe_continuous_backups"}
"""The doctor of a stack asks about the backups of a table. That reads no item."""


def others() -> list[Path]:
    return [file for file in sources() if file != TABLE]


def uses_of_a_client(file: Path) -> Iterator[str]:
    """Returns each use of a client other than making a DynamoDBTable."""
    arguments = {
        id(argument)
        for node in walk(parse_file(file))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "DynamoDBTable"
        for argument in node.args
    }
    for node in walk(parse_file(file)):
        if isinstance(node, ast.Name) and node.id == "client" and id(node) not in arguments:
            yield f"{file.name}:{node.lineno}"
        if isinstance(node, ast.Attribute) and node.attr == "_client":
            yield f"{file.name}:{node.lineno}"


def test_only_dynamodb_table_calls_the_client() -> None:
    called = [
        f"{file.relative_to(HEED.parent)}:{node.lineno}"
        for file in others()
        for node in walk(parse_file(file))
        if isinstance(node, ast.Attribute) and node.attr in OPERATIONS - SHARED - OF_BACKUPS
    ]
    assert called == []
    adapters = [file for file in others() if file.is_relative_to(FOLDER)]
    assert [use for file in adapters for use in uses_of_a_client(file)] == []


def test_only_dynamodb_table_handles_errors_of_dynamodb() -> None:
    knowing = [
        f"{file.name}: {node.module}"
        for file in others()
        if file.is_relative_to(FOLDER)
        for node in walk(parse_file(file))
        if isinstance(node, ast.ImportFrom)
        if (node.module or "").startswith(("botocore", "boto3", "heed.adapters.aws"))
    ]
    assert knowing == []
    named = [file.name for file in others() if "ConditionalCheckFailed" in file.read_text()]
    assert named == []
