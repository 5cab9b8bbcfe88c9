"""Runs `heed` in this process, in a temporary folder, against a stack that is served in this process."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import pytest

from heed.domain.api_key import KeyScope
from heed.entrypoints.cli.main import main
from tests.cli.server import FUNCTIONS, ApiServer, serve
from tests.support.deployment import World, deployed, parts, restart

DEPLOYED = "heed-test"


class CommandResult(NamedTuple):
    """The exit code and the output of a command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Heed = Callable[..., CommandResult]


@pytest.fixture
def heed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Heed:
    """Runs the command with `stdin` as its standard input, at a terminal or not."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HEED_API_KEY", raising=False)

    def run(*arguments: str, stdin: str | bytes = "", is_terminal: bool = False) -> CommandResult:
        content = stdin.encode() if isinstance(stdin, str) else stdin
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        for stream in (sys.stdin, sys.stderr):
            monkeypatch.setattr(stream, "isatty", lambda: is_terminal)
        capsys.readouterr()
        code = main(arguments)
        printed = capsys.readouterr()
        return CommandResult(code, printed.out, printed.err)

    return run


@pytest.fixture(scope="module")
def _deployed() -> Iterator[World]:
    """One deployment per test module, because it takes longer than a test."""
    with pytest.MonkeyPatch.context() as patch, deployed(patch) as world:
        yield world


@pytest.fixture(scope="module")
def _server(_deployed: World) -> Iterator[ApiServer]:
    with serve(_deployed) as server:
        yield server


@pytest.fixture(scope="module")
def outputs(_server: ApiServer) -> dict[str, str]:
    """The outputs of the template that commands read."""
    return {
        "ApiUrl": _server.url,
        "ControlTable": _server.world.control,
        "PreferencesTable": _server.world.table,
        "IdentityKeyArn": parts().config.identity_key,
        "LinksKeyArn": parts().config.links_key,
    }


@pytest.fixture(scope="module")
def _stack(outputs: dict[str, str]) -> str:
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}}
    function = {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            "Runtime": "python3.13",
            "Handler": "app.handler",
            "Code": {"ZipFile": "pass"},
        },
    }
    template = {
        "Parameters": {"LinkKeyIds": {"Type": "String", "Default": "1"}},
        "Resources": {"OptOutRetryFunction": function, "Role": role},
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }
    boto3.client("cloudformation").create_stack(StackName=DEPLOYED, TemplateBody=json.dumps(template))
    return DEPLOYED


@pytest.fixture
def world(_deployed: World) -> World:
    """A deployed Heed with empty tables."""
    _deployed.clear_table(_deployed.table, "id")
    _deployed.clear_table(_deployed.control, "pk")
    restart()  # a function remembers its last entry in the register of disclosures
    return _deployed


@pytest.fixture
def server(world: World, _server: ApiServer) -> ApiServer:
    """The functions behind a server that has no requests yet."""
    _server.requests.clear()
    _server.canned_answers.clear()
    _server.works_on_jobs = True
    return _server


@pytest.fixture
def api_key(world: World) -> str:
    """An API key with all scopes."""
    return parts().api_keys.create("all", "tests", list(KeyScope))[1]


@pytest.fixture
def local(tmp_path: Path, server: ApiServer, outputs: dict[str, str], api_key: str) -> Path:
    """The file that announces a local stack in the temporary folder."""
    path = tmp_path / ".local" / "stack.json"
    path.parent.mkdir()
    stack = {
        "api": server.url,
        "aws": server.url,
        "region": "us-east-1",
        "api_key": api_key,
        "outputs": {**outputs, "functions": {name: name for name in FUNCTIONS}},
    }
    path.write_text(json.dumps(stack))
    return path


@pytest.fixture
def stack(server: ApiServer, _stack: str) -> str:
    """The name of a deployed stack that CloudFormation knows."""
    return _stack
