"""The command in this process, in a folder of its own, beside a stack that is served here."""

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
from tests.cli.served import FUNCTIONS, Served, served
from tests.support.deployment import World, deployed, parts

DEPLOYED = "heed-test"


class Ended(NamedTuple):
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Heed = Callable[..., Ended]


@pytest.fixture
def heed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Heed:
    """Runs the command with `stdin` as its standard input, at a terminal or not."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HEED_API_KEY", raising=False)

    def run(*arguments: str, stdin: str | bytes = "", is_terminal: bool = False) -> Ended:
        content = stdin.encode() if isinstance(stdin, str) else stdin
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        for stream in (sys.stdin, sys.stderr):
            monkeypatch.setattr(stream, "isatty", lambda: is_terminal)
        capsys.readouterr()
        try:
            code = main(arguments)
        except SystemExit as end:  # argparse's own
            code = int(end.code or 0)
        printed = capsys.readouterr()
        return Ended(code, printed.out, printed.err)

    return run


@pytest.fixture(scope="module")
def _deployed() -> Iterator[World]:
    """Made once a module, for it takes longer than a test."""
    with pytest.MonkeyPatch.context() as patch, deployed(patch) as made:
        yield made


@pytest.fixture(scope="module")
def _served(_deployed: World) -> Iterator[Served]:
    with served(_deployed) as running:
        yield running


@pytest.fixture(scope="module")
def outputs(_served: Served) -> dict[str, str]:
    """What the template's outputs would say."""
    return {
        "ApiUrl": _served.url,
        "ControlTable": _served.world.control,
        "PreferencesTable": _served.world.table,
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
        "Resources": {"OptOutRetryFunction": function, "Role": role},
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }
    boto3.client("cloudformation").create_stack(StackName=DEPLOYED, TemplateBody=json.dumps(template))
    return DEPLOYED


@pytest.fixture
def world(_deployed: World) -> World:
    """Heed as deployed, with nothing on record."""
    _deployed.forget(_deployed.table, "id")
    _deployed.forget(_deployed.control, "pk")
    return _deployed


@pytest.fixture
def server(world: World, _served: Served) -> Served:
    """The functions, served; nothing was asked yet."""
    _served.asked.clear()
    _served.instead.clear()
    return _served


@pytest.fixture
def api_key(world: World) -> str:
    """A key of every scope."""
    return parts().api_keys.create("all", "tests", list(KeyScope))[1]


@pytest.fixture
def local(tmp_path: Path, server: Served, outputs: dict[str, str], api_key: str) -> Path:
    """A local stack is announced in the folder; the file that announces it."""
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
def stack(server: Served, _stack: str) -> str:
    """The name of a stack that is deployed, as CloudFormation tells of it."""
    return _stack
