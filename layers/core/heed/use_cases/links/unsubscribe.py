"""Opts a person out by a link. The link alone suffices, and the opt-out has no end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from heed.domain.errors import (
    DependencyUnavailable,
    OptOutQueued,
    SuppressionNotEffective,
    UnreadableRecord,
)
from heed.domain.links.link_hints import LinkHints
from heed.domain.links.link_token import LinkToken
from heed.domain.links.queued_opt_out import QueuedOptOut
from heed.domain.links.undo import UndoToken, changes_for_press, undo_token_for
from heed.domain.milliseconds import Millis
from heed.domain.preferences import privacy_signal
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.decision import is_any_sendable
from heed.domain.preferences.evidence import make_evidence
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import (
    ALL_SCOPES,
    Change,
    Entry,
    ScopeNumber,
    Source,
    opt_out_register,
    undoable_register,
)
from heed.use_cases.ports.preferences import MessageQueue, Preferences, WriteResult


@dataclass(frozen=True, slots=True)
class UnsubscribeResult:
    """The result of a press.

    Attributes:
        record: the record after the press.
        undo: the token that undoes the press; None if no mail was permitted before the press, or if the
            press did not come from a browser.
    """

    record: Record
    undo: UndoToken | None


def opt_out_for(
    token: LinkToken,
    catalogue: Catalogue,
    at: Millis,
    source: Source,
    hints: LinkHints,
    *,
    all_marketing: bool,
    signal: bool,
    wording: str | None = None,
    press_id: str | None = None,
) -> QueuedOptOut:
    """Returns the opt-out that a press on a link requests.

    Args:
        token: token of the link.
        catalogue: the brands and topics.
        at: time of the press, milliseconds.
        source: one-click or link.
        hints: hints of the link.
        all_marketing: whether the person opts out of all marketing.
        signal: whether the browser sent a privacy signal.
        wording: id of the wording of the page, if there was a page.
        press_id: id of the HTTP request, for a press in a browser. It makes each press unique.
    """
    return QueuedOptOut(
        recipient=token.recipient,
        scopes=(ALL_SCOPES,) if all_marketing else catalogue.opt_out_scopes(token.scope),
        at=at,
        source=source,
        evidence=make_evidence(
            issued=token.issued,
            key=token.key_id,
            campaign=hints.campaign or None,
            wording=wording,
            press=press_id,
            ref=hints.ref or None,
        ),
        policy=catalogue.policy_version_at(at),
        signal=signal,
    )


@dataclass(frozen=True, slots=True)
class WriteOptOut:
    """Writes an opt-out: immediately, or hours later from the queue."""

    preferences: Preferences
    catalogue: Catalogue

    def __call__(self, opt_out: QueuedOptOut, now: Millis) -> WriteResult:
        """Writes an opt-out. A second call changes nothing.

        Args:
            opt_out: the opt-out.
            now: time of the write, milliseconds. It may be hours after the press.

        Raises:
            DependencyUnavailable, UnreadableRecord: It is unknown whether the opt-out was stored.
        """
        entry = _entry(opt_out)
        if opt_out.source is not Source.LINK and not opt_out.signal:  # this needs no read of the record
            changes = [Change(opt_out_register(scope), entry) for scope in opt_out.scopes]
            return self.preferences.apply(opt_out.recipient, changes, now)

        def missing_changes(record: Record) -> list[Change]:
            # If only the response of an earlier write was lost, the record has this press already.
            scopes = (scope for scope in opt_out.scopes if record.get(undoable_register(scope)) != entry)
            opt_outs = [Change(opt_out_register(scope), entry) for scope in scopes]
            return [*opt_outs, *_signal_changes(record, self.catalogue, opt_out)]

        return self.preferences.update(opt_out.recipient, missing_changes, now)


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """Processes a press on a link.

    Attributes:
        write_opt_out: writes an opt-out that cannot be undone. It also provides the preferences and the
            catalogue.
        get_retry_queue: returns the queue of opt-outs whose write failed. It is called only after a failed
            write, since a client of another service would slow each cold start.
    """

    write_opt_out: WriteOptOut
    get_retry_queue: Callable[[], MessageQueue]

    def __call__(self, opt_out: QueuedOptOut) -> UnsubscribeResult:
        """Writes an opt-out, and checks that it is effective.

        If the write fails, the opt-out goes into the retry queue, since mail clients never retry. The answer
        is still 503: Heed confirms an opt-out only after it is stored.

        Raises:
            OptOutQueued: It is unknown whether the opt-out was stored, but it is in the retry queue.
            QueueUnavailable: It is unknown whether the opt-out was stored, and it is not in the queue.
            SuppressionNotEffective: The opt-out is stored, but a newer opt-in overrides it.
        """
        entry = _entry(opt_out)
        entries_by_scope = dict.fromkeys(opt_out.scopes, entry) if opt_out.source is Source.LINK else {}
        try:
            result = (
                self._write_undoable(opt_out, entries_by_scope)
                if entries_by_scope
                else self.write_opt_out(opt_out, opt_out.at)
            )
        except (DependencyUnavailable, UnreadableRecord) as error:
            self.get_retry_queue().send(opt_out.to_message())
            raise OptOutQueued(type(error).__name__) from error
        if is_any_sendable(result.after, opt_out.scopes, self.write_opt_out.catalogue, opt_out.at):
            raise SuppressionNotEffective("a newer opt-in is active")
        undo = undo_token_for(opt_out.recipient, entries_by_scope, result.after)
        return UnsubscribeResult(result.after, undo)

    def _write_undoable(
        self, opt_out: QueuedOptOut, entries_by_scope: Mapping[ScopeNumber, Entry]
    ) -> WriteResult:
        """Writes the press of a browser. The person can undo it if it stops any mail."""
        catalogue = self.write_opt_out.catalogue

        def changes(record: Record) -> list[Change]:
            press_changes = changes_for_press(record, catalogue, entries_by_scope, opt_out.at)
            return [*press_changes, *_signal_changes(record, catalogue, opt_out)]

        return self.write_opt_out.preferences.update(opt_out.recipient, changes, opt_out.at)


def _signal_changes(record: Record, catalogue: Catalogue, opt_out: QueuedOptOut) -> list[Change]:
    if not opt_out.signal:
        return []
    signal = replace(_entry(opt_out), source=Source.SIGNAL)
    return privacy_signal.signal_changes(record, catalogue, signal)


def _entry(opt_out: QueuedOptOut) -> Entry:
    return Entry(opt_out.at, opt_out.source, opt_out.evidence, opt_out.policy)
