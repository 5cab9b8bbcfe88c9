"""A link is pressed: whoever holds it opts out, now and for good."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from heed.domain.errors import (
    DependencyUnavailable,
    OptOutQueued,
    StopNotEffective,
    UnreadableRecord,
)
from heed.domain.links.link_token import LinkToken
from heed.domain.links.queued_opt_out import QueuedOptOut
from heed.domain.links.undo import UndoToken, stop_changes, undo_for
from heed.domain.preferences import privacy_signal
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.decision import is_any_sendable
from heed.domain.preferences.evidence import evidence
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import (
    ALL_SCOPES,
    Change,
    Entry,
    ScopeNumber,
    Source,
    opted_out,
    undoable,
)
from heed.use_cases.ports.preferences import MessageQueue, Preferences, WriteResult


@dataclass(frozen=True, slots=True)
class UnsubscribeResult:
    """What came of a press.

    Attributes:
        record: all that is on record now.
        undo: what takes this press back, or None: nothing was sendable before it, or it was no browser's.
    """

    record: Record
    undo: UndoToken | None


def opt_out_of(
    token: LinkToken,
    catalogue: Catalogue,
    at: int,
    source: Source,
    campaign: str,
    *,
    everything: bool,
    signal: bool,
    wording: str | None = None,
    press: str | None = None,
) -> QueuedOptOut:
    """What a press on a link asks for.

    Args:
        token: of the link.
        catalogue: of the brands and topics.
        at: when it was pressed, milliseconds.
        source: one-click or link.
        campaign: of the link, or "".
        everything: whether all marketing is to stop.
        signal: whether the browser sent a privacy signal.
        wording: names the words of the page, if one was shown.
        press: id of the HTTP request of a browser's press, so that no two presses are the same.
    """
    return QueuedOptOut(
        recipient=token.recipient,
        scopes=(ALL_SCOPES,) if everything else catalogue.opt_out_scopes(token.scope),
        at=at,
        source=source,
        evidence=evidence(
            issued=token.issued,
            key=token.key_id,
            campaign=campaign or None,
            wording=wording,
            press=press,
        ),
        policy=catalogue.policy(at),
        signal=signal,
    )


@dataclass(frozen=True, slots=True)
class WriteOptOut:
    """Writes an opt-out, at once or hours later from the queue."""

    preferences: Preferences
    catalogue: Catalogue

    def __call__(self, asked: QueuedOptOut, now: int) -> WriteResult:
        """Write it at an instant, which may be hours after it was asked for; again changes nothing.

        Raises:
            Unavailable, UnreadableRecord: not known to be written.
        """
        entry = _entry(asked)
        if asked.source is not Source.LINK and not asked.signal:  # no record is read for it
            changes = [Change(opted_out(scope), entry) for scope in asked.scopes]
            return self.preferences.apply(asked.recipient, changes, now)

        def missing(record: Record) -> list[Change]:
            # A press that was written although its answer was lost is on record as it stands.
            scopes = (one for one in asked.scopes if record.get(undoable(one)) != entry)
            written = [Change(opted_out(scope), entry) for scope in scopes]
            return [*written, *_signals(record, self.catalogue, asked)]

        return self.preferences.update(asked.recipient, missing, now)


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """What a press of a link does.

    Attributes:
        write: writes an opt-out that cannot be taken back, and knows where.
        later: gives the queue of opt-outs whose write failed. It is asked for only then, since a client of
            another service would slow every cold start.
    """

    write: WriteOptOut
    later: Callable[[], MessageQueue]

    def __call__(self, asked: QueuedOptOut) -> UnsubscribeResult:
        """Write it, and see that it stops what it is to stop.

        A wish that could not be written is put into the queue of later, and 503 is answered all the
        same: mail clients never retry, and nobody is told "done" before it is durable.

        Raises:
            Deferred: not known to be written, but it waits in the queue.
            QueueUnavailable: neither.
            NotAcknowledged: written, but something newer lifts it.
        """
        entry = _entry(asked)
        press = dict.fromkeys(asked.scopes, entry) if asked.source is Source.LINK else {}
        try:
            applied = self._press(asked, press) if press else self.write(asked, asked.at)
        except (DependencyUnavailable, UnreadableRecord) as error:
            self.later().send(asked.to_message())
            raise OptOutQueued(type(error).__name__) from error
        if is_any_sendable(applied.after, asked.scopes, self.write.catalogue, asked.at):
            raise StopNotEffective("a newer yes stands")
        undo = undo_for(asked.recipient, press, applied.after)
        return UnsubscribeResult(applied.after, undo)

    def _press(self, asked: QueuedOptOut, press: Mapping[ScopeNumber, Entry]) -> WriteResult:
        """Write a browser's press so that it can be taken back, if it stops anything."""
        catalogue = self.write.catalogue

        def changes(record: Record) -> list[Change]:
            stopped = stop_changes(record, catalogue, press, asked.at)
            return [*stopped, *_signals(record, catalogue, asked)]

        return self.write.preferences.update(asked.recipient, changes, asked.at)


def _signals(record: Record, catalogue: Catalogue, asked: QueuedOptOut) -> list[Change]:
    if not asked.signal:
        return []
    seen = replace(_entry(asked), source=Source.SIGNAL)
    return privacy_signal.signal_changes(record, catalogue, seen)


def _entry(asked: QueuedOptOut) -> Entry:
    return Entry(asked.at, asked.source, asked.evidence, asked.policy)
