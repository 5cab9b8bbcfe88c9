"""The mail that the functions sent, and the queues between them, as tests see them."""

from __future__ import annotations

import base64
import email
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from typing import Any
from urllib.parse import unquote

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from moto.ses.models import ses_backends
from moto.sqs.models import sqs_backends

from tests.support.deployment import World, client, parts

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


def deliver(world: World, queue: str, handler: Callable[[dict[str, Any], Any], Any]) -> list[dict[str, Any]]:
    """Hand what waits in a queue to its reader; a message that it is done with is deleted."""
    sqs = client("sqs")
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
    """SES's suppression list, which moto has not: answers as botocore reads SES's answers.

    An entry keeps the case in which it came, and is found by exactly that spelling; what SES takes for no
    address it refuses. The place where a page begins is an address, in words that only look opaque.

    Attributes:
        addresses: what is on it.
        removed: every spelling that was to be taken off, in order.
        pages: how often it was read.
        page: how many addresses SES gives at most.
        failure: the code with which every call fails, while it is set.
        pauses: what was waited after each call.
        between: what happens before each answer.
    """

    addresses: set[str] = field(default_factory=set)
    removed: list[str] = field(default_factory=list)
    pages: int = 0
    page: int = 1_000
    failure: str = ""
    pauses: list[float] = field(default_factory=list)
    between: Callable[[], object] = lambda: None

    def answer(self, model: Any, params: Any, **_: Any) -> tuple[AWSResponse, dict[str, Any]]:
        self.between()
        if self.failure:
            status, body = 429, _error(self.failure)
        elif model.name == "ListSuppressedDestinations":
            status, body = self._listed(params["query_string"])
        else:
            status, body = self._removed(unquote(params["url_path"].rpartition("/")[2]))
        body["ResponseMetadata"] = {"HTTPStatusCode": status}
        return AWSResponse(params["url"], status, HTTPHeaders(), None), body

    def _removed(self, spelling: str) -> tuple[int, dict[str, Any]]:
        self.removed.append(spelling)
        if not _TAKEN(spelling):
            return 400, _error("BadRequestException", f"{spelling} is no address")
        if spelling not in self.addresses:
            return 404, _error("NotFoundException", f"{spelling} is not on the list")
        self.addresses.discard(spelling)
        return 200, {}

    def _listed(self, asked: Any) -> tuple[int, dict[str, Any]]:
        self.pages += 1
        behind = base64.b64decode(asked.get("NextToken", "")).decode()
        there = sorted(one for one in self.addresses if one > behind)
        size = min(self.page, int(asked["PageSize"]))
        found = [{"EmailAddress": one, "Reason": "BOUNCE"} for one in there[:size]]
        body: dict[str, Any] = {"SuppressedDestinationSummaries": found}
        if len(there) > size:
            body["NextToken"] = base64.b64encode(there[size - 1].encode()).decode()
        return 200, body


# Neither a path's own sign nor what is beyond ASCII is taken in a call about one address.
_TAKEN = re.compile(r"[A-Za-z0-9.+_'-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+").fullmatch


def _error(code: str, message: str = "made up") -> dict[str, Any]:
    return {"Error": {"Code": code, "Message": message}}


@contextmanager
def suppression_list(held: SuppressionList | None = None) -> Iterator[SuppressionList]:
    """The list, behind the client that its function has; nobody waits for its pace."""
    held = held or SuppressionList()
    parts().ses_suppression_list._pause = held.pauses.append
    events = parts().client("sesv2", once=True).meta.events
    names = [f"before-call.sesv2.{do}" for do in ("Delete" + _ONE, "List" + _ONE + "s")]
    for name in names:
        events.register(name, held.answer)
    try:
        yield held
    finally:
        for name in names:
            events.unregister(name, held.answer)


_ONE = "SuppressedDestination"


def read_list(world: World) -> None:
    """Whoever asked for SES's list to be walked gets it, and all else that waits for that function."""
    from functions.ses_list import app

    with suppression_list():
        while deliver(world, "SES_LIST_QUEUE_URL", app.handler):
            pass


def calls(clients: tuple[str, ...] = ("sqs", "dynamodb", "kms", "sesv2")) -> list[str]:
    """The AWS calls that the functions make from now on, as they are made."""
    made: list[str] = []
    for service in clients:
        parts().client(service).meta.events.register(
            "before-call.*.*", lambda model, **_: made.append(model.name)
        )
    return made
