"""The mail that the functions sent, the queues between them, and a fake of the SES list."""

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

from tests.support.clients import calling
from tests.support.deployment import World, client, parts

ACCOUNT = "123456789012"
_PATH = re.compile(r"https://[a-z.]+(/[cu]/[^\s?\"<>]+)")


def sent_mails() -> list[EmailMessage]:
    """Returns each mail that SES accepted, in order."""
    return [parse_mail(message.raw_data) for message in ses_backends[ACCOUNT]["us-east-1"].sent_messages]


def parse_mail(raw: str | bytes) -> EmailMessage:
    """Parses a mail as a mail program does."""
    raw = raw.encode() if isinstance(raw, str) else raw
    message = email.message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def mail_text(message: EmailMessage, kind: str = "plain") -> str:
    """Returns the text of a mail, in plain text or HTML."""
    part = message.get_body((kind,))
    assert isinstance(part, EmailMessage)
    return str(part.get_content())


def link_path(message: EmailMessage, kind: str = "c") -> str:
    """Returns the path of the confirmation link (`c`) or of the unsubscribe link (`u`) in a mail."""
    (path,) = {path for path in _PATH.findall(mail_text(message)) if path.startswith(f"/{kind}/")}
    return str(path)


def deliver_messages(
    world: World, queue: str, handler: Callable[[dict[str, Any], Any], Any]
) -> list[dict[str, Any]]:
    """Delivers the messages of a queue to a handler, and deletes those that it handled successfully."""
    sqs = client("sqs")
    url = world.queues[queue]
    response = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
    records = [
        {
            "messageId": message["MessageId"],
            "body": message["Body"],
            "receiptHandle": message["ReceiptHandle"],
            "eventSource": "aws:sqs",
        }
        for message in response.get("Messages", [])
    ]
    if records:
        result = handler({"Records": records}, world.context)
        failed = {failure["itemIdentifier"] for failure in result["batchItemFailures"]}
        for record in records:
            if record["messageId"] not in failed:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=record["receiptHandle"])
    return records


def make_messages_visible(queue: str) -> None:
    """Makes all received messages of a queue visible again."""
    for backend in sqs_backends[ACCOUNT]["us-east-1"].queues.values():
        if backend.name == queue:
            for message in backend._messages:
                message.visible_at = 0


@dataclass
class FakeSesList:
    """A fake of the SES list, which moto does not implement. It returns responses as botocore parses them.

    An entry keeps its case, and is found by its exact spelling only. An invalid address is rejected. The
    token of a page is an encoded address: it only looks opaque.

    Attributes:
        addresses: The entries of the list.
        of_tenants: The entries of each tenant's own list.
        removed: The spelling in each removal call, in order.
        pages_read: Number of pages that were read.
        page_size: The most addresses on a page.
        failure: Error code of every call, while it is set.
        pauses: The pause after each call, in seconds.
        before_response: Is called before each response.
    """

    addresses: set[str] = field(default_factory=set)
    of_tenants: dict[str, set[str]] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    pages_read: int = 0
    page_size: int = 1_000
    failure: str = ""
    pauses: list[float] = field(default_factory=list)
    before_response: Callable[[], object] = lambda: None

    def answer(self, model: Any, params: Any, **_: Any) -> tuple[AWSResponse, dict[str, Any]]:
        self.before_response()
        if self.failure:
            status, body = 429, _error(self.failure)
        elif model.name == "ListSuppressedDestinations":
            status, body = self._list_page(params["query_string"])
        else:
            spelling = unquote(params["url_path"].rpartition("/")[2])
            status, body = self._remove(spelling, self._find_list(params["query_string"]))
        body["ResponseMetadata"] = {"HTTPStatusCode": status}
        return AWSResponse(params["url"], status, HTTPHeaders(), None), body

    def _find_list(self, query: Any) -> set[str]:
        return self.of_tenants[query["TenantName"]] if "TenantName" in query else self.addresses

    def _remove(self, spelling: str, entries: set[str]) -> tuple[int, dict[str, Any]]:
        self.removed.append(spelling)
        if not _is_accepted(spelling):
            return 400, _error("BadRequestException", f"{spelling} is no address")
        if spelling not in entries:
            return 404, _error("NotFoundException", f"{spelling} is not on the list")
        entries.discard(spelling)
        return 200, {}

    def _list_page(self, query: Any) -> tuple[int, dict[str, Any]]:
        self.pages_read += 1
        after = base64.b64decode(query.get("NextToken", "")).decode()
        addresses = sorted(address for address in self._find_list(query) if address > after)
        size = min(self.page_size, int(query["PageSize"]))
        summaries = [{"EmailAddress": address, "Reason": "BOUNCE"} for address in addresses[:size]]
        body: dict[str, Any] = {"SuppressedDestinationSummaries": summaries}
        if len(addresses) > size:
            body["NextToken"] = base64.b64encode(addresses[size - 1].encode()).decode()
        return 200, body


# SES rejects an address with a slash or with non-ASCII characters in a call about one address.
_is_accepted = re.compile(r"[A-Za-z0-9.+_'-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+").fullmatch


def _error(code: str, message: str = "made up") -> dict[str, Any]:
    return {"Error": {"Code": code, "Message": message}}


@contextmanager
def fake_ses_list(fake: FakeSesList | None = None) -> Iterator[FakeSesList]:
    """Connects the fake list to the client of the functions, while the block runs. Calls do not pause."""
    fake = fake or FakeSesList()
    parts().ses_suppression_list._pause = fake.pauses.append
    names = [f"before-call.sesv2.{call}SuppressedDestination{end}" for call, end in _CALLS]
    with calling(fake.answer, [parts().client("sesv2", once=True)], *names):
        yield fake


_CALLS = (("Delete", ""), ("List", "s"))


def work_on_ses_list(world: World) -> None:
    """Runs the function of the SES list until its queue is empty."""
    from functions.ses_list import app

    with fake_ses_list():
        while deliver_messages(world, "SES_LIST_QUEUE_URL", app.handler):
            pass


def record_aws_calls(clients: tuple[str, ...] = ("sqs", "dynamodb", "kms", "sesv2")) -> list[str]:
    """Returns a list that receives the name of each AWS call that the functions make from now on."""
    names: list[str] = []
    for service in clients:
        parts().client(service).meta.events.register(
            "before-call.*.*", lambda model, **_: names.append(model.name)
        )
    return names
