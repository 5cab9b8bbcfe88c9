"""Processes a press on a confirmation link: an opt-in as of the time of its request, or an opt-out."""

from __future__ import annotations

from dataclasses import dataclass, replace

from heed.domain.errors import SuppressionNotEffective
from heed.domain.links.undo import MAX_CHANGES_PER_UPDATE
from heed.domain.milliseconds import Millis
from heed.domain.opt_in.confirmation_effect import is_recorded, requested_topics
from heed.domain.opt_in.confirmation_token import ConfirmationToken, Intent
from heed.domain.opt_in.confirmed_opt_in import ConfirmedOptIn
from heed.domain.preferences import privacy_signal
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.decision import decide_by_choice, is_any_sendable, refuses_opt_ins
from heed.domain.preferences.evidence import make_evidence
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import (
    ALL_SCOPES,
    LIFT_UNDELIVERABLE,
    Change,
    Entry,
    Source,
    confirmed_register,
    opt_in_register,
    opt_out_register,
    pause_register,
)
from heed.use_cases.ports.opt_in import OptInNotificationClaims
from heed.use_cases.ports.preferences import MessageQueue, Preferences


@dataclass(frozen=True, slots=True)
class ConfirmationPress:
    """A press on the page of a confirmation link.

    Attributes:
        id: id of the HTTP request.
        at: time of the press, milliseconds.
        wording: id of the wording of the page.
        signal: whether the browser sent a privacy signal. The evidence records it.
    """

    id: str
    at: Millis
    wording: str
    signal: bool


def is_confirmed(
    token: ConfirmationToken, record: Record, catalogue: Catalogue, notifications: OptInNotificationClaims
) -> bool:
    """Returns whether a press on a confirmation link has done all its steps, or can do none any more.

    Raises:
        StoreUnavailable: It is unknown whether the opt-in is queued.
    """
    if not is_recorded(token, record, catalogue):
        return False
    is_complete = not _opted_in_names(token, record, catalogue)
    return is_complete or notifications.is_queued(token.recipient, token.requested_at)


@dataclass(frozen=True, slots=True)
class ProcessConfirmationPress:
    """Processes a press on a confirmation link.

    Attributes:
        preferences: the records.
        catalogue: the brands and topics.
        confirmed_queue: the queue of confirmed opt-ins (see heed.use_cases.opt_in.after_confirmation).
        notifications: records which confirmations are queued.
    """

    preferences: Preferences
    catalogue: Catalogue
    confirmed_queue: MessageQueue
    notifications: OptInNotificationClaims

    def __call__(self, token: ConfirmationToken, press: ConfirmationPress) -> None:
        """Writes the choice of a confirmation link, and queues the next steps. A retry changes nothing.

        One update writes all changes, unless they exceed its limit.

        An opt-in takes effect at the time of its request. So an opt-out between the request and the press
        stays active. An opt-in to a topic lifts `undeliverable`, since the mail arrived, and overrides a
        complaint. An opt-out takes effect at the time of the press, so nothing older can override it. For a
        minor and for an address on hold an opt-in has no effect, but an opt-out has.

        Raises:
            DependencyUnavailable, UnreadableRecord: It is unknown whether all steps were done.
                Another press repeats all.
            SuppressionNotEffective: The opt-out is stored, but a newer opt-in overrides it.
        """
        choices = self._choices(token, press)
        after = self._write(token, press, choices[:MAX_CHANGES_PER_UPDATE])
        for start in range(MAX_CHANGES_PER_UPDATE, len(choices), MAX_CHANGES_PER_UPDATE):
            after = self._write(token, press, choices[start : start + MAX_CHANGES_PER_UPDATE])
        if token.intent is Intent.OUT:
            if is_any_sendable(after, token.scopes or (ALL_SCOPES,), self.catalogue, press.at):
                raise SuppressionNotEffective("a newer opt-in is active")
            return
        names = _opted_in_names(token, after, self.catalogue)
        if names and not self.notifications.is_queued(token.recipient, token.requested_at):
            opt_in = ConfirmedOptIn(
                press.id, token.recipient, token.requested_at, names, token.encrypted_address
            )
            self.confirmed_queue.send(opt_in.to_message())
            self.notifications.mark_queued(token.recipient, token.requested_at, press.at)

    def _write(self, token: ConfirmationToken, press: ConfirmationPress, choices: list[Change]) -> Record:
        """Writes at most `MAX_CHANGES_PER_UPDATE` changes at once. Returns the record after the write."""

        def changes(record: Record) -> list[Change]:
            is_accepted = token.intent is Intent.OUT or not refuses_opt_ins(record)
            return self._signal_changes(record, token, press) + (choices if is_accepted else [])

        return self.preferences.update(token.recipient, changes, press.at).after

    def _choices(self, token: ConfirmationToken, press: ConfirmationPress) -> list[Change]:
        if token.intent is Intent.OUT:
            entry = self._entry(token, press, press.at, Source.LINK)
            return [Change(opt_out_register(scope), entry) for scope in token.scopes or (ALL_SCOPES,)]
        entry = self._entry(token, press, token.requested_at, Source.CONFIRMATION)
        lifts = [LIFT_UNDELIVERABLE] if token.scopes else []
        registers = [*map(confirmed_register, token.scopes), *lifts]
        # Of two presses the one with the signal wins in either order, since its evidence sorts higher.
        with_signal = self._entry(token, press, token.requested_at, Source.CONFIRMATION, signal=press.signal)
        resumed = replace(entry, until=entry.at)  # a pause of length zero ends the previous pause
        return [
            *(Change(register, entry) for register in registers),
            *(Change(opt_in_register(scope), with_signal) for scope in token.signals),
            *(Change(pause_register(scope), resumed) for scope in token.resume),
        ]

    def _signal_changes(
        self, record: Record, token: ConfirmationToken, press: ConfirmationPress
    ) -> list[Change]:
        """Returns the changes by the privacy signal, except for the topics that this press confirms."""
        if not press.signal:
            return []
        signal = self._entry(token, press, press.at, Source.SIGNAL)
        changes = privacy_signal.signal_changes(record, self.catalogue, signal)
        return [change for change in changes if change.register.scope not in token.signals]

    def _entry(
        self,
        token: ConfirmationToken,
        press: ConfirmationPress,
        at: Millis,
        source: Source,
        **details: bool,
    ) -> Entry:
        proof = make_evidence(issued=token.requested_at, key=token.key_id, wording=press.wording, **details)
        return Entry(at, source, proof, self.catalogue.policy_version_at(at))


def _opted_in_names(token: ConfirmationToken, record: Record, catalogue: Catalogue) -> tuple[str, ...]:
    """Returns the names of the topics that an opt-in names and no newer choice stops."""
    if token.intent is Intent.OUT or refuses_opt_ins(record):
        return ()
    topics = (topic for topic in requested_topics(token, catalogue) if topic.number in token.scopes)
    return tuple(catalogue.scope_name(t.number) for t in topics if decide_by_choice(record, t).sendable)
