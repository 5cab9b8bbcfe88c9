"""A walk over the mail service's own list of addresses, for everybody on whom a purge is due.

The list has no ids and keeps the case in which each address came, and a recipient id leads to no address.
So the list is read from its beginning to its end, each address on it turned into an id, and taken off if
that is one of those who are purged. It is read again until a pass removes nothing more: what a removal does
to the places in a list that is being read, nobody says. That pass is what proves it.

It may be stopped after any call: the place where it goes on is kept, sealed, and removing is repeatable.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from heed.domain.errors import (
    DependencyUnavailable,
    InvalidAddress,
    InvalidListPosition,
    MalformedMessage,
    SuppressionListRefused,
)
from heed.domain.recipients.address import normalise_address
from heed.domain.recipients.recipient import recipient_id
from heed.use_cases.ports.keys import IdentityKey
from heed.use_cases.ports.opt_in import AddressEncryption
from heed.use_cases.ports.privacy import Erasures
from heed.use_cases.ports.ses_list import SesListWalks, SesListWalkState, SesSuppressionList

PurgesByRecipient = Mapping[str, tuple[str, ...]]
"""The purges that are due, by recipient id."""


@dataclass(slots=True)
class SesListWalkResult:
    """What came of a walk, or of a part of one.

    Attributes:
        removed: how many addresses were taken off the list.
        refused: how many stand there that the mail service does not let be taken off.
        is_ended: whether the walk came to the end of the list.
        goes_on: whether another part, or another walk, has to follow at once.
    """

    removed: int = 0
    refused: int = 0
    is_ended: bool = False
    goes_on: bool = False


@dataclass(slots=True)
class _Pass:
    """How far a pass over the list is.

    Attributes:
        place: the part of the list that is read, in the mail service's own words; "": the first.
        seen: how many addresses of that part were looked at and stand there still.
        has_removed: whether the pass has taken an address off the list.
    """

    place: str = ""
    seen: int = 0
    has_removed: bool = False

    def to_text(self) -> str:
        """Where it goes on, as it is kept."""
        return f"{self.seen} {self.place}"

    @classmethod
    def of_text(cls, text: str, *, has_removed: bool) -> _Pass:
        """As it was kept."""
        seen, _, place = text.partition(" ")
        return cls(place, int(seen), has_removed)


@dataclass(frozen=True, slots=True)
class WalkSesList:
    """Walks, one at a time, as far as the time allows.

    `seal` is for places in the list alone.
    """

    key: IdentityKey
    epochs: Erasures
    walks: SesListWalks
    suppressions: SesSuppressionList
    seal: AddressEncryption

    def __call__(self, now: int, has_time: Callable[[], bool]) -> SesListWalkResult:
        """Begin a walk, or go on with one, if anybody waits for it.

        Raises:
            Unavailable: it stopped; the next one goes on from there.
        """
        walked = SesListWalkResult()
        if not has_time():
            walked.goes_on = True
            return walked
        state = self.walks.take(now)
        if state is None:
            return walked
        number = state.ended + 1
        due = self.epochs.due(now)
        wanted = {one.recipient: one.purges for one in due if one.purges is not None}
        in_pass = self._pass(state)
        if in_pass is None and not self._is_waited_for(wanted, number, has_time):
            walked.goes_on = self.walks.give_up()
            return walked
        in_pass = in_pass or _Pass()
        try:
            walked.is_ended = self._read(in_pass, wanted, number, has_time, walked)
        except InvalidListPosition:
            self._leave(_Pass())  # whoever looks next for what is due begins there again
            return walked
        except DependencyUnavailable:
            self._leave(in_pass)
            raise
        if walked.is_ended:
            walked.goes_on = self.walks.end(number)
        else:
            self._leave(in_pass)
            walked.goes_on = True
        return walked

    def _pass(self, state: SesListWalkState) -> _Pass | None:
        """Where the walk goes on; None: it has not begun, or nobody can read any more where it is."""
        if state.place is None:
            return None
        try:
            text = self.seal.decrypt(state.place)
        except MalformedMessage:
            return None
        return _Pass.of_text(text, has_removed=state.has_removed)

    def _leave(self, in_pass: _Pass) -> None:
        self.walks.leave(self.seal.encrypt(in_pass.to_text()), has_removed=in_pass.has_removed)

    def _is_waited_for(self, wanted: PurgesByRecipient, number: int, has_time: Callable[[], bool]) -> bool:
        """Have every purge that no walk has proved yet wait for this one; whether any does."""
        waits = False
        for one in (one for purges in wanted.values() for one in purges):
            if not has_time():
                break  # the others wait for the next walk
            waits = self.walks.await_walk(one, number) or waits
        return waits

    def _read(
        self,
        in_pass: _Pass,
        wanted: PurgesByRecipient,
        number: int,
        has_time: Callable[[], bool],
        walked: SesListWalkResult,
    ) -> bool:
        """Read on, pass after pass; whether one came to the end that has removed nothing."""
        while has_time():
            page = self.suppressions.page(in_pass.place or None)
            for spelling in page.addresses[in_pass.seen :]:
                purges = wanted.get(self._recipient(spelling))
                if purges is not None and not has_time():
                    return False
                if purges is not None and self._removed(spelling, walked):
                    in_pass.has_removed = True
                    for one in purges:
                        self.walks.count(one)
                    continue
                for one in purges or ():
                    self.walks.await_number(one, number + 1)
                in_pass.seen += 1
            in_pass.place, in_pass.seen = page.place or "", 0
            if not in_pass.place:
                if not in_pass.has_removed:
                    return True
                in_pass.has_removed = False  # the next pass, from the beginning
        return False

    def _removed(self, spelling: str, walked: SesListWalkResult) -> bool:
        """Whether an address of the list was taken off it. If not, the next walk sees whether it is gone."""
        try:
            is_removed = self.suppressions.remove(spelling)
        except SuppressionListRefused:
            walked.refused += 1
            return False
        walked.removed += is_removed
        return is_removed

    def _recipient(self, spelling: str) -> str:
        """Whose an address of the list is; "" if it can be nobody's."""
        try:
            return recipient_id(self.key.identity_key(), normalise_address(spelling))
        except InvalidAddress:
            return ""
