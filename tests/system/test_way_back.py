"""The way back, end to end on the local stack: form, queue, mail, link, and the adopter's own queue."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import boto3
import httpx
import pytest

pytestmark = pytest.mark.system

READER = "returning@example.org"
PATIENCE = 60  # seconds
Found = TypeVar("Found")


def within(look: Callable[[], Found | None]) -> Found:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if (found := look()) is not None:
            return found
        time.sleep(0.2)
    pytest.fail("nothing came in time")


def mail_to(stack: dict[str, Any], address: str) -> str | None:
    sent = httpx.get(f"{stack['aws']}/_ministack/ses/messages", trust_env=False).json()
    mails = [mail for account in sent["messages"].values() for mail in account]
    return next((mail["BodyText"] for mail in mails if mail["To"] == [address]), None)


@pytest.fixture
def api(stack: dict[str, Any]) -> Iterator[httpx.Client]:
    key = {"authorization": f"Bearer {stack['api_key']}"}
    with httpx.Client(base_url=stack["api"], headers=key, timeout=30, trust_env=False) as client:
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


def test_who_never_asked_is_mailed_after_a_confirmation_and_the_adopter_is_told(
    stack: dict[str, Any], api: httpx.Client, sqs: Any
) -> None:
    def is_sendable() -> bool:
        body = {"topic": "research", "addresses": [READER]}
        return bool(api.post("/v1/check", json=body).json()["results"][0]["sendable"])

    assert not is_sendable()
    form = {"address": READER, "topics": ["research"], "intent": "in"}
    assert api.post("/subscribe", data=form).status_code == 202
    (link,) = re.findall(r"http://\S+/c/\S+", within(lambda: mail_to(stack, READER)))

    assert api.get(link).status_code == 200 and not is_sendable()
    assert api.post(link).status_code == 200 and is_sendable()

    queue = stack["outputs"]["OptInsQueueUrl"]
    (told,) = within(lambda: sqs.receive_message(QueueUrl=queue).get("Messages"))
    said = json.loads(told["Body"])
    assert (said["address"], said["topics"]) == (READER, ["research"])
