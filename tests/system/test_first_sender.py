"""The commands of docs/first-sender.md do what the page says, in its order."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.doc_code import code_block, code_blocks
from tests.system.running import ROOT, Running, free_ports, wait_until

pytestmark = pytest.mark.system
PAGE = "first-sender.md"


@pytest.fixture
def terminals(tmp_path: Path) -> Iterator[list[list[str]]]:
    """The command of a shell with the commands of each block, on a running stack that sends webhooks."""
    port, aws_port, webhook_port = free_ports(3)
    home = tmp_path / ".local"
    assert "WEBHOOK_URL=http://127.0.0.1:9999/hook" in code_block(PAGE, "", "make run")
    running = Running(home, port, aws_port, webhook_url=f"http://127.0.0.1:{webhook_port}/hook")
    try:
        stack = running.wait_until_ready()
        examples = tmp_path / "docs" / "examples"
        examples.mkdir(parents=True)
        for name in ("sender.py", "receiver.py"):
            (examples / name).symlink_to(ROOT / "docs" / "examples" / name)
        (tmp_path / ".venv").symlink_to(sys.prefix)
        blocks = (block.replace("http://127.0.0.1:8000", stack["api"]) for block in code_blocks(PAGE, "sh"))
        yield [["/bin/bash", "-e", "-c", block] for block in blocks]
    finally:
        running.stop()


def test_the_commands_of_the_page_ask_mail_press_and_receive(
    terminals: list[list[str]], tmp_path: Path
) -> None:
    receive, *_ = terminals
    make_key, make_mail, press, ask_again = (command[-1] for command in terminals[1:])
    environment = {
        "PATH": os.environ["PATH"],  # noqa: TID251 - of this machine
        "HOME": str(tmp_path),
        "no_proxy": "127.0.0.1",
    }
    received = tmp_path / "received.txt"
    with received.open("wb") as output:
        receiver = subprocess.Popen(
            [*receive[:-1], receive[-1].replace("python ", "exec python ")],
            cwd=tmp_path,
            env=environment,
            stdout=output,
        )
    try:
        done = subprocess.run(
            ["/bin/bash", "-e"],
            input="\necho ----\n".join((make_key, make_mail, press, ask_again)),
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        wait_until(received.read_text)
    finally:
        receiver.terminate()
        receiver.wait()

    key, mail, pressed, again = done.stdout.split("----\n")
    assert (key, pressed, again) == ("", "Unsubscribed.\n", "")
    assert "To: joan@example.com" in mail
    assert json.loads((tmp_path / ".local" / "stack.json").read_text())["api"] in mail
    kind, recipient, scope, *_ = received.read_text().split()
    assert (kind, len(recipient), scope) == ("recipient.opted_out", 26, "offers")
