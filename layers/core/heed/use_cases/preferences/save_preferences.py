"""The preference centre: saves the choices of a person who opened a link, and undoes a press."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from heed.domain.errors import IncompleteForm, InvalidToken, SuppressionNotEffective
from heed.domain.links.link_hints import LinkHints
from heed.domain.links.link_token import LinkToken
from heed.domain.links.undo import UndoToken, undo_token_for, verify_undo_token
from heed.domain.milliseconds import Millis
from heed.domain.preferences.catalogue import Catalogue, Topic
from heed.domain.preferences.decision import decide, is_any_sendable, refuses_opt_ins
from heed.domain.preferences.evidence import make_evidence
from heed.domain.preferences.kinds import ChoiceKind
from heed.domain.preferences.preference_changes import (
    FormChoices,
    FormContext,
    FormResult,
    changes_for_form,
)
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import Change, ScopeNumber
from heed.use_cases.ports.keys import LinkKeys
from heed.use_cases.ports.preferences import Preferences


@dataclass(frozen=True, slots=True)
class FormSubmission:
    """The circumstances in which a person sent a form.

    Attributes:
        at: when the person sent the form, milliseconds.
        hints: hints of the link.
        wording: id of the wording of the page.
        press_id: id of the HTTP request. It makes each press unique.
        signal: whether the browser sent a privacy signal.
    """

    at: Millis
    hints: LinkHints
    wording: str
    press_id: str
    signal: bool


@dataclass(frozen=True, slots=True)
class SaveResult:
    """The result of a saved form.

    Attributes:
        record: the record after the write.
        topics_to_confirm: the chosen topics that need a confirmation mail.
        scopes_to_resume: numbers of the scopes whose pause can end only by a confirmation mail.
        undo: the token that undoes the opt-outs of this form, or that this form used, or None.
        is_changed: whether the form wrote anything.
        all_marketing: whether the form stopped all marketing.
    """

    record: Record
    topics_to_confirm: tuple[Topic, ...] = ()
    scopes_to_resume: tuple[ScopeNumber, ...] = ()
    undo: UndoToken | None = None
    is_changed: bool = False
    all_marketing: bool = False


@dataclass(frozen=True, slots=True)
class SavePreferences:
    """Saves the form of the preference centre."""

    preferences: Preferences
    catalogue: Catalogue

    def __call__(self, token: LinkToken, choices: FormChoices, submission: FormSubmission) -> SaveResult:
        """Writes all choices that the person changed, in one write.

        Raises:
            DependencyUnavailable, UnreadableRecord: It is unknown whether the choices were stored.
            SuppressionNotEffective: The choices are stored, but a newer opt-in overrides an opt-out.
        """
        context = _form_context(token, submission, self.catalogue)
        brand = self.catalogue.brand_of(token.scope)
        results: list[FormResult] = []  # one for each attempt of the write

        def changes(record: Record) -> Sequence[Change]:
            results.append(changes_for_form(choices, record, self.catalogue, brand, context))
            return results[-1].changes

        after = self.preferences.update(token.recipient, changes, submission.at).after
        result = results[-1]
        self._check_effective(after, result.changes, submission.at)
        undo = undo_token_for(token.recipient, result.entries_by_scope, after)
        return SaveResult(
            after,
            result.topics_to_confirm,
            result.scopes_to_resume,
            undo,
            is_changed=bool(result.changes),
            all_marketing=choices.all_marketing,
        )

    def _check_effective(self, after: Record, changes: Sequence[Change], now: Millis) -> None:
        """Checks that each opt-out is effective.

        Raises:
            SuppressionNotEffective: An opt-out is not effective.
        """
        opted_out = {change.register.scope for change in changes if change.recorded_kind is ChoiceKind.OUT}
        if is_any_sendable(after, opted_out, self.catalogue, now):
            raise SuppressionNotEffective("a newer opt-in is active")


@dataclass(frozen=True, slots=True)
class RecordFormSignal:
    """Writes the privacy signal of a browser if the form itself is not readable."""

    preferences: Preferences
    catalogue: Catalogue

    def __call__(self, token: LinkToken, submission: FormSubmission) -> Record:
        """Writes the signal, if there is one. Returns the record after the write.

        Raises:
            DependencyUnavailable, UnreadableRecord: It is unknown whether the signal was stored.
        """
        if not submission.signal:
            return self.preferences.read(token.recipient)
        context = _form_context(token, submission, self.catalogue)
        return self.preferences.update(
            token.recipient, lambda record: context.signal_changes(record, self.catalogue), submission.at
        ).after


@dataclass(frozen=True, slots=True)
class UndoPress:
    """Undoes a press: the use case of the Undo button."""

    link_keys: LinkKeys
    preferences: Preferences
    catalogue: Catalogue

    def __call__(self, token: LinkToken, text: str, submission: FormSubmission) -> SaveResult:
        """Undoes the press that an undo token names. After an hour a confirmation mail is needed instead.

        Args:
            token: token of the link.
            text: the undo token.
            submission: the circumstances of the request.

        Raises:
            IncompleteForm: The undo token is not valid, or belongs to another recipient.
            DependencyUnavailable, UnreadableRecord: It is unknown whether the undo was stored.
        """
        try:
            undo = verify_undo_token(text, self.link_keys.link_key)
        except InvalidToken as error:
            raise IncompleteForm("the undo token is not valid") from error
        if undo.recipient != token.recipient:
            raise IncompleteForm("the undo token belongs to another recipient")
        context = _form_context(token, submission, self.catalogue)
        is_expired = undo.is_expired(submission.at)

        def changes(record: Record) -> list[Change]:
            undone = [] if is_expired or refuses_opt_ins(record) else undo.changes()
            return [*undone, *context.signal_changes(record, self.catalogue)]

        after = self.preferences.update(token.recipient, changes, submission.at).after
        if is_expired:
            return self._after_expiry(undo, after, submission.at)
        return SaveResult(after, undo=undo, is_changed=True)

    def _after_expiry(self, undo: UndoToken, record: Record, now: Millis) -> SaveResult:
        topics = {t.number: t for scope in undo.scopes for t in self.catalogue.governed_topics(scope)}
        blocked = [t for t in topics.values() if not t.retired and not decide(record, t, now).sendable]
        return SaveResult(record, tuple(blocked))


def _form_context(token: LinkToken, submission: FormSubmission, catalogue: Catalogue) -> FormContext:
    proof = make_evidence(
        issued=token.issued,
        key=token.key_id,
        campaign=submission.hints.campaign or None,
        wording=submission.wording,
        press=submission.press_id,
        ref=submission.hints.ref or None,
    )
    return FormContext(submission.at, proof, catalogue.policy_version_at(submission.at), submission.signal)
