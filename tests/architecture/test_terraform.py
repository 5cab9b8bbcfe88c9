"""docs/terraform.md: its Terraform fits the template. It is parsed, and never applied."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import hcl2
import pytest

from tests.support.template import template
from tests.support.translated_template import translated_template

DOCS = Path(__file__).parents[2] / "docs"
SOURCE = (DOCS / "examples" / "heed.tf").read_text()
PAGE = (DOCS / "terraform.md").read_text()
PARSED: dict[str, Any] = hcl2.loads(SOURCE)
RESERVED = {"count", "depends_on", "for_each", "lifecycle", "locals", "providers", "source", "version"}
NEEDED_AT_A_START = {
    "DomainName",
    "CertificateArn",
    "ConfigurationSet",
    "MailFrom",
    "ConfirmationsPerDay",
    "AlarmEmail",
}


def _blocks(kind: str) -> dict[str, dict[str, Any]]:
    """Returns the blocks of a kind by their last label."""
    found = {}
    for block in PARSED[kind]:
        while len(block) == 1:
            ((label, block),) = block.items()
        found[label.strip('"')] = block
    return found


def _stack() -> dict[str, Any]:
    return _blocks("resource")["heed"]


def _literal(value: str) -> str | None:
    """Returns the text of a literal; None for a reference."""
    return value.strip('"') if value.startswith('"') else None


def test_the_page_has_the_whole_file() -> None:
    assert f"```hcl\n{SOURCE}```\n" in PAGE


def test_the_page_says_that_nobody_has_applied_it() -> None:
    assert "Nobody has applied this page yet" in PAGE


def test_the_stack_has_what_a_start_of_production_needs() -> None:
    parameters = _stack()["parameters"]
    assert parameters.keys() == {"Environment"} | NEEDED_AT_A_START
    assert _literal(parameters["Environment"]) == "production"
    (table,) = re.findall(r"start needs these:\n\n(.+?)\n\n", (DOCS / "deploying.md").read_text(), re.DOTALL)
    assert set(re.findall(r"`([A-Z]\w+)`[,|  ]", table)) >= NEEDED_AT_A_START - {"CertificateArn"}


@pytest.mark.parametrize("name", _stack()["parameters"])
def test_the_template_accepts_each_parameter(name: str) -> None:
    parameter = template()["Parameters"][name]
    value = _literal(_stack()["parameters"][name])
    if value is not None:
        assert value in parameter.get("AllowedValues", [value])
        assert re.search(parameter.get("AllowedPattern", ""), value)
        assert parameter["Type"] == "String" or value.isdigit()


def test_the_capabilities_are_those_that_the_template_needs() -> None:
    resources = translated_template("production")["Resources"].values()
    identities = [each["Properties"] for each in resources if each["Type"].startswith("AWS::IAM::")]
    assert identities, "CAPABILITY_IAM"
    assert not any({"RoleName", "ManagedPolicyName", "UserName"} & each.keys() for each in identities)
    assert template()["Transform"] == "AWS::Serverless-2016-10-31", "CAPABILITY_AUTO_EXPAND"
    capabilities = [each.strip('"') for each in _stack()["capabilities"]]
    assert capabilities == ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]


def test_each_output_is_one_of_the_template() -> None:
    read = re.findall(r'outputs\["(\w+)"\]', SOURCE)
    assert len(read) == len(_blocks("output"))
    assert set(read) <= template()["Outputs"].keys()


def test_each_variable_is_declared_explained_and_used() -> None:
    variables = _blocks("variable")
    assert variables.keys() == set(re.findall(r"var\.(\w+)", SOURCE))
    assert all(_literal(variable["description"]) for variable in variables.values())
    assert not variables.keys() & RESERVED
    given = set(re.findall(r"-var (\w+)=", PAGE))
    assert given == variables.keys()


def test_a_plan_that_deletes_a_production_stack_is_refused() -> None:
    (lifecycle,) = _stack()["lifecycle"]
    assert lifecycle["prevent_destroy"] is True
    assert _stack()["disable_rollback"] is True


def test_a_new_template_has_a_new_url() -> None:
    """Terraform compares the URL of the template, and not what is behind it."""
    key = _blocks("resource")["template"]["key"]
    assert 'filesha256("packaged.yaml")' in key
    assert "aws_s3_object.template.key" in _stack()["template_url"]
