"""The settings of `make deploy` for each environment."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.support.template import template

ROOT = Path(__file__).parents[2]
SAMCONFIG = (ROOT / "samconfig.toml").read_text()
PARAMETERS = template()["Parameters"]


def _environments(samconfig: str) -> dict[str, Any]:
    return {
        name: section["deploy"]["parameters"]
        for name, section in tomllib.loads(samconfig).items()
        if isinstance(section, dict)
    }


ENVIRONMENTS = _environments(SAMCONFIG)
SET_BY_ADOPTERS = _environments(re.sub(r'^  # "', '  "', SAMCONFIG, flags=re.MULTILINE))
"""The environments with the commented lines included."""
OVERRIDES = [
    (environment, *override.split("=", 1))
    for environment in ("trial", "production")
    for override in SET_BY_ADOPTERS[environment]["parameter_overrides"]
]


def test_a_failed_production_deployment_is_not_rolled_back() -> None:
    production = ENVIRONMENTS["production"]
    assert production["disable_rollback"] is True
    assert production["confirm_changeset"] is True


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_deployment_without_changes_does_not_fail(environment: str) -> None:
    assert ENVIRONMENTS[environment]["fail_on_empty_changeset"] is False


def test_a_failed_trial_deployment_is_rolled_back() -> None:
    assert [name for name, settings in ENVIRONMENTS.items() if "disable_rollback" in settings] == [
        "production"
    ]


def test_production_lists_each_parameter_as_a_comment_in_the_order_of_the_template() -> None:
    named = [name for environment, name, _ in OVERRIDES if environment == "production"]
    assert named == list(PARAMETERS)


def test_only_the_environment_is_set_by_default() -> None:
    overrides = {name: settings["parameter_overrides"] for name, settings in ENVIRONMENTS.items()}
    assert overrides == {
        "default": "Environment=trial",
        "trial": ["Environment=trial"],
        "production": ["Environment=production"],
    }


@pytest.mark.parametrize(("environment", "name", "value"), OVERRIDES)
def test_each_commented_value_is_valid_in_the_template(environment: str, name: str, value: str) -> None:
    parameter = PARAMETERS[name]
    assert value in parameter.get("AllowedValues", [value])
    assert re.search(parameter.get("AllowedPattern", ""), value)
    if name != "Environment" and parameter["Default"] != "":
        assert value == str(parameter["Default"]), "show the default if there is one"


def test_each_parameter_is_below_its_description_in_the_template() -> None:
    comments = re.findall(r'^  # (.+)\.\n  # "(\w+)=', SAMCONFIG, re.MULTILINE)
    assert len(comments) == len([name for _, name, _ in OVERRIDES if name != "Environment"])
    for description, name in comments:
        assert description == PARAMETERS[name]["Description"]
