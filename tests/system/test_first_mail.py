"""The commands for the first mail in docs/deploying.md work with the SES of the emulator."""

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


def test_the_first_mail_has_both_links_the_headers_and_the_message_tag(
    stack: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "stack.json").write_text(json.dumps(stack))

    def run(*arguments: str | Path, stdin: str) -> str:
        process = subprocess.run(
            arguments, cwd=tmp_path, input=stdin, capture_output=True, text=True, check=True
        )
        return process.stdout

    heed = Path(sys.executable).with_name("heed")
    links = run(heed, "links", "--topic", "offers", "--json", stdin="first@example.com\n")
    script = ROOT / "docs" / "examples" / "first_mail.py"
    request = json.loads(run(sys.executable, script, "preferences@example.com", stdin=links))

    sent = Clients(stack["aws"]).sesv2.send_email(**request)

    (link,) = json.loads(links)["links"]
    simple = request["Content"]["Simple"]
    assert sent["MessageId"]
    assert request["Destination"] == {"ToAddresses": ["first@example.com"]}
    assert {header["Name"]: header["Value"] for header in simple["Headers"]} == link["headers"]
    assert {tag["Name"]: tag["Value"] for tag in request["EmailTags"]} == link["tags"]
    assert link["unsubscribe_url"] in simple["Body"]["Text"]["Data"]
    assert link["preferences_url"] in simple["Body"]["Text"]["Data"]
