"""Double opt-in on the local stack: form, queue, mail, link, and the notification queue of the adopter."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import boto3
import httpx
import pytest

from tests.system.running import PATIENCE, wait_until

pytestmark = pytest.mark.system

READER = "returning@example.org"


def mail_to(stack: dict[str, Any], address: str) -> str | None:
    sent = httpx.get(f"{stack['aws']}/_ministack/ses/messages", trust_env=False).json()
    mails = [mail for account in sent["messages"].values() for mail in account]
    return next((mail["BodyText"] for mail in mails if mail["To"] == [address]), None)


@pytest.fixture
def api(stack: dict[str, Any]) -> Iterator[httpx.Client]:
    key = {"authorization": f"Bearer {stack['api_key']}"}
    with httpx.Client(base_url=stack["api"], headers=key, timeout=PATIENCE, trust_env=False) as client:
        yield client


@pytest.fixture
def sqs(stack: dict[str, Any]) -> Iterator[Any]:
    client = boto3.client(
        "sqs",
        endpoint_url=stack["aws"],
        region_name=stack["region"],
        aws_access_key_id="000000000000",
        aws_secret_access_key="local",
    )
    yield client
    client.close()


def test_a_confirmation_permits_mail_and_notifies_the_adopter(
    stack: dict[str, Any], api: httpx.Client, sqs: Any
) -> None:
    def is_sendable() -> bool:
        body = {"topic": "research", "addresses": [READER]}
        return bool(api.post("/v1/check", json=body).json()["results"][0]["sendable"])

    assert not is_sendable()
    form = {"address": READER, "topics": ["research"], "intent": "in"}
    assert api.post("/subscribe", data=form).status_code == 202
    (link,) = re.findall(r"http://\S+/c/\S+", wait_until(lambda: mail_to(stack, READER)))

    assert api.get(link).status_code == 200 and not is_sendable()
    assert api.post(link).status_code == 303 and is_sendable()

    queue = stack["outputs"]["OptInNotificationsQueueUrl"]
    (message,) = wait_until(lambda: sqs.receive_message(QueueUrl=queue).get("Messages"))
    notification = json.loads(message["Body"])
    assert (notification["address"], notification["topics"]) == (READER, ["research"])


def test_the_24th_opt_out_request_of_a_network_still_gets_a_mail(
    stack: dict[str, Any], api: httpx.Client
) -> None:
    people = [f"leaving{n}@example.org" for n in range(24)]
    for address in people:
        response = api.post("/subscribe", data={"address": address, "intent": "out"})
        assert response.status_code == 202
    for address in people:
        text = wait_until(partial(mail_to, stack, address))
        assert "/c/" in text
