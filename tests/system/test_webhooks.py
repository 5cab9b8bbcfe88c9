"""A press on the local stack arrives as a signed webhook, and comes again when it was refused."""

from __future__ import annotations

import json
import re
import shutil
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from heed.client import Heed, RecipientWebhook, verify_webhook
from tests.client.test_documented import load_sender
from tests.support.javascript import ROOT, install_client, run_module
from tests.support.webhook_receiver import WebhookReceiver, receiving_webhooks
from tests.system.running import Running, free_ports, wait_until

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def receiver() -> Iterator[WebhookReceiver]:
    with receiving_webhooks() as made:
        yield made


@pytest.fixture(scope="module")
def stack(receiver: WebhookReceiver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    running = Running(tmp_path_factory.mktemp("stack"), *free_ports(2), webhook_url=receiver.url)
    try:
        yield running.wait_until_ready()
    finally:
        running.stop()


def press(stack: dict[str, Any], address: str) -> str:
    """Makes a link with a ref and presses one-click. Returns the recipient id."""
    answer = httpx.post(
        f"{stack['api']}/v1/links",
        json={"topic": "offers", "addresses": [address], "refs": ["customer-7"]},
        headers={"authorization": f"Bearer {stack['api_key']}"},
        trust_env=False,
    )
    (link,) = answer.raise_for_status().json()["links"]
    pressed = urllib.request.Request(  # noqa: S310 - the stack of this test
        link["unsubscribe_url"], b"List-Unsubscribe=One-Click", method="POST"
    )
    with urllib.request.urlopen(pressed) as answered:  # noqa: S310
        assert answered.status == 200
    return str(link["recipient"])


def test_a_press_arrives_as_a_verified_webhook(stack: dict[str, Any], receiver: WebhookReceiver) -> None:
    before = len(receiver.received)
    recipient = press(stack, "ada@example.com")
    wait_until(lambda: len(receiver.received) > before)

    assert stack["webhook"]["url"] == receiver.url
    content = receiver.received[-1].verify(stack["webhook"]["secret"])
    data = content["data"]
    assert content["type"] == "recipient.opted_out"
    assert (data["recipient"], data["scope"], data["ref"]) == (recipient, "offers", "customer-7")


def test_a_sender_in_python_learns_that_a_person_pressed(
    stack: dict[str, Any], receiver: WebhookReceiver
) -> None:
    sender, address = load_sender(), "client@example.com"
    heed = Heed(stack["api"], stack["api_key"])
    before = len(receiver.received)
    (mail,) = sender.make_mails(heed, "offers", "news@example.com", [address])
    (link,) = re.findall(r"^Unsubscribe: (.+)$", mail.get_content(), re.MULTILINE)

    assert httpx.post(link, data={"List-Unsubscribe": "One-Click"}, trust_env=False).status_code == 200

    assert list(sender.make_mails(heed, "offers", "news@example.com", [address])) == []
    (answer,) = heed.check("offers", [address])
    assert (answer.sendable, answer.reason, answer.source) == (False, "topic_unsubscribed", "one-click")
    wait_until(lambda: len(receiver.received) > before)
    (received,) = receiver.received[before:]
    event = verify_webhook(stack["webhook"]["secret"], received.headers, received.body)
    assert isinstance(event, RecipientWebhook)
    assert (event.type, event.recipient) == ("recipient.opted_out", answer.recipient)
    assert (event.scope, event.at, event.campaign) == ("offers", answer.since, "winter-2026")


def test_a_refused_webhook_comes_again_with_the_same_id(
    stack: dict[str, Any], receiver: WebhookReceiver
) -> None:
    """Each further attempt waits twice as long, which tests/functions/test_webhook.py proves."""
    receiver.answers = [500]
    before = len(receiver.received)
    press(stack, "grace@example.com")
    wait_until(lambda: len(receiver.received) >= before + 2)

    first, second = receiver.received[before : before + 2]
    assert (first.id, first.body) == (second.id, second.body)
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) >= 15
    assert second.verify(stack["webhook"]["secret"])


_MAIL_AND_PRESS = """
import { followSuppressions, openHeed, prepareMailing, readChoices, stopTopic } from "./client.mjs";

const [url, key] = process.argv.slice(1);
const heed = openHeed({ HEED_URL: url, HEED_API_KEY: key });
const customers = [
  { id: "customer-8", address: "hedy@example.com" },
  { id: "customer-9", address: "joan@example.com" },
];
const mails = async () => {
  const all = [];
  for await (const mail of prepareMailing(heed, "offers", "winter-2026", customers)) all.push(mail);
  return all;
};
const before = await mails();
const headers = { "Content-Type": "application/x-www-form-urlencoded" };
const [, link] = /^<([^>]+)>/.exec(before[0].headers["List-Unsubscribe"]);
const pressed = await fetch(link, { method: "POST", headers, body: "List-Unsubscribe=One-Click" });
const stopped = await stopTopic(heed, "joan@example.com", "news");
const entries = [];
const list = { replace: async (page) => void entries.push(...page), keepCursor: async () => {} };
const cursor = await followSuppressions(heed, list);
console.log(JSON.stringify({
  before: before.map(({ to }) => to),
  pressed: pressed.status,
  after: (await mails()).map(({ to }) => to),
  stopped,
  choices: await readChoices(heed, "joan@example.com"),
  suppressed: entries.map(({ recipient, scope }) => [recipient, scope]),
  cursor: typeof cursor,
}));
"""
_RECEIVE = """
import { readFileSync } from "node:fs";
import { receiveWebhooks } from "./client.mjs";

const { secret, headers, body } = JSON.parse(readFileSync(0, "utf8"));
const events = [];
const server = receiveWebhooks(secret, async (event) => void events.push(event));
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const post = async (text) =>
  (await fetch(`http://127.0.0.1:${server.address().port}/`, { method: "POST", headers, body: text })).status;
const statuses = [await post(body), await post(body.replace("out", "in"))];
server.close();
console.log(JSON.stringify({ statuses, events }));
"""


def test_the_example_in_javascript_mails_whom_it_may_and_hears_of_the_press(
    stack: dict[str, Any], receiver: WebhookReceiver, tmp_path: Path
) -> None:
    install_client(tmp_path)
    shutil.copy(ROOT / "docs" / "examples" / "client.mjs", tmp_path)
    before = len(receiver.received)
    sent = json.loads(run_module(_MAIL_AND_PRESS, stack["api"], stack["api_key"], folder=tmp_path))
    wait_until(lambda: len(receiver.received) >= before + 2)  # the press, and the choice on the account page

    received = {json.loads(webhook.body)["data"]["scope"]: webhook for webhook in receiver.received[before:]}
    webhook = received["offers"]
    headers = {name: webhook.headers[f"webhook-{name}"] for name in ("id", "timestamp", "signature")}
    content = {
        "secret": stack["webhook"]["secret"],
        "headers": {f"webhook-{name}": value for name, value in headers.items()},
        "body": webhook.body.decode(),
    }
    heard = json.loads(run_module(_RECEIVE, folder=tmp_path, content=json.dumps(content)))

    assert (sent["before"], sent["pressed"]) == (["hedy@example.com", "joan@example.com"], 200)
    assert (sent["after"], sent["stopped"], sent["cursor"]) == (["joan@example.com"], True, "string")
    assert (sent["choices"]["offers"], sent["choices"]["news"]) == (True, False)
    (event,) = heard["events"]
    assert heard["statuses"] == [204, 401]
    assert (event["type"], event["id"], event["data"]["ref"]) == (
        "recipient.opted_out",
        webhook.id,
        "customer-8",
    )
    assert [event["data"]["recipient"], "offers"] in sent["suppressed"]


def test_the_url_of_webhooks_must_be_https_or_on_this_machine(tmp_path: Path) -> None:
    refused = Running(tmp_path, *free_ports(2), webhook_url="http://crm.example.com/")
    assert refused.process.wait(60) == 3
    assert "WEBHOOK_URL is neither https nor on this machine" in refused.output
