"""Requests to the only function that changes the suppression list of SES."""

from __future__ import annotations

from dataclasses import dataclass

from heed.domain.opt_in.confirmed_opt_in import ConfirmedOptIn

_WALK_MESSAGE = '{"walk": true}'


@dataclass(frozen=True, slots=True)
class SesListRequest:
    """A request to change the list, as a message in a queue.

    Attributes:
        opt_in: the confirmed opt-in whose address should be removed from the list. None requests a walk over
            the whole list, for the purges that wait for one.
    """

    opt_in: ConfirmedOptIn | None

    def to_message(self) -> str:
        """Returns the message for the queue."""
        return _WALK_MESSAGE if self.opt_in is None else self.opt_in.to_message()

    @classmethod
    def from_message(cls, body: str) -> SesListRequest:
        """Parses a message of the queue.

        Raises:
            MalformedMessage: Heed did not send the message.
        """
        return cls(None if body == _WALK_MESSAGE else ConfirmedOptIn.from_message(body))


WALK_REQUEST = SesListRequest(opt_in=None)
"""The request for a walk over the list."""
