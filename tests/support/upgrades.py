"""What the update of a stack must not do, read off the translated templates before and after it."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
RELEASED = ROOT / "tests" / "architecture" / "released"

Template = Mapping[str, Any]

# What must not be lost, because it holds something or others know its name; and for which properties
# CloudFormation replaces it.
KEPT = {
    "AWS::ApiGatewayV2::Api": ("ProtocolType",),
    "AWS::ApiGatewayV2::DomainName": ("DomainName",),
    "AWS::DynamoDB::Table": ("TableName", "KeySchema"),
    "AWS::Events::EventBus": ("Name",),
    "AWS::KMS::Alias": ("AliasName",),
    "AWS::KMS::Key": ("KeySpec", "KeyUsage", "MultiRegion"),
    "AWS::Lambda::LayerVersion": ("LayerName",),
    "AWS::Logs::LogGroup": ("LogGroupName",),
    "AWS::S3::Bucket": ("BucketName",),
    "AWS::SES::ConfigurationSet": ("Name",),
    "AWS::SES::EmailIdentity": ("EmailIdentity",),
    "AWS::SNS::Topic": ("TopicName",),
    "AWS::SQS::Queue": ("QueueName", "FifoQueue"),
}
_FATE = ("Condition", "DeletionPolicy", "UpdateReplacePolicy")
_HASH = re.compile(r"[0-9a-f]{10}$")  # which SAM puts behind the name of a layer, anew for each content


def version() -> str:
    """The version that the core has now."""
    project = tomllib.loads((ROOT / "layers/core/pyproject.toml").read_text())
    return str(project["project"]["version"])


def released() -> dict[str, Any]:
    """The translated template of the newest release. Each release was compared with the one before."""
    newest = max(RELEASED.glob("*.json"), key=lambda path: [int(n) for n in path.stem.split(".")])
    template: dict[str, Any] = json.loads(newest.read_text())
    return template


def faults(before: Template, after: Template) -> Iterator[str]:
    """What an update from one template to the other would lose, or AWS would refuse."""
    old, new = _resources(before), _resources(after)
    for name, resource in old.items():
        if resource["Type"] in KEPT:
            yield from _of_kept(name, resource, new.get(name, {}))
        elif name in new and new[name]["Type"] != resource["Type"]:
            yield f"{name} becomes another type of resource, which CloudFormation refuses"
    for name, resource in new.items():
        if resource["Type"] == "AWS::DynamoDB::Table":
            yield from _of_indexes(name, old.get(name, {}), resource)
    for kept, what in ((_throttled, "the throttle of"), (_routes, "the route")):
        for route in sorted(kept(old) - kept(new)):
            yield f"{what} {route} goes"
    yield from _of_parameters(before["Parameters"], after["Parameters"])
    for name in sorted(before["Outputs"].keys() - after["Outputs"].keys()):
        yield f"the output {name} goes"


def _resources(template: Template) -> dict[str, Any]:
    return {
        _HASH.sub("", name) if resource["Type"] == "AWS::Lambda::LayerVersion" else name: resource
        for name, resource in template["Resources"].items()
    }


def _properties(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = resource.get("Properties", {})
    return found


def _of_kept(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    if new.get("Type") != old["Type"]:
        yield f"{name} goes"
        return
    for each in KEPT[old["Type"]]:
        if _properties(old).get(each) != _properties(new).get(each):
            yield f"{name} is replaced, because its {each} changes"
    for each in _FATE:
        if old.get(each) != new.get(each):
            yield f"{name} has another {each}"
    types = _attributes(new)
    for attribute, kind in _attributes(old).items():
        if types.get(attribute, kind) != kind:
            yield f"{name} is replaced, because its attribute {attribute} has another type"


def _attributes(table: Mapping[str, Any]) -> dict[str, str]:
    defined = _properties(table).get("AttributeDefinitions", ())
    return {each["AttributeName"]: each["AttributeType"] for each in defined}


def _of_indexes(table: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """CloudFormation updates neither keys nor projection of an index, and refuses the whole update."""
    before, after = _indexes(old), _indexes(new)
    for name, index in before.items():
        if after.get(name) != index:
            yield f"{table} changes its index {name}: another projection needs another name"
    if old and len(after.keys() - before.keys()) > 1:
        yield f"{table} gets more than one index, of which DynamoDB makes one in an update"


def _indexes(table: Mapping[str, Any]) -> dict[str, Any]:
    return {
        each["IndexName"]: (each["KeySchema"], each["Projection"])
        for each in _properties(table).get("GlobalSecondaryIndexes", ())
    }


def _throttled(resources: Mapping[str, Any]) -> set[str]:
    """API Gateway keeps the throttle of a route that is gone, and refuses the update."""
    stages = [r for r in resources.values() if r["Type"] == "AWS::ApiGatewayV2::Stage"]
    return {route for stage in stages for route in _properties(stage).get("RouteSettings", ())}


def _routes(resources: Mapping[str, Any]) -> set[str]:
    apis = [r for r in resources.values() if r["Type"] == "AWS::ApiGatewayV2::Api"]
    return {
        f"{method} {path}"
        for api in apis
        for path, methods in _properties(api)["Body"]["paths"].items()
        for method in methods
    }


def _of_parameters(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for name, old in before.items():
        new = after.get(name)
        if new is None:
            yield f"the parameter {name} goes, and a samconfig.toml that sets it is refused"
        elif _narrowed(old, new):
            yield f"the parameter {name} may refuse the value that a stack has"
    for name in sorted(after.keys() - before.keys()):
        if "Default" not in after[name]:
            yield f"the parameter {name} is new and has no default"


def _narrowed(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    allowed = new.get("AllowedValues")
    return (
        old["Type"] != new["Type"]
        or ("Default" in old and "Default" not in new)
        or new.get("AllowedPattern") not in (None, old.get("AllowedPattern"))
        or (allowed is not None and not set(old.get("AllowedValues", ("any other",))) <= set(allowed))
        or new.get("MinValue", float("-inf")) > old.get("MinValue", float("-inf"))
        or new.get("MaxValue", float("inf")) < old.get("MaxValue", float("inf"))
    )
