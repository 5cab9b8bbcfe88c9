"""The ports for the SES list (the suppression list of the AWS account) and for walks over it.

A tenant of SES may have a list of its own, which is a part of the SES list here.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from heed.domain.milliseconds import Millis

ACCOUNT_LIST = ""
"""The list of the account, among the names of tenants."""


class SesListPage(NamedTuple):
    """A page of the SES list.

    Attributes:
        addresses: the addresses, in the spelling of the list.
        tenant: the tenant whose list it is; ACCOUNT_LIST: the list of the account.
        next_token: the token for the next page; None: this is the last page.
    """

    addresses: list[str]
    tenant: str
    next_token: str | None


class SesSuppressionList(Protocol):
    """Removes addresses from the SES list, after a confirmed opt-in or for a purge.

    SES drops mail to the addresses on the list. The list is case-sensitive.
    """

    @property
    def tenants(self) -> tuple[str, ...]:
        """The tenants whose lists are read, with ACCOUNT_LIST as the first."""
        ...

    def remove(self, spelling: str, tenant: str) -> bool:
        """Removes an address in exactly this spelling from one list. Returns whether the list had it.

        Raises:
            SuppressionListRefused: SES will never accept this address in this call.
            SuppressionListUnavailable: The address may still be on the list.
        """
        ...

    def page(self, token: str | None) -> SesListPage:
        """Returns the page for a token; None: the first page. The lists follow each other.

        Raises:
            InvalidListPosition: The token is not valid any more.
            SuppressionListUnavailable: The list could not be read.
        """
        ...


class SesListWalkState(NamedTuple):
    """The state of the walk over the SES list.

    Attributes:
        last_finished: number of the last finished walk; 0: none has finished.
        position: where the walk of the next number continues, encrypted; None: that walk has not started.
        has_removed: whether that walk has removed an address, or may have.
    """

    last_finished: int
    position: bytes | None
    has_removed: bool


class SesListWalks(Protocol):
    """Proves to a purge that no address of the person is on the SES list any more.

    Walks over the list are numbered, and run one at a time. A purge waits for a walk of a certain number.
    """

    def last_finished(self) -> int:
        """Returns the number of the last finished walk, by an eventually consistent read: never too high.

        Raises:
            StoreUnavailable: The store did not answer.
        """
        ...

    def claim(self, now: Millis) -> SesListWalkState | None:
        """Claims the walk for a limited time.

        Returns:
            The state; None if another worker has the claim. That worker will then look for work again.

        Raises:
            StoreUnavailable: It is unknown whether the claim was stored.
        """
        ...

    def release(self, position: bytes, *, has_removed: bool) -> None:
        """Releases the claim, and saves the position from which another worker can continue.

        Raises:
            StoreUnavailable: It is unknown whether the position was saved.
        """
        ...

    def cancel(self) -> bool:
        """Releases the claim without a position: the walk will start again from the beginning.

        Returns:
            Whether another worker requested a walk meanwhile.

        Raises:
            StoreUnavailable: It is unknown whether the claim was released.
        """
        ...

    def finish(self, number: int) -> bool:
        """Records that the walk with this number reached the end of the list.

        Returns:
            Whether another worker requested a walk meanwhile.

        Raises:
            StoreUnavailable: It is unknown whether the fact was recorded.
        """
        ...

    def require_walk(self, purge_id: str, number: int) -> bool:
        """Makes a purge require the walk with this number, which has not started yet.

        The purge can end only after this walk has ended.

        Returns:
            Whether the purge requires this walk. It does not if an earlier walk has proved the removal, if
            the purge does not exist, or if it is done.

        Raises:
            StoreUnavailable: It is unknown whether the fact was recorded.
        """
        ...

    def replace_required_walk(self, purge_id: str, number: int) -> None:
        """Makes a purge require the walk with this number instead of any other walk.

        Raises:
            StoreUnavailable: It is unknown whether the fact was recorded.
        """
        ...

    def count_removal(self, purge_id: str) -> None:
        """Counts an address that was removed from the list for a purge.

        Raises:
            StoreUnavailable: It is unknown whether the removal was counted.
        """
        ...
