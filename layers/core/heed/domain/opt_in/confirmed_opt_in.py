"""A confirmed opt-in, as it waits in a queue for its effects outside of the table."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from heed.domain import queue_messages
from heed.domain.milliseconds import Millis
from heed.domain.rfc3339 import format_time


@dataclass(frozen=True, slots=True)
class ConfirmedOptIn:
    """The content of a confirmation link that a person pressed, for the functions that act on it.

    Attributes:
        press_id: the id of the HTTP request of the press, the same at every delivery of the message.
        recipient: the recipient id.
        requested_at: the time of the request, milliseconds. Together with the recipient it identifies the
            confirmation.
        topics: names of the topics that the person receives now.
        encrypted_address: the address, encrypted, in its original case.
        is_off_ses_list: whether the address was removed from the suppression list of SES since.
    """

    press_id: str
    recipient: str
    requested_at: Millis
    topics: tuple[str, ...]
    encrypted_address: bytes
    is_off_ses_list: bool = False

    def to_message(self) -> str:
        """Returns the message for the queue."""
        return json.dumps(
            {
                "press": self.press_id,
                "recipient": self.recipient,
                "issued": self.requested_at,
                "topics": self.topics,
                "encrypted_address": base64.b64encode(self.encrypted_address).decode(),
                "unlisted": self.is_off_ses_list,
            },
            sort_keys=True,
        )

    @classmethod
    def from_message(cls, body: str) -> ConfirmedOptIn:
        """Parses a message of the queue.

        Raises:
            MalformedMessage: Heed did not send the message.
        """
        return queue_messages.read_message(body, cls._from_members)

    @classmethod
    def _from_members(cls, members: dict[str, Any]) -> ConfirmedOptIn:
        return cls(
            press_id=queue_messages.text_member(members.pop("press")),
            recipient=queue_messages.recipient_member(members.pop("recipient")),
            requested_at=Millis(queue_messages.number_member(members.pop("issued"))),
            topics=queue_messages.list_member(members.pop("topics"), queue_messages.text_member),
            encrypted_address=base64.b64decode(
                queue_messages.text_member(members.pop("encrypted_address")), validate=True
            ),
            is_off_ses_list=queue_messages.flag_member(members.pop("unlisted", False)),
            **members,
        )


@dataclass(frozen=True, slots=True)
class OptInNotification:
    """A notification of a confirmed opt-in, in a queue that the adopter's own system reads.

    Attributes:
        opt_in: the confirmed opt-in.
        address: the person's normalised address.
    """

    opt_in: ConfirmedOptIn
    address: str

    def to_message(self) -> str:
        """Returns the message in the format that docs/operations.md describes."""
        opt_in = self.opt_in
        return json.dumps(
            {
                "id": f"{opt_in.recipient}#{opt_in.requested_at}",
                "address": self.address,
                "recipient": opt_in.recipient,
                "topics": opt_in.topics,
                "at": format_time(opt_in.requested_at),
            },
            sort_keys=True,
        )
