"""template.yaml, parsed: intrinsics kept as plain values."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import yaml

PATH = Path(__file__).parents[2] / "template.yaml"


class _Loader(yaml.CSafeLoader):
    """A SAM template as it is written: `!Ref X` becomes `{"Ref": "X"}`, `!Sub …` `{"Fn::Sub": …}`."""


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
    """The whole template."""
    parsed = yaml.load(PATH.read_text(), _Loader)  # noqa: S506 - a SafeLoader
    # What an anchor shares is no longer shared then, and a test can change one resource alone.
    whole: dict[str, Any] = json.loads(json.dumps(parsed))
    return whole


def time_of(function: str) -> int:
    """The seconds after which a function is cut off."""
    own = template()["Resources"][function]["Properties"]
    seconds: int = own.get("Timeout", template()["Globals"]["Function"]["Timeout"])
    return seconds


def variables(function: str) -> dict[str, Any]:
    """What a function is given in its environment."""
    common = template()["Globals"]["Function"]["Environment"]["Variables"]
    own = template()["Resources"][function]["Properties"]["Environment"]["Variables"]
    return {**common, **own}


def table_definition(logical_id: str) -> dict[str, Any]:
    """What create_table takes of a table of the template."""
    properties = template()["Resources"][logical_id]["Properties"]
    wanted = (
        "KeySchema",
        "AttributeDefinitions",
        "BillingMode",
        "GlobalSecondaryIndexes",
        "StreamSpecification",
    )
    made = {name: properties[name] for name in wanted if name in properties}
    if "StreamSpecification" in made:
        made["StreamSpecification"] = {"StreamEnabled": True, **made["StreamSpecification"]}
    return made
