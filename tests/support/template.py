"""Parses template.yaml. Intrinsic functions stay plain values."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import yaml

PATH = Path(__file__).parents[2] / "template.yaml"


class _Loader(yaml.CSafeLoader):
    """Loads a SAM template: `!Ref X` becomes `{"Ref": "X"}`, and `!Sub …` becomes `{"Fn::Sub": …}`."""


def _intrinsic(loader: _Loader, tag: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    if tag == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {tag if tag in ("Ref", "Condition") else f"Fn::{tag}": value}


_Loader.add_multi_constructor("!", _intrinsic)


@functools.cache
def template() -> dict[str, Any]:
    """Returns the whole template."""
    parsed = yaml.load(PATH.read_text(), _Loader)  # noqa: S506 - a SafeLoader
    # Anchors make several resources share an object. The copy shares none, so a test can change one resource.
    copied: dict[str, Any] = json.loads(json.dumps(parsed))
    return copied


def timeout_of(function: str) -> int:
    """Returns the time-out of a function, in seconds."""
    own = template()["Resources"][function]["Properties"]
    seconds: int = own.get("Timeout", template()["Globals"]["Function"]["Timeout"])
    return seconds


def variables(function: str) -> dict[str, Any]:
    """Returns the environment variables of a function."""
    common = template()["Globals"]["Function"]["Environment"]["Variables"]
    own = template()["Resources"][function]["Properties"]["Environment"]["Variables"]
    return {**common, **own}


def table_definition(logical_id: str) -> dict[str, Any]:
    """Returns the arguments of create_table for a table of the template."""
    properties = template()["Resources"][logical_id]["Properties"]
    names = (
        "KeySchema",
        "AttributeDefinitions",
        "BillingMode",
        "GlobalSecondaryIndexes",
        "StreamSpecification",
    )
    arguments = {name: properties[name] for name in names if name in properties}
    if "StreamSpecification" in arguments:
        arguments["StreamSpecification"] = {"StreamEnabled": True, **arguments["StreamSpecification"]}
    return arguments
