"""Translates template.yaml to plain CloudFormation, as AWS does for `sam deploy`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

from local.aws import make_session
from local.translated import CODE_BUCKET, Code, Translated

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_LAYER = "AWS::Serverless::LayerVersion"
_CODE_ATTRIBUTES = {"AWS::Serverless::Function": "CodeUri", _LAYER: "ContentUri"}


class _ManagedPolicies(dict[str, str]):
    """The ARNs of AWS managed policies by name. Without them the translator would call IAM."""

    def __missing__(self, name: str) -> str:
        return f"arn:aws:iam::aws:policy/{name}"


def translate(path: Path, parameters: Mapping[str, str]) -> Translated:
    """Translates the template at `path` with these parameters."""
    source = yaml_parse(path.read_text("utf-8"))
    code = {}
    for name, resource in source["Resources"].items():
        if attribute := _CODE_ATTRIBUTES.get(resource["Type"]):
            code[name] = _to_code(path.parent, resource, attribute)
            resource["Properties"][attribute] = f"s3://{CODE_BUCKET}/{name}.zip"
    translator = Translator(_ManagedPolicies(), Parser(), boto_session=make_session())
    return Translated(translator.translate(source, parameter_values=dict(parameters)), code)


def _to_code(root: Path, resource: Mapping[str, Any], attribute: str) -> Code:
    """Returns the paths of a function or layer by the rules of SAM's makefile builder."""
    folder = resource["Properties"][attribute]
    metadata = resource["Metadata"]
    return Code(
        folder=root / folder,
        makefile=root / metadata.get("ContextPath", folder) / "Makefile",
        works_in=root / metadata.get("WorkingDirectory", folder),
        is_layer=resource["Type"] == _LAYER,
    )
