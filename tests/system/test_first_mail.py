"""The first mail of docs/deploying.md, by its own commands: the emulator's SES takes it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from local.aws import Clients
from tests.system.running import ROOT

pytestmark = pytest.mark.system


def test_the_first_mail_has_both_links_the_headers_and_the_tag(stack: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "stack.json").write_text(json.dumps(stack))

    def run(*arguments: str | Path, said: str) -> str:
        done = subprocess.run(arguments, cwd=tmp_path, input=said, capture_output=True, text=True, check=True)
        return done.stdout

    heed = Path(sys.executable).with_name("heed")
    links = run(heed, "links", "--topic", "offers", "--json", said="first@example.com\n")
    script = ROOT / "docs" / "examples" / "first_mail.py"
    request = json.loads(run(sys.executable, script, "preferences@example.com", said=links))

    sent = Clients(stack["aws"]).sesv2.send_email(**request)

    (link,) = json.loads(links)["links"]
    simple = request["Content"]["Simple"]
    assert sent["MessageId"]
    assert request["Destination"] == {"ToAddresses": ["first@example.com"]}
    assert {each["Name"]: each["Value"] for each in simple["Headers"]} == link["headers"]
    assert {each["Name"]: each["Value"] for each in request["EmailTags"]} == link["tags"]
    assert link["unsubscribe_url"] in simple["Body"]["Text"]["Data"]
    assert link["preferences_url"] in simple["Body"]["Text"]["Data"]
