"""A purge clears a person's data in all stores except the preferences. It ends with a certificate.

The certificate contains no personal data. During the purge its record also contains the subject, the
person's name in the ledger. The last step deletes the subject.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import DAY_MS
from heed.domain.privacy.erasure import ErasureCause

_ID = re.compile(r"[0-9a-f]{32}")
BACKUP_DAYS = 7  # days for which a table can be restored (template.yaml; a test compares them)
PURGE_OVERDUE_AFTER = 3_600_000  # milliseconds; overdue purges are checked once an hour
SES_LIST_OVERDUE_AFTER = DAY_MS  # milliseconds; a long SES list takes hours to read, at one call a second
SES_LIST_STORE = "ses-suppression-list"
"""The store in a certificate that counts the addresses removed from the list of SES."""


class DueWork(NamedTuple):
    """The work that is due on a recipient.

    Attributes:
        purges: ids of purges; empty if only old soft-bounce days have to be deleted.
        erased_at: the time of the erasure, milliseconds.
        cause: the cause of the erasure.
        soft_bounce_days: the days with a soft bounce, as numbers of days since the Unix epoch.
        is_held: whether a hold preserves the soft-bounce days, even old ones.
    """

    purges: tuple[str, ...]
    erased_at: Millis
    cause: ErasureCause
    soft_bounce_days: frozenset[int]
    is_held: bool


class PurgeOrder(NamedTuple):
    """A request to run a purge. A change of a record causes it.

    Attributes:
        position: identifies the change in the stream, for a report of a failed purge.
        recipient: the recipient id.
        work: the work that is due.
    """

    position: str
    recipient: str
    work: DueWork


class PurgeState(StrEnum):
    """The progress of a purge."""

    DUE = "due"
    RUNNING = "running"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Purge:
    """A purge.

    Attributes:
        id: random.
        cause: the cause of the erasure.
        state: the progress.
        requested_at: the time at which the report was received, milliseconds.
        completed_at: the time at which all stores were clear, milliseconds, or None.
        stores: the number of items found in each store.
        subject: the person's name in the ledger, hex; "" if there is none, and after completion.
        walk: the number of the walk over the list of SES that has to end first; None if not known yet. A walk
            is one complete reading of that list.
    """

    id: str
    cause: ErasureCause
    state: PurgeState
    requested_at: Millis
    completed_at: Millis | None = None
    stores: Mapping[str, int] = field(default_factory=dict)
    subject: str = field(default="", repr=False)
    walk: int | None = None

    @property
    def unlinkable_from(self) -> Millis | None:
        """The time from which no one can link the ledger entries to the person, milliseconds, or None.

        From then on, no backup contains the salt.
        """
        return None if self.completed_at is None else Millis(self.completed_at + BACKUP_DAYS * DAY_MS)

    @property
    def rules(self) -> str:
        """The rules of the purge, as docs/privacy.md numbers them."""
        return f"{self.cause.value}/1"


@dataclass(frozen=True, slots=True)
class UnreadablePurge:
    """Takes the place of a stored purge that is not readable.

    Attributes:
        id: the id of the purge.
    """

    id: str


def is_purge_id(text: str) -> bool:
    """Whether a text has the format of a purge id."""
    return _ID.fullmatch(text) is not None


def merge_counts(earlier: Mapping[str, int], current: Mapping[str, int]) -> dict[str, int]:
    """Returns, for each store, the greatest count of both passes. A pass may start again."""
    return {name: max(earlier.get(name, 0), current.get(name, 0)) for name in (*earlier, *current)}
