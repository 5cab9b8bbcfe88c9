"""After a confirmed yes: the address comes off the mail service's list, on which it may be in any case."""

from __future__ import annotations

from dataclasses import replace

from heed.actions.mail_ports import AddressSeal
from heed.actions.ports import Queue
from heed.actions.ports_ses_list import Suppressions
from heed.domain.address import spellings
from heed.domain.errors import InvalidAddress, Malformed, SuppressionRefused
from heed.domain.opt_in import OptIn


class Unlist:
    """Takes one address off the list, in each spelling in which it may be there."""

    def __init__(self, seal: AddressSeal, suppressions: Suppressions, confirmed: Queue) -> None:
        """`confirmed` is where the yes goes on to be told of (heed.actions.follow_up)."""
        self._seal = seal
        self._suppressions = suppressions
        self._confirmed = confirmed

    def __call__(self, opt_in: OptIn) -> int:
        """Do it, and hand the yes on; in how many spellings it was there.

        Raises:
            Malformed: the sealed address is none of ours.
            SuppressionRefused: the mail service takes the address in no such call. The yes was handed on.
            Unavailable: not all is done; the same message may be delivered again.
        """
        try:
            found = spellings(self._seal.unseal(opt_in.sealed))
        except InvalidAddress as error:
            raise Malformed(type(error).__name__) from None
        removed, refused = 0, None
        for spelling in found:
            try:
                removed += self._suppressions.remove(spelling)
            except SuppressionRefused as error:
                refused = error
        self._confirmed.send(replace(opt_in, unlisted=True).to_message())
        if refused is not None:
            raise refused
        return removed
