"""What the policies of the roles of template.yaml say of a request under their conditions.

What a function calls is put to a real evaluator, in tests/iam. This says what no function calls, so fast that
every condition can be tried.
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
_LOOKED_AT = ("dynamodb:", "s3:prefix")  # of other conditions a request says nothing here


def role(function: str) -> tuple[str, dict[str, Any]]:
    """The name and the properties of a function's role."""
    name = FUNCTIONS[function]["Role"]["Fn::GetAtt"][0]
    return name, RESOURCES[name]["Properties"]


def statements(function: str) -> list[dict[str, Any]]:
    """The statements of a function's role."""
    (policy,) = role(function)[1]["Policies"]
    found: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return found


def listed(value: Any) -> list[Any]:
    """One value, or several, as a list."""
    return value if isinstance(value, list) else [value]


def named(value: Any) -> str:
    """The logical id that a resource of a policy names, or its text where it is made of several."""
    if isinstance(value, dict) and "Fn::GetAtt" in value:
        name, attribute = value["Fn::GetAtt"]
        assert attribute == "Arn"
        return str(name)
    if value == "*":
        return "*"  # where IAM knows no resource: test_template_data names the one place
    assert isinstance(value, dict), f"{value} is no part of this template"
    written = value["Fn::Sub"]
    return str(written[0] if isinstance(written, list) else written)


def rights(function: str) -> Iterator[tuple[str, str]]:
    """Each action and resource that a function's role permits, under whatever condition."""
    for statement in statements(function):
        assert statement["Effect"] == "Allow"
        for action in listed(statement["Action"]):
            for resource in listed(statement["Resource"]):
                yield action, named(resource)


def permitted(function: str, action: str, resource: str, keys: Mapping[str, Collection[str]]) -> bool:
    """Whether some statement permits a request."""
    return any(
        action in listed(statement["Action"])
        and any(fnmatchcase(resource, named(one)) for one in listed(statement["Resource"]))
        and _holds(statement.get("Condition", {}), keys)
        for statement in statements(function)
    )


def _holds(condition: Mapping[str, Mapping[str, Any]], keys: Mapping[str, Collection[str]]) -> bool:
    return all(
        _compares(operator, keys.get(key, ()), listed(wanted))
        for operator, compared in condition.items()
        for key, wanted in compared.items()
        if key.startswith(_LOOKED_AT)
    )


def _compares(operator: str, values: Collection[str], wanted: list[str]) -> bool:
    every = {
        "ForAllValues:StringEquals": lambda: all(value in wanted for value in values),
        "ForAllValues:StringLike": lambda: all(_is_like(value, wanted) for value in values),
        "StringEquals": lambda: bool(values) and all(value in wanted for value in values),
        "StringLike": lambda: bool(values) and all(_is_like(value, wanted) for value in values),
        "StringEqualsIfExists": lambda: all(value in wanted for value in values),
    }
    return every[operator]()


def _is_like(value: str, patterns: list[str]) -> bool:
    return any(fnmatchcase(value, pattern) for pattern in patterns)
