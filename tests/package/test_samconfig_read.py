"""Checks how the pinned SAM CLI reads samconfig.toml: the parameters of a deployment."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.system

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".tools" / "sam" / "bin" / "python"
SAMCONFIG = (ROOT / "samconfig.toml").read_text()
SET_BY_ADOPTERS = re.sub(r'^  # "', '  "', SAMCONFIG, flags=re.MULTILINE)
"""The same when each line that is commented out is taken in."""

# The command itself, up to the point where it would start to deploy; there it prints its parameters.
_READ = """
import inspect, json, sys
import samcli.commands.deploy.command as deploy
from samcli.cli.main import cli

names = list(inspect.signature(deploy.do_cli).parameters)

def say(*given):
    print(json.dumps(dict(zip(names, given))))

deploy.do_cli = say
cli(sys.argv[1:], standalone_mode=False)
"""


Read = Callable[[str, str], dict[str, Any]]


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Read:
    """Reads what a samconfig.toml gives the command in an environment: once for each text and environment."""
    assert PYTHON.exists(), "make build first"

    @cache
    def read(samconfig: str, environment: str) -> dict[str, Any]:
        home = tmp_path_factory.mktemp("home")
        file = home / "samconfig.toml"
        file.write_text(samconfig)
        done = subprocess.run(
            [PYTHON, "-I", "-c", _READ, "deploy", "--config-file", file, "--config-env", environment],
            cwd=ROOT,
            env={
                "SAM_CLI_TELEMETRY": "0",
                "HOME": str(home),
                "AWS_DEFAULT_REGION": "us-east-1",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        given: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return given

    return read


def _overrides(samconfig: str, environment: str) -> dict[str, str]:
    overrides = tomllib.loads(samconfig)[environment]["deploy"]["parameters"]["parameter_overrides"]
    return {name: value.strip('"') for name, value in (line.split("=", 1) for line in overrides)}


@pytest.mark.parametrize("environment", ["trial", "production"])
@pytest.mark.parametrize("samconfig", [SAMCONFIG, SET_BY_ADOPTERS], ids=["as it is", "every line taken in"])
def test_each_line_of_an_environment_is_one_parameter_of_its_deployment(
    environment: str, samconfig: str, read: Read
) -> None:
    given = read(samconfig, environment)
    assert given["parameter_overrides"] == _overrides(samconfig, environment)


def test_production_asks_before_a_change_and_does_not_roll_back(read: Read) -> None:
    given = read(SAMCONFIG, "production")
    assert (given["stack_name"], given["confirm_changeset"], given["disable_rollback"]) == (
        "heed",
        True,
        True,
    )


def test_a_trial_has_its_own_stack_and_rolls_back(read: Read) -> None:
    given = read(SAMCONFIG, "trial")
    assert (given["stack_name"], given["confirm_changeset"], given["disable_rollback"]) == (
        "heed-trial",
        False,
        False,
    )
