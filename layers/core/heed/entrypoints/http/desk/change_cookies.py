"""What the desk keeps in a browser about what was recorded: the last entry, and the entries of the day.

Both are encrypted cookies of the session. The one of the last entry belongs to the person's pages and ends
after ten minutes. Only with it can the entry be taken back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heed.domain.desk.session import SESSION_LIMIT
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import DAY_MS, ScopeNumber
from heed.entrypoints.http.desk.change_form import DeskChange

if TYPE_CHECKING:
    from aws_lambda_powertools.shared.cookies import Cookie

    from heed.entrypoints.http.desk.sealed_cookies import SealedCookies

TAKE_BACK_LIFETIME = Millis(10 * 60_000)
"""An entry can be taken back for this time, milliseconds."""

_ENTRY, _OWN = "entry", "own"
_MAX_OWN = 10  # entries


@dataclass(frozen=True, slots=True)
class RecordedDeskChange:
    """The last entry about a person.

    Attributes:
        change: what the person requests.
        scopes: numbers of the scopes of the change.
        at: the time of the entry, milliseconds.
        digest: the digest of the entry.
        until: the end of a pause, milliseconds, or None.
        undoable: numbers of the scopes at which it can be taken back.
        superseded: whether something newer counts instead.
        recorded_at: when it was recorded, milliseconds.
        taken_back: whether it was taken back.
    """

    change: DeskChange
    scopes: tuple[ScopeNumber, ...]
    at: Millis
    digest: str
    until: Millis | None
    undoable: tuple[ScopeNumber, ...]
    superseded: bool
    recorded_at: Millis
    taken_back: bool = False

    def make(self, cookies: SealedCookies, recipient: str) -> Cookie:
        """Returns the cookie of the entry."""
        content = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return cookies.make(_ENTRY, content, Millis(self.recorded_at + TAKE_BACK_LIFETIME), recipient)

    @classmethod
    def read(cls, cookies: SealedCookies, recipient: str) -> RecordedDeskChange | None:
        """Returns the last entry about a person, or None."""
        content = cookies.read(_ENTRY, recipient)
        if content is None:
            return None
        lists = {name: tuple(content[name]) for name in ("scopes", "undoable")}
        return cls(**{**content, **lists, "change": DeskChange(content["change"])})


@dataclass(frozen=True, slots=True)
class OwnEntry:
    """An entry of the day: when it was recorded (milliseconds), about whom, what, and of which brands.

    What is of all brands, or of none, has the number 0.
    """

    at: Millis
    recipient: str
    change: DeskChange
    brands: tuple[ScopeNumber, ...]


def read_own_entries(cookies: SealedCookies) -> list[OwnEntry]:
    """Returns what the user has recorded today (UTC), the newest first."""
    content = cookies.read(_OWN)
    entries = (
        [
            OwnEntry(at, recipient, DeskChange(change), tuple(brands))
            for at, recipient, change, *brands in content["entries"]
        ]
        if content
        else []
    )
    return [entry for entry in entries if entry.at // DAY_MS == cookies.now // DAY_MS]


def add_own_entry(cookies: SealedCookies, entry: OwnEntry) -> Cookie:
    """Returns the cookie of the entries of the day with one more. It keeps the newest 10."""
    entries: Sequence[OwnEntry] = [entry, *read_own_entries(cookies)][:_MAX_OWN]
    content = {"entries": [(each.at, each.recipient, each.change.value, *each.brands) for each in entries]}
    return cookies.make(_OWN, content, Millis(cookies.session.started_at + SESSION_LIMIT))
