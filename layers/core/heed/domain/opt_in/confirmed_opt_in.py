"""A confirmed yes, as it waits in a queue for what follows from it outside of the table."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from heed.domain import queue_messages
from heed.domain.rfc3339 import format_time


@dataclass(frozen=True, slots=True)
class ConfirmedOptIn:
    """What a pressed confirmation link says to those who act on it.

    Attributes:
        press: id of the HTTP request of the press: the same at every delivery of the message.
        recipient: recipient id.
        issued: when it was asked for, milliseconds; with the recipient it names the confirmation.
        topics: names of the topics that the person gets now.
        sealed: the address as it was given, encrypted.
        unlisted: whether the mail service's own list was cleared of it since.
    """

    press: str
    recipient: str
    issued: int
    topics: tuple[str, ...]
    sealed: bytes
    unlisted: bool = False

    def to_message(self) -> str:
        """As it waits in the queue."""
        return json.dumps(
            {
                "press": self.press,
                "recipient": self.recipient,
                "issued": self.issued,
                "topics": self.topics,
                "sealed": base64.b64encode(self.sealed).decode(),
                "unlisted": self.unlisted,
            },
            sort_keys=True,
        )

    @classmethod
    def from_message(cls, body: str) -> ConfirmedOptIn:
        """As it was put into the queue.

        Raises:
            Malformed: it was not put there by us.
        """
        return queue_messages.read_message(body, cls._of)

    @classmethod
    def _of(cls, data: dict[str, Any]) -> ConfirmedOptIn:
        return cls(
            press=queue_messages.text_member(data.pop("press")),
            recipient=queue_messages.recipient_member(data.pop("recipient")),
            issued=queue_messages.number_member(data.pop("issued")),
            topics=queue_messages.list_member(data.pop("topics"), queue_messages.text_member),
            sealed=base64.b64decode(queue_messages.text_member(data.pop("sealed")), validate=True),
            unlisted=queue_messages.flag_member(data.pop("unlisted", False)),
            **data,
        )


@dataclass(frozen=True, slots=True)
class OptInNotification:
    """What the adopter is told of a confirmed yes, in a queue that the adopter's own system reads.

    Attributes:
        opt_in: the confirmed yes.
        address: of the person, normalised.
    """

    opt_in: ConfirmedOptIn
    address: str

    def to_message(self) -> str:
        """As docs/operations.md describes it."""
        opt_in = self.opt_in
        return json.dumps(
            {
                "id": f"{opt_in.recipient}#{opt_in.issued}",
                "address": self.address,
                "recipient": opt_in.recipient,
                "topics": opt_in.topics,
                "at": format_time(opt_in.issued),
            },
            sort_keys=True,
        )
