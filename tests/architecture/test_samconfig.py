"""What `make deploy` tells the SAM CLI, environment by environment."""

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
"""The same when each line that is commented out is taken in."""
OVERRIDES = [
    (environment, *override.split("=", 1))
    for environment in ("trial", "production")
    for override in SET_BY_ADOPTERS[environment]["parameter_overrides"]
]


def test_a_production_that_fails_is_mended_in_place_since_its_tables_refuse_to_be_rolled_back() -> None:
    production = ENVIRONMENTS["production"]
    assert production["disable_rollback"] is True
    assert production["confirm_changeset"] is True


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_deployment_that_changes_nothing_is_no_failure(environment: str) -> None:
    assert ENVIRONMENTS[environment]["fail_on_empty_changeset"] is False


def test_a_trial_that_fails_goes_as_it_came() -> None:
    assert [name for name, each in ENVIRONMENTS.items() if "disable_rollback" in each] == ["production"]


def test_every_parameter_stands_commented_out_for_production_in_the_order_of_the_template() -> None:
    named = [name for environment, name, _ in OVERRIDES if environment == "production"]
    assert named == list(PARAMETERS)


def test_nothing_but_the_environment_is_set_before_an_adopter_sets_it() -> None:
    said = {name: each["parameter_overrides"] for name, each in ENVIRONMENTS.items()}
    assert said == {
        "default": "Environment=trial",
        "trial": ["Environment=trial"],
        "production": ["Environment=production"],
    }


@pytest.mark.parametrize(("environment", "name", "value"), OVERRIDES)
def test_what_an_adopter_uncomments_is_a_value_that_the_template_takes(
    environment: str, name: str, value: str
) -> None:
    parameter = PARAMETERS[name]
    assert value in parameter.get("AllowedValues", [value])
    assert re.search(parameter.get("AllowedPattern", ""), value)
    if name != "Environment" and parameter["Default"] != "":
        assert value == str(parameter["Default"]), "show the default where there is one"


def test_each_stands_below_the_templates_own_words() -> None:
    written = re.findall(r'^  # (.+)\.\n  # "(\w+)=', SAMCONFIG, re.MULTILINE)
    assert len(written) == len([name for _, name, _ in OVERRIDES if name != "Environment"])
    for words, name in written:
        assert words == PARAMETERS[name]["Description"]
