"""The ports of the use cases about cases: the list of cases, and their mails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from heed.domain.mailbox.case import Case, Ruling, UnreadableCase
from heed.domain.milliseconds import Millis


class CasePosition(NamedTuple):
    """The place of an open case in the list. The list is in order of the due date, then of the id."""

    due_at: Millis
    id: str


class Cases(Protocol):
    """The cases."""

    def add(self, case: Case) -> None:
        """Stores an open case. An existing case with its id stays as it is.

        Raises:
            StoreUnavailable: It is unknown whether the case was stored.
        """
        ...

    def find(self, case_id: str) -> Case | None:
        """Returns the case with this id, or None.

        Raises:
            StoreUnavailable: The store did not answer.
            UnreadableRecord: The stored case is not readable.
        """
        ...

    def open_cases(self, after: CasePosition | None = None) -> Iterator[Case | UnreadableCase]:
        """Yields the cases that are not decided, in order of the due date. It lags behind by a moment.

        Args:
            after: the position after which the list begins; None: it begins with the first case.

        Raises:
            StoreUnavailable: Not all cases could be read.
        """
        ...

    def claim(self, case_id: str, ruling: Ruling) -> Case:
        """Stores the ruling, if the case is open. Returns the case that is stored then.

        Raises:
            StoreUnavailable: It is unknown whether the ruling was stored.
        """
        ...

    def close(self, case: Case) -> Case:
        """Marks a case with a ruling as decided, and removes its recipient. A second call changes nothing.

        Raises:
            StoreUnavailable: It is unknown whether the case was marked.
        """
        ...


class StoredMails(Protocol):
    """Mails in a store, by name. What nobody deletes is deleted by time."""

    def read(self, name: str) -> bytes | None:
        """Returns the first 1 MiB of a mail; None if it was deleted.

        Raises:
            StoreUnavailable: The store did not answer.
        """
        ...

    def delete(self, name: str) -> None:
        """Deletes a mail. A second call changes nothing.

        Raises:
            StoreUnavailable: It is unknown whether the mail was deleted.
        """
        ...


class CaseMails(StoredMails, Protocol):
    """The mails of the cases, by the id of the case. A mail is deleted when its case is decided."""

    def keep(self, case_id: str, raw: bytes) -> None:
        """Stores the mail of a case, or the beginning of it.

        Raises:
            StoreUnavailable: It is unknown whether the mail was stored.
        """
        ...
