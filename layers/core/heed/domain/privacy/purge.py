"""A purge: clearing every store but the preferences themselves of a person, and the proof of it.

The certificate has nothing personal in it. While the purge is under way its record also names the
subject under which the ledger knows the person; that goes with the last step.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from heed.domain.preferences.register import DAY_MS
from heed.domain.privacy.erasure import ErasureCause

_ID = re.compile(r"[0-9a-f]{32}")
BACKUP_DAYS = 7  # that a table can be brought back for (template.yaml; a test compares)
PURGE_OVERDUE = 3_600_000  # milliseconds; the sweep comes once an hour
LIST_OVERDUE = DAY_MS  # a long list of SES's takes hours to be read, one call a second
SES_LIST_STORE = "ses-suppression-list"
"""In a certificate: how many addresses were taken off the mail service's own list."""


class DueWork(NamedTuple):
    """The work that is due on a recipient.

    Attributes:
        purges: ids of purges; empty where only days of soft bounces are to be pruned.
        floor: when the epoch began, milliseconds.
        cause: why it began.
        soft: days of soft bounces.
        is_held: whether a hold preserves them, however old they are.
    """

    purges: tuple[str, ...]
    floor: int
    cause: ErasureCause
    soft: frozenset[int]
    is_held: bool


class PurgeOrder(NamedTuple):
    """A purge that a change of somebody's record asks for.

    Attributes:
        position: names the change, for whoever has to be told that the purge failed.
        recipient: recipient id.
        work: what is due.
    """

    position: str
    recipient: str
    work: DueWork


class PurgeState(StrEnum):
    """How far a purge is."""

    DUE = "due"
    RUNNING = "running"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Purge:
    """A purge.

    Attributes:
        id: random.
        cause: why.
        state: how far it is.
        requested_at: when the report was received, milliseconds.
        completed_at: when every store was clear, milliseconds, or None.
        stores: how much was found in each store.
        subject: the person's name in the ledger, hex; "" where there is none, and once it is done.
        walk: number of the walk over the mail service's list that has to end first; None: not known yet.
    """

    id: str
    cause: ErasureCause
    state: PurgeState
    requested_at: int
    completed_at: int | None = None
    stores: Mapping[str, int] = field(default_factory=dict)
    subject: str = field(default="", repr=False)
    walk: int | None = None

    @property
    def unlinkable_from(self) -> int | None:
        """From when nobody can find out any more whose entries they were: no backup is that old."""
        return None if self.completed_at is None else self.completed_at + BACKUP_DAYS * DAY_MS

    @property
    def rules(self) -> str:
        """Which rules it was done by, as docs/privacy.md numbers them."""
        return f"{self.cause.value}/1"


def is_purge_id(text: str) -> bool:
    """Whether a text has the form of a purge's id; another is never looked for."""
    return _ID.fullmatch(text) is not None


def merge_counts(found: Mapping[str, int], now: Mapping[str, int]) -> dict[str, int]:
    """What was found in each store: the most that any pass has seen, for a pass may begin again."""
    return {name: max(found.get(name, 0), now.get(name, 0)) for name in (*found, *now)}
