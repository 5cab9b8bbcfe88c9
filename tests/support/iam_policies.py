"""Evaluates the policies of the roles in template.yaml, with their conditions.

tests/iam evaluates the calls of the functions with a complete evaluator. This module is for requests that no
function makes. It is fast enough to test every condition.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from tests.support.template import template

RESOURCES: dict[str, dict[str, Any]] = template()["Resources"]
FUNCTIONS = {
    name: resource["Properties"]
    for name, resource in RESOURCES.items()
    if resource["Type"] == "AWS::Serverless::Function"
}
_EVALUATED_KEYS = ("dynamodb:", "s3:prefix")  # conditions with other keys are assumed to hold


def role(function: str) -> tuple[str, dict[str, Any]]:
    """Returns the name and the properties of the role of a function."""
    name = FUNCTIONS[function]["Role"]["Fn::GetAtt"][0]
    return name, RESOURCES[name]["Properties"]


def statements(function: str) -> list[dict[str, Any]]:
    """Returns the policy statements of the role of a function."""
    (policy,) = role(function)[1]["Policies"]
    statements: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return statements


def as_list(value: Any) -> list[Any]:
    """Returns one value or several values as a list."""
    return value if isinstance(value, list) else [value]


def resource_id(value: Any) -> str:
    """Returns the logical id of a resource in a policy, or its text if that combines several references."""
    if isinstance(value, dict) and "Fn::GetAtt" in value:
        name, attribute = value["Fn::GetAtt"]
        assert attribute == "Arn"
        return str(name)
    if value == "*":
        return "*"  # IAM has no resource for this action; test_template_data checks that it occurs once
    assert isinstance(value, dict), f"{value} is not part of this template"
    if "Ref" in value:
        return str(value["Ref"])
    if "Fn::If" in value:
        return resource_id(value["Fn::If"][2])  # what applies with the default of a parameter
    text = value["Fn::Sub"]
    return str(text[0] if isinstance(text, list) else text)


def permitted_actions(function: str) -> Iterator[tuple[str, str]]:
    """Returns each pair of action and resource that the role of a function permits under any condition."""
    for statement in statements(function):
        assert statement["Effect"] == "Allow"
        for action in as_list(statement["Action"]):
            for resource in as_list(statement["Resource"]):
                yield action, resource_id(resource)


def is_permitted(function: str, action: str, resource: str, keys: Mapping[str, Collection[str]]) -> bool:
    """Returns whether a statement permits a request."""
    return any(
        action in as_list(statement["Action"])
        and any(fnmatchcase(resource, resource_id(pattern)) for pattern in as_list(statement["Resource"]))
        and _holds(statement.get("Condition", {}), keys)
        for statement in statements(function)
    )


def _holds(condition: Mapping[str, Mapping[str, Any]], keys: Mapping[str, Collection[str]]) -> bool:
    return all(
        _compare(operator, keys.get(key, ()), as_list(expected))
        for operator, compared in condition.items()
        for key, expected in compared.items()
        if key.startswith(_EVALUATED_KEYS)
    )


def _compare(operator: str, values: Collection[str], expected: list[str]) -> bool:
    operators = {
        "ForAllValues:StringEquals": lambda: all(value in expected for value in values),
        "ForAllValues:StringLike": lambda: all(_is_like(value, expected) for value in values),
        "StringEquals": lambda: bool(values) and all(value in expected for value in values),
        "StringLike": lambda: bool(values) and all(_is_like(value, expected) for value in values),
        "StringEqualsIfExists": lambda: all(value in expected for value in values),
    }
    return operators[operator]()


def _is_like(value: str, patterns: list[str]) -> bool:
    return any(fnmatchcase(value, pattern) for pattern in patterns)
