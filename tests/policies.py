"""What the policies of template.yaml say: of each role, and of a request under their conditions."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from tests.template import template

RESOURCES: dict[str, dict[str, Any]] = template()["Resources"]
FUNCTIONS = {
    name: resource["Properties"]
    for name, resource in RESOURCES.items()
    if resource["Type"] == "AWS::Serverless::Function"
}
_WORDS = {"SET", "ADD", "REMOVE", "DELETE", "AND", "OR", "NOT", "IN", "BETWEEN"}
_NAME = re.compile(r"(?<![\w.:#])(#\w+|[A-Za-z_]\w*)(?!\w)(\s*\()?")
_EXPRESSIONS = (
    "UpdateExpression",
    "ConditionExpression",
    "KeyConditionExpression",
    "FilterExpression",
    "ProjectionExpression",
)
_PARTITIONS = (
    "pk",
    "subject",
    "id",
)  # of Control, Ledger, Preferences; an order of a purge has a subject
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


def permitted(
    function: str, action: str, resource: str | None, keys: Mapping[str, Collection[str]]
) -> bool:
    """Whether some statement permits a request; `resource` None: whichever it is about."""
    return any(
        action in listed(statement["Action"])
        and any(_fits(resource, named(one)) for one in listed(statement["Resource"]))
        and _holds(statement.get("Condition", {}), keys)
        for statement in statements(function)
    )


def of_request(request: Mapping[str, Any]) -> dict[str, set[str]]:
    """The condition keys of a request to DynamoDB or S3, as AWS makes them of it.

    A key of which a request says nothing is absent, and `ForAllValues` holds for it.
    """
    keys = {
        "dynamodb:LeadingKeys": set(_leading(request)),
        "dynamodb:Attributes": set(_attributes(request)),
        "dynamodb:ReturnValues": {request.get("ReturnValues", "")},
        "dynamodb:Select": {request.get("Select", "")},
        "s3:prefix": {request.get("Prefix", "")},
    }
    return {key: found for key, values in keys.items() if (found := values - {""})}


def says_whether_it_is_told_of(request: Mapping[str, Any]) -> bool:
    """Whether a write that gives a record its next number sets `spared` or removes it.

    One that leaves it as it is would be taken for a repeat by link while such are spared.
    """
    if request.get("TableName") != "Preferences":
        return True
    said = request.get("UpdateExpression", "")
    return not re.search(r"\bn :one\b", said) or bool(re.search(r"\bspared\b", said))


def _fits(resource: str | None, pattern: str) -> bool:
    return resource is None or pattern == "*" or fnmatchcase(resource, pattern)


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


def _items(request: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The keys and items that a request names."""
    yield from (request[part] for part in ("Key", "Item") if isinstance(request.get(part), Mapping))
    for asked in request.get("RequestItems", {}).values():
        yield from asked["Keys"]


def _leading(request: Mapping[str, Any]) -> Iterator[str]:
    for item in _items(request):
        name = next(name for name in _PARTITIONS if name in item)
        yield item[name]["S"]
    if asked := request.get("KeyConditionExpression"):
        value = re.findall(r":\w+", asked)[0]
        yield request["ExpressionAttributeValues"][value]["S"]


def _attributes(request: Mapping[str, Any]) -> Iterator[str]:
    for item in _items(request):
        yield from item
    aliases = request.get("ExpressionAttributeNames", {})
    for part in _EXPRESSIONS:
        for name, is_function in _NAME.findall(request.get(part, "")):
            if not is_function and name not in _WORDS:
                yield aliases.get(name, name)
