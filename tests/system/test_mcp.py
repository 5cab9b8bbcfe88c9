"""`heed mcp` as a process, with the client of the SDK, against the local stack."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator, Callable
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


def test_an_assistant_checks_looks_up_explains_and_reads_deadlines_and_cases(connect: Connect) -> None:
    async def use() -> dict[str, Any]:
        async with connect() as client:
            tools = (await client.list_tools()).tools
            calls: dict[str, dict[str, object]] = {
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

    assert answers["check"]["results"][0]["sendable"] is True
    assert answers["look_up"]["on_record"] == []
    assert answers["explain"]["explanations"][0]["kind"] == "alarm"
    assert answers["deadlines"]["is_part"] is False
    assert answers["cases"]["unreadable"] == []
