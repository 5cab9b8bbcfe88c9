"""A browser that sends a privacy signal opens a link: the signal is the request, and needs no press."""

from __future__ import annotations

from collections.abc import Collection

from heed.actions.ports import Preferences
from heed.domain import signal
from heed.domain.catalogue import Catalogue
from heed.domain.decision import is_closed
from heed.domain.evidence import evidence
from heed.domain.record import Record
from heed.domain.register import Change, Entry, Source, scope_of
from heed.domain.token import Token


class NoteSignal:
    """Writes the signal: the one thing that a GET may write."""

    def __init__(self, preferences: Preferences, catalogue: Catalogue) -> None:
        self._preferences = preferences
        self._catalogue = catalogue

    def __call__(
        self, token: Token, record: Record, at: int, campaign: str, spared: Collection[int] = ()
    ) -> Record:
        """What is on record then; nothing is written where the signal stands, or of a closed record.

        Args:
            token: of the link.
            record: of its recipient, as it was read for the page.
            at: when the link was opened, milliseconds.
            campaign: of the link, or "".
            spared: numbers of the topics that this very page asks about.

        Raises:
            Unavailable, UnreadableRecord: not known to be written.
        """
        proof = evidence(issued=token.issued, key=token.key_id, campaign=campaign or None)
        entry = Entry(at, Source.SIGNAL, proof, self._catalogue.policy(at))

        def changes(now: Record) -> list[Change]:
            found = [] if is_closed(now) else signal.missing(now, self._catalogue, entry)
            return [change for change in found if scope_of(change.register) not in spared]

        if not changes(record):
            return record
        return self._preferences.update(token.recipient, changes, at).after
