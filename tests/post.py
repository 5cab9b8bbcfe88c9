"""The mail that the functions sent, and the queues between them, as tests see them."""

from __future__ import annotations

import email
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from typing import Any
from urllib.parse import unquote

import boto3
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from moto.ses.models import ses_backends
from moto.sqs.models import sqs_backends

from heed.adapters import aws
from tests.world import World

ACCOUNT = "123456789012"
_PATH = re.compile(r"https://[a-z.]+(/[cu]/[^\s?\"<>]+)")


def sent() -> list[EmailMessage]:
    """Every mail that SES took, in order."""
    return [parsed(one.raw_data) for one in ses_backends[ACCOUNT]["us-east-1"].sent_messages]


def parsed(raw: str | bytes) -> EmailMessage:
    """A mail, read back as a mail program does."""
    raw = raw.encode() if isinstance(raw, str) else raw
    message = email.message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def text(message: EmailMessage, kind: str = "plain") -> str:
    """One of the two forms of a mail's words."""
    part = message.get_body((kind,))
    assert isinstance(part, EmailMessage)
    return str(part.get_content())


def link(message: EmailMessage, kind: str = "c") -> str:
    """The path of the confirmation link (`c`) or of the one that never ends (`u`)."""
    (found,) = {path for path in _PATH.findall(text(message)) if path.startswith(f"/{kind}/")}
    return str(found)


def deliver(
    world: World, queue: str, handler: Callable[[dict[str, Any], Any], Any]
) -> list[dict[str, Any]]:
    """Hand what waits in a queue to its reader; a message that it is done with is deleted."""
    sqs = boto3.client("sqs")
    url = world.queues[queue]
    got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
    records = [
        {
            "messageId": one["MessageId"],
            "body": one["Body"],
            "receiptHandle": one["ReceiptHandle"],
            "eventSource": "aws:sqs",
        }
        for one in got.get("Messages", [])
    ]
    if records:
        answer = handler({"Records": records}, world.context)
        failed = {one["itemIdentifier"] for one in answer["batchItemFailures"]}
        for record in records:
            if record["messageId"] not in failed:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=record["receiptHandle"])
    return records


def show_again(queue: str) -> None:
    """The time for which a reader hides what it read is over."""
    for one in sqs_backends[ACCOUNT]["us-east-1"].queues.values():
        if one.name == queue:
            for message in one._messages:
                message.visible_at = 0


@dataclass
class SuppressionList:
    """SES's suppression list, which moto has not: answers as botocore reads SES's answers."""

    addresses: set[str] = field(default_factory=set)
    removed: list[str] = field(default_factory=list)
    failure: str = ""

    def answer(self, params: Any, **_: Any) -> tuple[AWSResponse, dict[str, Any]]:
        address = unquote(params["url_path"].rpartition("/")[2])
        status, code = (429, self.failure) if self.failure else (200, "")
        if not self.failure:
            self.removed.append(address)
            if address not in self.addresses:
                status, code = 404, "NotFoundException"
            self.addresses.discard(address)
        said = {"ResponseMetadata": {"HTTPStatusCode": status}}
        body = {**said, "Error": {"Code": code, "Message": "made up"}} if code else said
        return AWSResponse(params["url"], status, HTTPHeaders(), None), body


@contextmanager
def suppression_list() -> Iterator[SuppressionList]:
    """The list, behind the client that the functions have."""
    held = SuppressionList()
    events = aws.client("sesv2").meta.events
    name = "before-call.sesv2.DeleteSuppressedDestination"
    events.register(name, held.answer)
    yield held
    events.unregister(name, held.answer)


def calls(clients: tuple[str, ...] = ("sqs", "dynamodb", "kms", "sesv2")) -> list[str]:
    """The AWS calls that the functions make from now on, as they are made."""
    made: list[str] = []
    for service in clients:
        aws.client(service).meta.events.register(
            "before-call.*.*", lambda model, **_: made.append(model.name)
        )
    return made
