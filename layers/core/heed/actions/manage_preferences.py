"""The preference centre: what a person with a link sees of their choices, and what saving them does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from heed.actions.ports import Keys, Preferences
from heed.domain.catalogue import Catalogue, Topic
from heed.domain.decision import decide
from heed.domain.errors import NotAcknowledged
from heed.domain.evidence import evidence
from heed.domain.preference_form import Given, saved
from heed.domain.record import Record
from heed.domain.token import Purpose, Token, verify


@dataclass(frozen=True, slots=True)
class Result:
    """What a saved form came to.

    Attributes:
        record: all that is on record now.
        consent: topics asked for that a link cannot give.
    """

    record: Record
    consent: tuple[Topic, ...]


class ManagePreferences:
    """What a link to the preference centre does."""

    def __init__(self, keys: Keys, preferences: Preferences, catalogue: Catalogue) -> None:
        self._keys = keys
        self._preferences = preferences
        self._catalogue = catalogue

    def token(self, text: str) -> Token:
        """What the link says.

        Raises:
            InvalidToken: it is no link of ours.
            KeysUnavailable: it cannot be told now.
        """
        return verify(text, Purpose.PREFERENCES, self._keys.link)

    def record(self, token: Token) -> Record:
        """What is on record of the link's recipient; reading it changes nothing."""
        return self._preferences.read(token.recipient)

    def save(
        self,
        token: Token,
        form: Mapping[str, str],
        at: int,
        campaign: str,
        wording: str,
        *,
        signal: bool,
    ) -> Result:
        """Write what the person changed, all together; `wording` names the words that they chose under.

        Raises:
            Unavailable, UnreadableRecord: not known to be written.
            NotAcknowledged: written, but something newer lifts a stop that was asked for.
        """
        given = Given(
            at=at,
            issued=token.issued,
            evidence=evidence(
                issued=token.issued,
                key=token.key_id,
                campaign=campaign or None,
                wording=wording,
            ),
            policy=self._catalogue.policy(at),
            signal=signal,
        )
        record = self._preferences.read(token.recipient)
        brand = self._catalogue.brand_of(token.scope)
        result = saved(form, record, self._catalogue, brand, given)
        if not result.changes:
            return Result(record, result.consent)
        after = self._preferences.apply(token.recipient, result.changes, at).after
        stopped = (c.register for c in result.changes if c.register.startswith("o:"))
        for topic in (t for r in stopped for t in self._catalogue.governed(int(r[2:]))):
            if decide(after, topic, at).sendable:
                raise NotAcknowledged("a newer yes stands")
        return Result(after, result.consent)
