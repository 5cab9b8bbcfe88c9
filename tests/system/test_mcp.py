"""`heed mcp` as a process, with the client of the SDK, against the local stack."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client, StdioServerParameters, stdio_client

pytestmark = pytest.mark.system

INSTALLED = str(Path(sys.executable).with_name("heed"))
READER = "assistant.reader@example.com"

Connect = Callable[[], Any]


@pytest.fixture(params=["auto", "legacy"])
def connect(request: pytest.FixtureRequest, stack: dict[str, Any], tmp_path: Path) -> Connect:
    """Starts the server in the folder of the stack, by the newest and by an older protocol."""
    ready_file = tmp_path / ".local" / "stack.json"
    ready_file.parent.mkdir()
    ready_file.write_text(json.dumps(stack))
    parameters = StdioServerParameters(command=INSTALLED, args=["mcp"], cwd=tmp_path)

    @asynccontextmanager
    async def connected() -> AsyncIterator[Client]:
        with (tmp_path / "log").open("w") as log:
            async with Client(stdio_client(parameters, errlog=log), mode=request.param) as client:
                yield client
        assert (tmp_path / "log").read_text() == "", "the log has nothing of a call"

    return connected


@pytest.fixture
def started(stack: dict[str, Any], tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A server that has answered its first request."""
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "stack.json").write_text(json.dumps(stack))
    pipe = subprocess.PIPE
    with subprocess.Popen([INSTALLED, "mcp"], cwd=tmp_path, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        _send(process, 1, "ping", {})
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["id"] == 1
        yield process
        process.kill()


def _send(process: subprocess.Popen[bytes], number: int, method: str, params: dict[str, object]) -> None:
    assert process.stdin is not None
    request = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
    process.stdin.write(json.dumps(request).encode() + b"\n")
    process.stdin.flush()


def test_the_server_ends_with_its_input(started: subprocess.Popen[bytes]) -> None:
    _, log = started.communicate(timeout=30)
    assert (started.returncode, log) == (0, b"")


def test_the_server_ends_silently_if_the_assistant_has_ended(started: subprocess.Popen[bytes]) -> None:
    assert started.stdin is not None and started.stdout is not None and started.stderr is not None
    started.stdout.close()
    _send(started, 2, "ping", {})
    started.stdin.close()
    assert started.wait(timeout=30) == 0
    assert started.stderr.read() == b""


def test_ctrl_c_ends_the_server_at_once(started: subprocess.Popen[bytes]) -> None:
    started.send_signal(signal.SIGINT)
    assert started.wait(timeout=30) == -signal.SIGINT


def test_an_assistant_checks_looks_up_explains_and_reads_deadlines_and_cases(connect: Connect) -> None:
    async def use() -> dict[str, Any]:
        async with connect() as client:
            tools = (await client.list_tools()).tools
            calls: dict[str, dict[str, object]] = {
                "topics": {},
                "check": {"people": [READER], "topic": "offers"},
                "look_up": {"person": READER, "purpose": "data-subject"},
                "explain": {"word": "ledger-age"},
                "deadlines": {},
                "cases": {},
            }
            assert {tool.name for tool in tools} == {*calls, "case"}
            answers = {name: await client.call_tool(name, arguments) for name, arguments in calls.items()}
            refused = await client.call_tool("case", {"id": "0" * 32})
            assert refused.is_error and "(404)" in refused.content[0].text
            assert not any(answer.is_error for answer in answers.values()), answers
            return {name: answer.structured_content for name, answer in answers.items()}

    answers = anyio.run(use)

    assert "offers" in [topic["topic"] for topic in answers["topics"]["topics"]]
    assert answers["check"]["results"][0]["sendable"] is True
    assert answers["look_up"]["on_record"] == []
    assert answers["explain"]["explanations"][0]["kind"] == "alarm"
    assert answers["deadlines"]["is_part"] is False
    assert answers["cases"]["unreadable"] == []
