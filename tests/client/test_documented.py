"""The Python of docs/clients.md is that of its two examples, and does what the page says."""

from __future__ import annotations

import io
import json
import re
import sys
import threading
import time
from functools import partial
from http.client import HTTPConnection
from http.server import HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from heed import client
from heed.client import Heed, NewChange
from heed.domain.webhooks.webhook_signature import parse_webhook_secret, sign_webhook
from tests.cli.server import ApiServer
from tests.support.deployment import World
from tests.support.doc_code import code_block, load_example
from tests.support.webhook_receiver import WEBHOOK_SECRET

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "clients.md").read_text().partition("## Python")[2].partition("\n## ")[0]
EXAMPLES = [(ROOT / "docs" / "examples" / name).read_text() for name in ("sender.py", "receiver.py")]
READER, STOPPED = "reader@example.com", "stopped@example.com"


def load_sender() -> Any:
    """Returns the example as a module."""
    return load_example("sender")


def stop(heed: Heed, address: str, scope: str = "*") -> None:
    heed.record([NewChange(address=address, scope=scope, state="out")])


def test_the_code_of_the_page_is_that_of_the_examples() -> None:
    first, *others = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)

    assert "from heed.client import Heed" in first
    assert len(others) == 5
    for block in others:
        assert any(block in example for example in EXAMPLES)


def test_the_mails_have_the_policy_of_the_recipe() -> None:
    policy = code_block("recipes/headers.md", "python", "class WholeListHeaders").partition("class ")[2]
    assert policy.partition("POLICY =")[0] in EXAMPLES[0]


def test_the_page_lists_each_method_and_each_error() -> None:
    methods = {name for name in vars(Heed) if not name.startswith("_")}
    assert set(re.findall(r"^\| `(\w+)\(", PAGE, re.MULTILINE)) == methods
    errors = {
        name
        for name in client.__all__
        if isinstance(getattr(client, name), type) and issubclass(getattr(client, name), client.HeedError)
    }
    assert set(re.findall(r"^\| `([A-Z]\w+)` \|", PAGE, re.MULTILINE)) == errors - {"HeedError"}


def test_a_mail_is_made_for_those_alone_who_may_get_it(heed: Heed, world: World) -> None:
    stop(heed, STOPPED)

    mails = list(load_sender().make_mails(heed, "offers", "news@example.com", [READER, "nobody", STOPPED]))

    assert [mail["To"] for mail in mails] == [READER]
    (line,) = (line for line in mails[0].as_bytes().splitlines() if line.startswith(b"List-Unsubscribe:"))
    assert line.startswith(b"List-Unsubscribe: <https://prefs.example.com/u/")
    assert line.endswith(b"?subject=unsubscribe>")


def test_links_with_a_warning_are_not_mailed() -> None:
    links = client.PersonLinks(READER, "r", "https://u", "https://p", {}, {}, "there is no domain")
    with pytest.raises(SystemExit, match="no domain"):
        load_sender().make_mail(links, "news@example.com")


def test_the_example_is_a_program_that_prints_mails(
    heed: Heed, server: ApiServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    key = heed._transport._headers["Authorization"].removeprefix("Bearer ")
    monkeypatch.setenv("HEED_API_KEY", key)
    monkeypatch.setattr(sys, "argv", ["sender.py", server.url, "offers", "news@example.com"])
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{READER}\n"))

    load_sender().main()

    assert f"To: {READER}\r\n" in capsys.readouterr().out


def test_the_page_of_an_account_shows_what_it_saved(heed: Heed) -> None:
    sender = load_sender()
    before = sender.read_account_page(heed, READER)

    assert sender.save_account_page(heed, READER, "news") is True
    assert sender.read_account_page(heed, READER) == {**before, "news": False}
    assert before["news"] is True


def test_the_own_list_goes_on_where_it_ended(heed: Heed, world: World, tmp_path: Path) -> None:
    sender, own, cursor = load_sender(), {}, tmp_path / "cursor"  # type: ignore[var-annotated]
    stop(heed, READER)
    sender.update_own_list(heed, own, cursor)
    kept = cursor.read_text()
    stop(heed, STOPPED, "news")
    sender.update_own_list(heed, own, cursor)

    assert own.keys() == {
        (world.recipient(READER), "unsubscribed", "*"),
        (world.recipient(STOPPED), "topic_unsubscribed", "news"),
    }
    assert cursor.read_text() != kept


def test_the_receiver_prints_what_heed_sent_and_refuses_the_rest(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = (
        b'{"type":"recipient.opted_out","data":{"at":"2026-03-05T09:12:44.390Z","recipient":"r",'
        b'"scope":"offers","state":"out","source":"link"}}'
    )
    headers = sign_webhook("a1", int(time.time()), body, [parse_webhook_secret(WEBHOOK_SECRET)])
    webhook = {"url": "http://127.0.0.1:0/hook", "secret": WEBHOOK_SECRET}
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "stack.json").write_text(json.dumps({"webhook": webhook}))
    monkeypatch.chdir(tmp_path)
    receiver = load_example("receiver")
    receiver.WebhookHandler.log_message = lambda *_: None
    made: list[HTTPServer] = []
    monkeypatch.setattr(HTTPServer, "serve_forever", lambda server: made.append(server))
    receiver.main()
    monkeypatch.undo()
    (server,) = made
    with server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        post = partial(httpx.post, f"http://127.0.0.1:{server.server_port}/", trust_env=False)
        statuses = [post(content=content, headers=headers).status_code for content in (body, body + b" ")]
        for length in ("-1", "x", "99999999"):  # a body that never ends would keep the program busy
            wrong = HTTPConnection("127.0.0.1", server.server_port, timeout=5)
            wrong.request("POST", "/", headers={**headers, "Content-Length": length})
            statuses.append(wrong.getresponse().status)
            wrong.close()
        server.shutdown()
        thread.join()

    assert statuses == [204, 401, 401, 401, 401]
    assert capsys.readouterr().out == "recipient.opted_out r offers 2026-03-05 09:12:44.390000+00:00\n"
