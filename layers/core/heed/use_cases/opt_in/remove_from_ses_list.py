"""After a confirmed yes: the address comes off the mail service's list, on which it may be in any case."""

from __future__ import annotations

from dataclasses import dataclass, replace

from heed.domain.errors import InvalidAddress, MalformedMessage, SuppressionListRefused
from heed.domain.opt_in.confirmed_opt_in import ConfirmedOptIn
from heed.domain.recipients.address import address_spellings
from heed.use_cases.ports.opt_in import AddressEncryption
from heed.use_cases.ports.preferences import MessageQueue
from heed.use_cases.ports.ses_list import SesSuppressionList


@dataclass(frozen=True, slots=True)
class RemoveFromSesList:
    """Takes one address off the list, in each spelling in which it may be there.

    `confirmed` is where the yes goes on to be told of (heed.use_cases.opt_in.after_confirmation).
    """

    seal: AddressEncryption
    suppressions: SesSuppressionList
    confirmed: MessageQueue

    def __call__(self, opt_in: ConfirmedOptIn) -> int:
        """Do it, and hand the yes on; in how many spellings it was there.

        Raises:
            Malformed: the sealed address is none of ours.
            SuppressionRefused: the mail service takes the address in no such call. The yes was handed on.
            Unavailable: not all is done; the same message may be delivered again.
        """
        try:
            found = address_spellings(self.seal.decrypt(opt_in.sealed))
        except InvalidAddress as error:
            raise MalformedMessage(type(error).__name__) from None
        removed, refused = 0, None
        for spelling in found:
            try:
                removed += self.suppressions.remove(spelling)
            except SuppressionListRefused as error:
                refused = error
        self.confirmed.send(replace(opt_in, unlisted=True).to_message())
        if refused is not None:
            raise refused
        return removed
