"""Receives mails as SES does, hands their notices to the function `mailbox`, and shows what it did."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from functions.mailbox import app
from heed.domain.mailbox.case import Case
from heed.domain.milliseconds import Millis
from heed.domain.opt_in.confirmation_request import ConfirmationRequest
from heed.domain.rfc3339 import format_time
from tests.support.deployment import World, client, parts
from tests.support.inbound_mails import RECEIVED
from tests.support.ses_messages import EVENTS

SENDER = "recipient@example.net"
KEY = "inbound/d6iitobk75ur44p8kdnnp7g2n800example"


def notice_batch(
    event: str = "sender-authenticated",
    recipients: Iterable[str] = (),
    message_id: str = "m1",
    sender: str = SENDER,
    at: Millis = RECEIVED,
) -> dict[str, Any]:
    """Returns the batch of the queue with a notice about the mail at `KEY`.

    Args:
        event: the end of the name of a sample event, which says what SES found out about the mail.
        recipients: the recipients in the envelope; those of the sample event if there are none.
        message_id: the id that SES gave the mail.
        sender: the address of the sender. The notice has it in the header and in the envelope.
        at: when SES received the mail, milliseconds.
    """
    text = (EVENTS / f"mailbox-sqs-sns-{event}.json").read_text().replace(SENDER, sender)
    batch: dict[str, Any] = json.loads(text)
    envelope = json.loads(batch["Records"][0]["body"])
    notice = json.loads(envelope["Message"])
    notice["receipt"]["recipients"] = [*recipients] or notice["receipt"]["recipients"]
    notice["receipt"]["timestamp"] = format_time(at)
    notice["mail"]["messageId"] = message_id
    envelope["Message"] = json.dumps(notice)
    batch["Records"][0]["body"] = json.dumps(envelope)
    return batch


def store_mail(raw: bytes, key: str = KEY) -> None:
    """Stores a mail as the receipt rule does."""
    client("s3").put_object(Bucket="mailbox", Key=key, Body=raw)


@dataclass
class Mailbox:
    """Receives mails as SES does, and shows what the function did."""

    world: World

    def receive(
        self,
        raw: bytes,
        event: str = "sender-authenticated",
        recipients: Iterable[str] = (),
        message_id: str = "m1",
    ) -> dict[str, Any]:
        """Stores a mail, and notifies the function."""
        store_mail(raw)
        return self.notify(event, recipients, message_id)

    def notify(
        self,
        event: str = "sender-authenticated",
        recipients: Iterable[str] = (),
        message_id: str = "m1",
    ) -> dict[str, Any]:
        """Notifies the function of the stored mail. Returns its answer."""
        return dict(app.handler(notice_batch(event, recipients, message_id), self.world.context))

    def objects(self, folder: str = "inbound/") -> list[str]:
        """Returns the keys of the mails in a folder of the bucket."""
        listed = client("s3").list_objects_v2(Bucket="mailbox", Prefix=folder).get("Contents", ())
        return [item["Key"] for item in listed]

    def registers(self, address: str = SENDER) -> set[str]:
        """Returns the codes of the registers on record of a person."""
        record = parts().preferences.read(self.world.recipient(address))
        return {register.code for register in record.registers}

    def cases(self) -> list[Case]:
        """Returns the cases that are not decided."""
        return [case for case in parts().cases.open_cases() if isinstance(case, Case)]

    def requests(self) -> list[ConfirmationRequest]:
        """Returns the requests for confirmation mails."""
        messages = self.world.messages("CONFIRMATION_REQUESTS_QUEUE_URL")
        return [ConfirmationRequest.from_message(message) for message in messages]
