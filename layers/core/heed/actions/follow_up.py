"""After a confirmed yes: SES's own stop goes, and the adopter is told, once, if it wants to be."""

from __future__ import annotations

import json

from heed.actions.mail_ports import AddressSeal, Suppressions, Tellings
from heed.actions.ports import Preferences, Queue
from heed.actions.ports_privacy import Person
from heed.domain.decision import is_silent
from heed.domain.opt_in import OptIn
from heed.domain.times import write


class FollowUp:
    """What follows from a confirmed yes outside of the table."""

    def __init__(
        self,
        seal: AddressSeal,
        suppressions: Suppressions,
        preferences: Preferences,
        tellings: Tellings,
        opt_ins: Queue | None,
    ) -> None:
        """`opt_ins` is the adopter's queue; None: it does not want to be told."""
        self._seal = seal
        self._suppressions = suppressions
        self._preferences = preferences
        self._tellings = tellings
        self._opt_ins = opt_ins

    def __call__(self, opt_in: OptIn, now: int) -> None:
        """Do all of it; again, and for another press of the same link, nothing more happens.

        Raises:
            Unavailable, UnreadableRecord: not all is done; the same message may be delivered again.
            Malformed: the sealed address is none of ours.
        """
        # First of all: another press of the same link costs none of the calls that SES permits a second.
        if not self._tellings.begin(opt_in.recipient, opt_in.issued, opt_in.press, now):
            return
        address = self._seal.unseal(opt_in.sealed)
        self._suppressions.remove(address)
        # Read behind the write: a purge that begins after this reading finds what was written.
        if is_silent(self._preferences.read(opt_in.recipient), opt_in.issued):
            self._tellings.clear(Person(opt_in.recipient, ""))
            return
        if self._opt_ins is not None:
            self._opt_ins.send(_told(opt_in, address))
        self._tellings.finish(opt_in.recipient, opt_in.issued)


def _told(opt_in: OptIn, address: str) -> str:
    return json.dumps(
        {
            "id": f"{opt_in.recipient}#{opt_in.issued}",
            "address": address,
            "recipient": opt_in.recipient,
            "topics": opt_in.topics,
            "at": write(opt_in.issued),
        },
        sort_keys=True,
    )
