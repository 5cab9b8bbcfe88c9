"""The preference centre: what a person with a link sees of their choices, and what saving them does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from heed.domain.errors import InvalidToken, NotAcknowledged, UnreadForm
from heed.domain.links.link_token import Purpose, Token, verify
from heed.domain.links.undo import Undo, undo_of
from heed.domain.links.undo import verify as verify_undo
from heed.domain.preferences.catalogue import Catalogue, Topic
from heed.domain.preferences.decision import decide, is_closed
from heed.domain.preferences.evidence import evidence
from heed.domain.preferences.preference_form import Choices, Given, Saved, saved
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import Change, ChoiceKind, ScopeNumber
from heed.use_cases.ports.preferences import Keys, Preferences


@dataclass(frozen=True, slots=True)
class Visited:
    """What a form was sent with.

    Attributes:
        at: when, milliseconds.
        campaign: of the link, or "".
        wording: names the words that were chosen under.
        press: id of the HTTP request, so that no two presses are the same.
        signal: whether the browser sent a privacy signal.
    """

    at: int
    campaign: str
    wording: str
    press: str
    signal: bool


@dataclass(frozen=True, slots=True)
class Result:
    """What a saved form came to.

    Attributes:
        record: all that is on record now.
        consent: topics asked for that a link cannot turn on.
        resume: numbers of the scopes whose pause is to end, which a link cannot do.
        undo: what takes back what this form stopped, or None.
    """

    record: Record
    consent: tuple[Topic, ...] = ()
    resume: tuple[ScopeNumber, ...] = ()
    undo: Undo | None = None


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

    def save(self, token: Token, said: Choices, visited: Visited) -> Result:
        """Write what the person changed, all together.

        Raises:
            Unavailable, UnreadableRecord: not known to be written.
            NotAcknowledged: written, but something newer lifts a stop that was asked for.
        """
        given = self._given(token, visited)
        brand = self._catalogue.brand_of(token.scope)
        made: list[Saved] = []

        def changes(record: Record) -> Sequence[Change]:
            made.append(saved(said, record, self._catalogue, brand, given))
            return made[-1].changes

        after = self._preferences.update(token.recipient, changes, visited.at).after
        result = made[-1]
        self._acknowledge(after, result.changes, visited.at)
        undo = undo_of(token.recipient, result.press, after)
        return Result(after, result.consent, result.resume, undo)

    def note_signal(self, token: Token, visited: Visited) -> Record:
        """Write the browser's privacy signal alone, where a form says nothing; what is on record then.

        Raises:
            Unavailable, UnreadableRecord: not known to be written.
        """
        given = self._given(token, visited)
        if not visited.signal:
            return self.record(token)
        return self._preferences.update(
            token.recipient, lambda record: given.signals(record, self._catalogue), visited.at
        ).after

    def undo(self, token: Token, text: str, visited: Visited) -> Result:
        """Take back the press that an Undo token names; after its hour, ask for a confirmation instead.

        Raises:
            UnreadForm: it is no Undo of this link's recipient.
            Unavailable, UnreadableRecord: not known to be written.
        """
        try:
            said = verify_undo(text, self._keys.link)
        except InvalidToken as error:
            raise UnreadForm("no Undo of ours") from error
        if said.recipient != token.recipient:
            raise UnreadForm("an Undo of somebody else")
        given = self._given(token, visited)
        is_over = said.is_over(visited.at)

        def changes(record: Record) -> list[Change]:
            undone = [] if is_over or is_closed(record) else said.changes()
            return [*undone, *given.signals(record, self._catalogue)]

        after = self._preferences.update(token.recipient, changes, visited.at).after
        return self._after_its_hour(said, after, visited.at) if is_over else Result(after)

    def _after_its_hour(self, said: Undo, record: Record, now: int) -> Result:
        topics = {t.number: t for scope in said.scopes for t in self._catalogue.governed(scope)}
        stopped = [
            t for t in topics.values() if not t.retired and not decide(record, t, now).sendable
        ]
        return Result(record, tuple(stopped))

    def _given(self, token: Token, visited: Visited) -> Given:
        said = evidence(
            issued=token.issued,
            key=token.key_id,
            campaign=visited.campaign or None,
            wording=visited.wording,
            press=visited.press,
        )
        return Given(visited.at, said, self._catalogue.policy(visited.at), visited.signal)

    def _acknowledge(self, after: Record, changes: Sequence[Change], now: int) -> None:
        """See that what was to stop is stopped.

        Raises:
            NotAcknowledged: it is not.
        """
        stopped = {change.register.scope for change in changes if change.kind is ChoiceKind.OUT}
        governed = (topic for scope in stopped for topic in self._catalogue.governed(scope))
        if any(decide(after, topic, now).sendable for topic in governed):
            raise NotAcknowledged("a newer yes stands")
