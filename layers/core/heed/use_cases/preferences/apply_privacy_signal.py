"""A browser that sends a privacy signal opens a link: the signal is the request, and needs no press."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from heed.domain.links.link_token import LinkToken
from heed.domain.preferences import privacy_signal
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.decision import is_closed
from heed.domain.preferences.evidence import evidence
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import Change, Entry, Source
from heed.use_cases.ports.preferences import Preferences


@dataclass(frozen=True, slots=True)
class ApplyPrivacySignal:
    """Writes the signal: the one thing that a GET may write."""

    preferences: Preferences
    catalogue: Catalogue

    def __call__(
        self, token: LinkToken, record: Record, at: int, campaign: str, spared: Collection[int] = ()
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
        entry = Entry(at, Source.SIGNAL, proof, self.catalogue.policy(at))

        def changes(now: Record) -> list[Change]:
            found = (
                [] if is_closed(now) else privacy_signal.missing_signal_changes(now, self.catalogue, entry)
            )
            return [change for change in found if change.register.scope not in spared]

        if not changes(record):
            return record
        return self.preferences.update(token.recipient, changes, at).after
