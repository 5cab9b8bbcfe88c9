"""What is asked of the function that alone speaks to the mail service about its list of addresses."""

from __future__ import annotations

from heed.domain.opt_in.confirmed_opt_in import OptIn

WALK = '{"walk": true}'
"""The message that asks for a walk over the list, for whoever waits for one."""


def of_message(body: str) -> OptIn | None:
    """The confirmed yes whose address is to be taken off; None: the list is to be walked.

    Raises:
        Malformed: it was not put there by us.
    """
    return None if body == WALK else OptIn.from_message(body)
