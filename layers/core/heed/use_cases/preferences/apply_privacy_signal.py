"""Applies a privacy signal when a browser opens a link. The signal is a request and needs no press."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from heed.domain.links.link_hints import LinkHints
from heed.domain.links.link_token import LinkToken
from heed.domain.milliseconds import Millis
from heed.domain.preferences import privacy_signal
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.decision import refuses_opt_ins
from heed.domain.preferences.evidence import make_evidence
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import Change, Entry, Source
from heed.use_cases.ports.preferences import Preferences


@dataclass(frozen=True, slots=True)
class ApplyPrivacySignal:
    """Writes the privacy signal of a browser. No other GET request changes a record."""

    preferences: Preferences
    catalogue: Catalogue

    def __call__(
        self,
        token: LinkToken,
        record: Record,
        at: Millis,
        hints: LinkHints,
        excluded_topics: Collection[int] = (),
    ) -> Record:
        """Applies a signal, unless it is already applied or the record is closed. Returns the new record.

        Args:
            token: token of the link.
            record: record of the recipient, as the page read it.
            at: when the link was opened, milliseconds.
            hints: hints of the link.
            excluded_topics: numbers of the topics that the signal does not change.

        Raises:
            DependencyUnavailable, UnreadableRecord: It is unknown whether the signal was stored.
        """
        proof = make_evidence(
            issued=token.issued,
            key=token.key_id,
            campaign=hints.campaign or None,
            ref=hints.ref or None,
        )
        entry = Entry(at, Source.SIGNAL, proof, self.catalogue.policy_version_at(at))

        def changes(current: Record) -> list[Change]:
            if refuses_opt_ins(current):
                return []
            missing = privacy_signal.missing_signal_changes(current, self.catalogue, entry)
            return [change for change in missing if change.register.scope not in excluded_topics]

        if not changes(record):
            return record
        return self.preferences.update(token.recipient, changes, at).after
