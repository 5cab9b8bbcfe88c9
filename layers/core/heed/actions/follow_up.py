"""After a confirmed yes: SES's own stop goes, and the adopter is told, once, if it wants to be."""

from __future__ import annotations

import json

from heed.actions.mail_ports import AddressSeal, Suppressions, Tellings
from heed.actions.ports import Queue
from heed.domain.opt_in import OptIn
from heed.domain.times import write


class FollowUp:
    """What follows from a confirmed yes outside of the table."""

    def __init__(
        self,
        seal: AddressSeal,
        suppressions: Suppressions,
        tellings: Tellings,
        opt_ins: Queue | None,
    ) -> None:
        """`opt_ins` is the adopter's queue; None: it does not want to be told."""
        self._seal = seal
        self._suppressions = suppressions
        self._tellings = tellings
        self._opt_ins = opt_ins

    def __call__(self, opt_in: OptIn, now: int) -> None:
        """Do all of it; again, and for another press of the same link, nothing more happens.

        Raises:
            Unavailable: not all is done; the same message may be delivered again.
            Malformed: the sealed address is none of ours.
        """
        address = self._seal.unseal(opt_in.sealed)
        self._suppressions.remove(address)
        if self._opt_ins is None:
            return
        confirmation = f"{opt_in.recipient}#{opt_in.issued}"
        if self._tellings.begin(confirmation, opt_in.press, now):
            self._opt_ins.send(
                json.dumps(
                    {
                        "id": confirmation,
                        "address": address,
                        "recipient": opt_in.recipient,
                        "topics": opt_in.topics,
                        "at": write(opt_in.issued),
                    },
                    sort_keys=True,
                )
            )
            self._tellings.finish(confirmation)
