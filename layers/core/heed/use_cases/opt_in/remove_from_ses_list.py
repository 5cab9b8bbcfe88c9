"""After a confirmed opt-in: removes the address from the SES list, which is case-sensitive."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product

from heed.domain.errors import (
    InvalidAddress,
    MalformedMessage,
    SuppressionListRefused,
    SuppressionListUnavailable,
)
from heed.domain.opt_in.confirmed_opt_in import ConfirmedOptIn
from heed.domain.recipients.address import address_spellings
from heed.use_cases.ports.opt_in import AddressEncryption
from heed.use_cases.ports.preferences import MessageQueue
from heed.use_cases.ports.ses_list import SesSuppressionList


@dataclass(frozen=True, slots=True)
class RemoveFromSesList:
    """Removes an address from the SES list, and from those of tenants, in each spelling that they may have.

    Attributes:
        encryption: decrypts the address.
        ses_list: the SES list.
        confirmed_queue: the queue to which the opt-in returns (see heed.use_cases.opt_in.after_confirmation).
    """

    encryption: AddressEncryption
    ses_list: SesSuppressionList
    confirmed_queue: MessageQueue

    def __call__(self, opt_in: ConfirmedOptIn, has_time: Callable[[], bool]) -> int:
        """Removes the address, and queues the opt-in for its next steps.

        Args:
            opt_in: the confirmed opt-in.
            has_time: returns whether there is time for another call of SES.

        Returns:
            How many entries the lists had.

        Raises:
            MalformedMessage: The encrypted address is not valid.
            SuppressionListRefused: SES will never accept this address in this call. The opt-in is queued.
            DependencyUnavailable: It is unknown whether all steps were done. The caller may retry.
        """
        try:
            spellings = address_spellings(self.encryption.decrypt(opt_in.encrypted_address))
        except InvalidAddress as error:
            raise MalformedMessage(type(error).__name__) from None
        removed, refused = 0, None
        for tenant, spelling in product(self.ses_list.tenants, spellings):
            if not has_time():
                raise SuppressionListUnavailable("no time is left")  # each removal can be repeated
            try:
                removed += self.ses_list.remove(spelling, tenant)
            except SuppressionListRefused as error:
                refused = error
        self.confirmed_queue.send(replace(opt_in, is_off_ses_list=True).to_message())
        if refused is not None:
            raise refused
        return removed
