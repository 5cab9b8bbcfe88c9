"""The doctor finds no fault in a mail of docs/recipes/headers.md, but that nobody signed it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.aws import Clients
from local.outbox import PATH
from tests.integrating.test_recipe_headers import SENDERS, Arguments, recipe
from tests.support.doctor_servers import dns_server
from tests.support.smtp_receiver import receiving_mail
from tests.system.conftest import Heed
from tests.system.running import PATIENCE

pytestmark = pytest.mark.system

DMARC = {"_dmarc.example.com": ["v=DMARC1; p=reject"]}


def mail_with_link(stack: dict[str, Any]) -> Arguments:
    """Returns the arguments of a recipe, with a link of the stack that is as long as usual."""
    people = {"addresses": ["ada@example.com"], "refs": ["customer-4711"]}
    answer = httpx.post(
        f"{stack['api']}/v1/links",
        json={"topic": "offers", **people, "campaign": "winter-2026", "lang": "de"},
        headers={"authorization": f"Bearer {stack['api_key']}"},
        trust_env=False,
        timeout=PATIENCE,
    )
    (link,) = answer.raise_for_status().json()["links"]
    html = f'<p>Hello</p><p><a href="{link["preferences_url"]}">Unsubscribe</a></p>'
    text = f"Hello\nUnsubscribe: {link['unsubscribe_url']}\n"
    return link, "preferences@example.com", "Offers of the week", text, html


def send_by_ses(kind: str, mail: Arguments, stack: dict[str, Any]) -> bytes:
    """Sends a mail with the SES of the stack. Returns it from its outbox."""
    code = recipe("def mail_of", "def simple_request", "def raw_request")
    if kind == "simple":
        request = code["simple_request"](*mail)
    else:
        request = code["raw_request"](mail[0], code["mail_of"](*mail).as_bytes())
    sent = Clients(stack["aws"]).sesv2.send_email(**request)
    return httpx.get(f"{stack['aws']}{PATH}/{sent['MessageId']}", trust_env=False).raise_for_status().content


@pytest.mark.parametrize("way", [*SENDERS, "simple", "raw"])
def test_the_doctor_finds_only_that_nobody_signed_the_mail(
    way: str, stack: dict[str, Any], heed: Heed, tmp_path: Path
) -> None:
    mail = mail_with_link(stack)
    if way in SENDERS:
        with receiving_mail() as receiver:
            SENDERS[way](mail, receiver.port)
        (message,) = receiver.messages
    else:
        message = send_by_ses(way, mail, stack)
    (tmp_path / "message.eml").write_bytes(message)

    with dns_server(DMARC) as (host, port):
        result = heed("doctor", "message.eml", "--dns", f"{host}:{port}", "--json")

    found = {check["name"]: check for check in json.loads(result.stdout)["checks"]}
    wrong = {name: check["result"] for name, check in found.items() if check["result"] != "ok"}
    assert wrong == {"list-unsubscribe": "warning", "dkim-coverage": "fault"}, result.stdout
    assert "http" in found["list-unsubscribe"]["seen"]  # the links of a local stack are not https
    assert {"header-encoding", "header-folding", "mailto", "list-id", "link-token", "feedback-id"} <= set(
        found
    )


def test_a_request_for_a_simple_mail_has_each_header_within_the_limits_of_ses(stack: dict[str, Any]) -> None:
    mail = mail_with_link(stack)

    request = recipe("def simple_request")["simple_request"](*mail)

    headers = {item["Name"]: item["Value"] for item in request["Content"]["Simple"]["Headers"]}
    assert headers == {**mail[0]["headers"], "Feedback-ID": "winter-2026:offers:bulk:meridian"}
    assert all(len(name + value) <= 996 and value.isascii() for name, value in headers.items())
    assert {tag["Name"]: tag["Value"] for tag in request["EmailTags"]} == mail[0]["tags"]
