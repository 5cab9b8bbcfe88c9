"""template.yaml into plain CloudFormation, as `sam deploy` would have AWS do it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

from local.aws import session

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CODE_BUCKET = "local-code"
_CODE = {"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::LayerVersion": "ContentUri"}


@dataclass(frozen=True)
class Code:
    """A function's or layer's folder, and where `sam build` finds its Makefile and runs it."""

    folder: Path
    makefile: Path
    works_in: Path


@dataclass(frozen=True)
class Translated:
    """The CloudFormation template, and by logical id the code behind its functions and layers."""

    template: dict[str, Any]
    code: dict[str, Code]


class _ManagedPolicies(dict[str, str]):
    """The ARN of any AWS managed policy; the translator would ask IAM for a list of them."""

    def __missing__(self, name: str) -> str:
        return f"arn:aws:iam::aws:policy/{name}"


def translate(path: Path, parameters: Mapping[str, str]) -> Translated:
    """Translate the template at `path` for these parameters."""
    source = yaml_parse(path.read_text("utf-8"))
    code = {}
    for name, resource in source["Resources"].items():
        if attribute := _CODE.get(resource["Type"]):
            code[name] = _code(path.parent, resource, attribute)
            resource["Properties"][attribute] = f"s3://{CODE_BUCKET}/{name}.zip"
    translator = Translator(_ManagedPolicies(), Parser(), boto_session=session())
    return Translated(translator.translate(source, parameter_values=dict(parameters)), code)


def _code(root: Path, resource: Mapping[str, Any], attribute: str) -> Code:
    """The paths of one, by the rules of SAM's makefile builder."""
    folder = resource["Properties"][attribute]
    metadata = resource["Metadata"]
    return Code(
        folder=root / folder,
        makefile=root / metadata.get("ContextPath", folder) / "Makefile",
        works_in=root / metadata.get("WorkingDirectory", folder),
    )
