"""Walks over the SES list, and removes the addresses of all people for whom a purge is due.

The SES list has addresses but no recipient ids, and nobody can compute an address from a recipient id. So
a pass reads the whole list, computes the recipient id of each address, and removes the addresses of purged
people. SES does not document how a removal affects the paging of the list. So passes repeat until one pass
removes nothing. That last pass is the proof.

A walk can stop after any call: its position is stored, encrypted, and each removal is repeatable.
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
from heed.domain.milliseconds import Millis
from heed.domain.recipients.address import normalise_address
from heed.domain.recipients.recipient import recipient_id
from heed.use_cases.ports.keys import IdentityKey
from heed.use_cases.ports.opt_in import AddressEncryption
from heed.use_cases.ports.privacy import Erasures
from heed.use_cases.ports.ses_list import SesListWalks, SesListWalkState, SesSuppressionList

PurgesByRecipient = Mapping[str, tuple[str, ...]]
"""The ids of the due purges, by recipient id."""


@dataclass(slots=True)
class SesListWalkResult:
    """The result of one run, which may be a part of a walk.

    Attributes:
        removed: how many addresses were removed from the list.
        refused: how many addresses stay on the list, since SES refused to remove them.
        is_ended: whether the walk finished.
        must_continue: whether another run has to follow immediately.
    """

    removed: int = 0
    refused: int = 0
    is_ended: bool = False
    must_continue: bool = False


@dataclass(slots=True)
class _Pass:
    """The position of a pass over the list.

    Attributes:
        token: the token for the current page; "" for the first page.
        checked: how many addresses at the start of that page were checked and stay on the list.
        has_removed: whether the pass has removed an address from the list.
    """

    token: str = ""
    checked: int = 0
    has_removed: bool = False

    def to_text(self) -> str:
        """Returns the position in its stored format."""
        return f"{self.checked} {self.token}"

    @classmethod
    def from_text(cls, text: str, *, has_removed: bool) -> _Pass:
        """Parses a stored position."""
        checked, _, token = text.partition(" ")
        return cls(token, int(checked), has_removed)


@dataclass(frozen=True, slots=True)
class WalkSesList:
    """Walks over the SES list as far as the time permits. Only one walk runs at a time.

    Attributes:
        identity_key: the key of recipient ids.
        erasures: tracks the due work.
        walks: the state of the walks.
        ses_list: the SES list.
        encryption: encrypts positions in the list. Its key has no other use.
    """

    identity_key: IdentityKey
    erasures: Erasures
    walks: SesListWalks
    ses_list: SesSuppressionList
    encryption: AddressEncryption

    def __call__(self, now: Millis, has_time: Callable[[], bool]) -> SesListWalkResult:
        """Starts a walk or continues one, if a purge waits for it.

        Args:
            now: milliseconds.
            has_time: returns whether there is time to continue.

        Raises:
            DependencyUnavailable: The walk stopped. The next run continues at its position.
        """
        result = SesListWalkResult()
        if not has_time():
            result.must_continue = True
            return result
        state = self.walks.claim(now)
        if state is None:
            return result
        number = state.last_finished + 1
        due = self.erasures.due_recipients(now)
        purges = {recipient.recipient: recipient.purges for recipient in due if recipient.purges is not None}
        current = self._restore_pass(state)
        if current is None and not self._is_needed(purges, number, has_time):
            result.must_continue = self.walks.cancel()
            return result
        current = current or _Pass()
        try:
            result.is_ended = self._read_list(current, purges, number, has_time, result)
        except InvalidListPosition:
            self._save_pass(_Pass())  # the next run starts again from the beginning of the list
            return result
        except DependencyUnavailable:
            self._save_pass(current)
            raise
        if result.is_ended:
            result.must_continue = self.walks.finish(number)
        else:
            self._save_pass(current)
            result.must_continue = True
        return result

    def _restore_pass(self, state: SesListWalkState) -> _Pass | None:
        """Returns the stored position; None if the walk has not started, or if the position is unreadable."""
        if state.position is None:
            return None
        try:
            text = self.encryption.decrypt(state.position)
        except MalformedMessage:
            return None
        return _Pass.from_text(text, has_removed=state.has_removed)

    def _save_pass(self, current: _Pass) -> None:
        self.walks.release(self.encryption.encrypt(current.to_text()), has_removed=current.has_removed)

    def _is_needed(self, purges: PurgesByRecipient, number: int, has_time: Callable[[], bool]) -> bool:
        """Makes each purge without a proof require this walk. Returns whether any purge requires it."""
        is_needed = False
        for purge_id in (purge_id for ids in purges.values() for purge_id in ids):
            if not has_time():
                break  # the other purges wait for the next walk
            is_needed = self.walks.require_walk(purge_id, number) or is_needed
        return is_needed

    def _read_list(
        self,
        current: _Pass,
        purges: PurgesByRecipient,
        number: int,
        has_time: Callable[[], bool],
        result: SesListWalkResult,
    ) -> bool:
        """Reads the list, pass after pass. Returns whether a pass without a removal reached the end."""
        while has_time():
            page = self.ses_list.page(current.token or None)
            for spelling in page.addresses[current.checked :]:
                ids = purges.get(self._find_recipient(spelling))
                if ids is not None and not has_time():
                    return False
                if ids is not None and self._remove(spelling, page.tenant, result):
                    current.has_removed = True
                    for purge_id in ids:
                        self.walks.count_removal(purge_id)
                    continue
                for purge_id in ids or ():
                    self.walks.replace_required_walk(purge_id, number + 1)
                current.checked += 1
            current.token, current.checked = page.next_token or "", 0
            if not current.token:
                if not current.has_removed:
                    return True
                current.has_removed = False  # the next pass starts from the beginning
        return False

    def _remove(self, spelling: str, tenant: str, result: SesListWalkResult) -> bool:
        """Removes an address from the list. Returns whether the list had it and SES removed it.

        If not, the next walk checks whether the address is still on the list.
        """
        try:
            is_removed = self.ses_list.remove(spelling, tenant)
        except SuppressionListRefused:
            result.refused += 1
            return False
        result.removed += is_removed
        return is_removed

    def _find_recipient(self, spelling: str) -> str:
        """Returns the recipient id of an address on the list; "" if the address is invalid."""
        try:
            return recipient_id(self.identity_key.identity_key(), normalise_address(spelling))
        except InvalidAddress:
            return ""
