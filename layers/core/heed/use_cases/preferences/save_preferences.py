"""The preference centre: what a person with a link sees of their choices, and what saving them does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from heed.domain.errors import IncompleteForm, InvalidToken, StopNotEffective
from heed.domain.links.link_token import LinkToken
from heed.domain.links.undo import UndoToken, undo_for, verify_undo_token
from heed.domain.preferences.catalogue import Catalogue, Topic
from heed.domain.preferences.decision import decide, is_any_sendable, is_closed
from heed.domain.preferences.evidence import evidence
from heed.domain.preferences.preference_changes import (
    FormChoices,
    FormContext,
    FormResult,
    changes_for_form,
)
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import Change, ChoiceKind, ScopeNumber
from heed.use_cases.ports.keys import LinkKeys
from heed.use_cases.ports.preferences import Preferences


@dataclass(frozen=True, slots=True)
class FormSubmission:
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
class SaveResult:
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
    undo: UndoToken | None = None


@dataclass(frozen=True, slots=True)
class SavePreferences:
    """Saves the form of the preference centre."""

    preferences: Preferences
    catalogue: Catalogue

    def __call__(self, token: LinkToken, said: FormChoices, visited: FormSubmission) -> SaveResult:
        """Write what the person changed, all together.

        Raises:
            Unavailable, UnreadableRecord: not known to be written.
            NotAcknowledged: written, but something newer lifts a stop that was asked for.
        """
        given = _given(token, visited, self.catalogue)
        brand = self.catalogue.brand_of(token.scope)
        made: list[FormResult] = []

        def changes(record: Record) -> Sequence[Change]:
            made.append(changes_for_form(said, record, self.catalogue, brand, given))
            return made[-1].changes

        after = self.preferences.update(token.recipient, changes, visited.at).after
        result = made[-1]
        self._acknowledge(after, result.changes, visited.at)
        undo = undo_for(token.recipient, result.press, after)
        return SaveResult(after, result.consent, result.resume, undo)

    def _acknowledge(self, after: Record, changes: Sequence[Change], now: int) -> None:
        """See that what was to stop is stopped.

        Raises:
            NotAcknowledged: it is not.
        """
        stopped = {change.register.scope for change in changes if change.kind is ChoiceKind.OUT}
        if is_any_sendable(after, stopped, self.catalogue, now):
            raise StopNotEffective("a newer yes stands")


@dataclass(frozen=True, slots=True)
class RecordFormSignal:
    """Writes the privacy signal of a browser whose form was not read."""

    preferences: Preferences
    catalogue: Catalogue

    def __call__(self, token: LinkToken, visited: FormSubmission) -> Record:
        """What is on record once the signal, if there is one, is written.

        Raises:
            Unavailable, UnreadableRecord: not known to be written.
        """
        if not visited.signal:
            return self.preferences.read(token.recipient)
        given = _given(token, visited, self.catalogue)
        return self.preferences.update(
            token.recipient, lambda record: given.signals(record, self.catalogue), visited.at
        ).after


@dataclass(frozen=True, slots=True)
class UndoPress:
    """Takes back a press: what "Undo" does."""

    link_keys: LinkKeys
    preferences: Preferences
    catalogue: Catalogue

    def __call__(self, token: LinkToken, text: str, visited: FormSubmission) -> SaveResult:
        """Take back the press that an Undo token names; after its hour, ask for a confirmation instead.

        Raises:
            UnreadForm: it is no Undo of this link's recipient.
            Unavailable, UnreadableRecord: not known to be written.
        """
        try:
            said = verify_undo_token(text, self.link_keys.link_key)
        except InvalidToken as error:
            raise IncompleteForm("no Undo of ours") from error
        if said.recipient != token.recipient:
            raise IncompleteForm("an Undo of somebody else")
        given = _given(token, visited, self.catalogue)
        is_over = said.is_expired(visited.at)

        def changes(record: Record) -> list[Change]:
            undone = [] if is_over or is_closed(record) else said.changes()
            return [*undone, *given.signals(record, self.catalogue)]

        after = self.preferences.update(token.recipient, changes, visited.at).after
        return self._after_its_hour(said, after, visited.at) if is_over else SaveResult(after)

    def _after_its_hour(self, said: UndoToken, record: Record, now: int) -> SaveResult:
        topics = {t.number: t for scope in said.scopes for t in self.catalogue.governed(scope)}
        stopped = [t for t in topics.values() if not t.retired and not decide(record, t, now).sendable]
        return SaveResult(record, tuple(stopped))


def _given(token: LinkToken, visited: FormSubmission, catalogue: Catalogue) -> FormContext:
    said = evidence(
        issued=token.issued,
        key=token.key_id,
        campaign=visited.campaign or None,
        wording=visited.wording,
        press=visited.press,
    )
    return FormContext(visited.at, said, catalogue.policy(visited.at), visited.signal)
