"""What is asked of the function that alone speaks to the mail service about its list of addresses."""

from __future__ import annotations

from dataclasses import dataclass

from heed.domain.opt_in.confirmed_opt_in import ConfirmedOptIn

_WALK = '{"walk": true}'


@dataclass(frozen=True, slots=True)
class SesListRequest:
    """A request to change the list, as it waits in its queue.

    Attributes:
        opt_in: the confirmed yes whose address is to be taken off the list; None: the whole list is to be
            walked, for whoever waits for a walk.
    """

    opt_in: ConfirmedOptIn | None

    def to_message(self) -> str:
        """As it waits in the queue."""
        return _WALK if self.opt_in is None else self.opt_in.to_message()

    @classmethod
    def from_message(cls, body: str) -> SesListRequest:
        """As it was put into the queue.

        Raises:
            Malformed: it was not put there by us.
        """
        return cls(None if body == _WALK else ConfirmedOptIn.from_message(body))


WALK_REQUEST = SesListRequest(opt_in=None)
"""The request for a walk over the list."""
