"""A confirmed yes, as it waits in a queue for what follows from it outside of the table."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass

from heed.domain.errors import Malformed


@dataclass(frozen=True, slots=True)
class OptIn:
    """What a pressed confirmation link says to those who act on it.

    Attributes:
        press: id of the HTTP request of the press: the same at every delivery of the message.
        recipient: recipient id.
        issued: when it was asked for, milliseconds; with the recipient it names the confirmation.
        topics: names of the topics that the person gets now.
        sealed: the address, encrypted.
    """

    press: str
    recipient: str
    issued: int
    topics: tuple[str, ...]
    sealed: bytes

    def to_message(self) -> str:
        """As it waits in the queue."""
        return json.dumps(
            {
                "press": self.press,
                "recipient": self.recipient,
                "issued": self.issued,
                "topics": self.topics,
                "sealed": base64.b64encode(self.sealed).decode(),
            },
            sort_keys=True,
        )

    @classmethod
    def from_message(cls, body: str) -> OptIn:
        """As it was put into the queue.

        Raises:
            Malformed: it was not put there by us.
        """
        try:
            data = json.loads(body)
            topics = tuple(str(topic) for topic in data.pop("topics"))
            sealed = base64.b64decode(data.pop("sealed"), validate=True)
            return cls(topics=topics, sealed=sealed, **data)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise Malformed(type(error).__name__) from error
