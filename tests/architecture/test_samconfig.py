"""What `make deploy` tells the SAM CLI, environment by environment."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
ENVIRONMENTS: dict[str, Any] = {
    name: section["deploy"]["parameters"]
    for name, section in tomllib.loads((ROOT / "samconfig.toml").read_text()).items()
    if isinstance(section, dict)
}


def test_a_production_that_fails_is_mended_in_place_since_its_tables_refuse_to_be_rolled_back() -> (
    None
):
    production = ENVIRONMENTS["production"]
    assert production["disable_rollback"] is True
    assert production["confirm_changeset"] is True


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_deployment_that_changes_nothing_is_no_failure(environment: str) -> None:
    assert ENVIRONMENTS[environment]["fail_on_empty_changeset"] is False


def test_a_trial_that_fails_goes_as_it_came() -> None:
    assert [name for name, each in ENVIRONMENTS.items() if "disable_rollback" in each] == [
        "production"
    ]
