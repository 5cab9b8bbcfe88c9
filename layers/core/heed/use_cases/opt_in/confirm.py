"""A confirmation link is pressed: a yes that counts as of the moment it was asked for, or a way out."""

from __future__ import annotations

from dataclasses import dataclass, replace

from heed.domain.errors import StopNotEffective
from heed.domain.links.undo import MAX_UNDO_REGISTERS
from heed.domain.opt_in.confirmation_token import ConfirmationToken, Intent
from heed.domain.opt_in.confirmed_opt_in import ConfirmedOptIn
from heed.domain.preferences import privacy_signal
from heed.domain.preferences.catalogue import Catalogue, Topic
from heed.domain.preferences.decision import decide, decide_by_choice, is_any_sendable, is_closed
from heed.domain.preferences.evidence import evidence
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import (
    ALL_SCOPES,
    LIFT_UNDELIVERABLE,
    Change,
    Entry,
    Source,
    confirmed,
    opted_in,
    opted_out,
    paused,
)
from heed.use_cases.ports.opt_in import OptInNotifications
from heed.use_cases.ports.preferences import MessageQueue, Preferences


@dataclass(frozen=True, slots=True)
class ConfirmationPress:
    """A press on the page of a confirmation link.

    Attributes:
        id: of the HTTP request.
        at: when, milliseconds.
        wording: names the text that the person pressed under.
        signal: whether the browser sent a privacy signal, which is kept with it.
    """

    id: str
    at: int
    wording: str
    signal: bool


@dataclass(frozen=True, slots=True)
class ConfirmResult:
    """What came of a press.

    Attributes:
        record: what is on record now.
        topics: of an *in*, the topics that nothing newer stops; none: the press came too late. Of an
            *out*, what it named; none: all marketing.
    """

    record: Record
    topics: tuple[Topic, ...]


def confirmed_topics(said: ConfirmationToken, catalogue: Catalogue) -> tuple[Topic, ...]:
    """The topics that a link asks for."""
    known = (catalogue.topics.get(scope) for scope in (*said.scopes, *said.signals))
    return tuple(topic for topic in known if topic is not None)


@dataclass(frozen=True, slots=True)
class ConfirmOptIn:
    """What a confirmation link does.

    `confirmed` is where a confirmed yes waits for what follows from it (`after_confirmation`).
    """

    preferences: Preferences
    catalogue: Catalogue
    confirmed: MessageQueue
    tellings: OptInNotifications

    def __call__(self, said: ConfirmationToken, press: ConfirmationPress) -> ConfirmResult:
        """Write what the link says and queue what follows; again changes nothing.

        All is written together, but for what is more than one update takes.

        An *in* counts as of its request, so that whatever was stopped in between stays stopped. A topic
        that was chosen lifts `undeliverable`, since the mail arrived, and passes a complaint. An *out*
        counts from now: who presses "stop" is never told that something newer goes before it.
        Of a minor and of a held address no *in* is taken; what stops is.

        Raises:
            Unavailable, UnreadableRecord: not known to be done; the same press again does all of it.
            NotAcknowledged: an *out* was written and yet something newer lifts it.
        """
        wishes = self._wishes(said, press)
        after = self._write(said, press, wishes[:MAX_UNDO_REGISTERS])
        for start in range(MAX_UNDO_REGISTERS, len(wishes), MAX_UNDO_REGISTERS):
            after = self._write(said, press, wishes[start : start + MAX_UNDO_REGISTERS])
        if said.intent is Intent.OUT:
            if is_any_sendable(after, said.scopes or (ALL_SCOPES,), self.catalogue, press.at):
                raise StopNotEffective("a newer yes stands")
            return ConfirmResult(after, confirmed_topics(said, self.catalogue))
        if is_closed(after):
            return ConfirmResult(after, ())
        topics = [
            topic
            for topic in confirmed_topics(said, self.catalogue)
            if decide_by_choice(after, topic).sendable
        ]
        names = tuple(self.catalogue.name(t.number) for t in topics if t.number in said.scopes)
        if names and not self.tellings.is_handed_on(said.recipient, said.issued):
            opt_in = ConfirmedOptIn(press.id, said.recipient, said.issued, names, said.sealed)
            self.confirmed.send(opt_in.to_message())
            self.tellings.hand_on(said.recipient, said.issued, press.at)
        return ConfirmResult(after, (*topics, *self._resumed(said, after, topics, press.at)))

    def _write(self, said: ConfirmationToken, press: ConfirmationPress, wishes: list[Change]) -> Record:
        """The record after these, which one update takes: they are no more than `MOST_REGISTERS`."""

        def changes(record: Record) -> list[Change]:
            is_taken = said.intent is Intent.OUT or not is_closed(record)
            return self._signals(record, said, press) + (wishes if is_taken else [])

        return self.preferences.update(said.recipient, changes, press.at).after

    def _resumed(self, said: ConfirmationToken, after: Record, named: list[Topic], now: int) -> list[Topic]:
        """The topics, beside those that are named, that are sent now that a pause is over."""
        scopes = {t.number: t for scope in said.resume for t in self.catalogue.marketing(scope)}
        rest = (t for t in scopes.values() if not t.retired and t not in named)
        return [topic for topic in rest if decide(after, topic, now).sendable]

    def _wishes(self, said: ConfirmationToken, press: ConfirmationPress) -> list[Change]:
        if said.intent is Intent.OUT:
            entry = self._entry(said, press, press.at, Source.LINK)
            return [Change(opted_out(scope), entry) for scope in said.scopes or (ALL_SCOPES,)]
        entry = self._entry(said, press, said.issued, Source.CONFIRMATION)
        lifts = [LIFT_UNDELIVERABLE] if said.scopes else []
        registers = [*map(confirmed, said.scopes), *lifts]
        # Of two presses the one with the signal counts, whichever comes first: `true` is the greater text.
        seen = self._entry(said, press, said.issued, Source.CONFIRMATION, signal=press.signal)
        ended = replace(entry, until=entry.at)  # a pause of no length ends the one before it
        return [
            *(Change(register, entry) for register in registers),
            *(Change(opted_in(scope), seen) for scope in said.signals),
            *(Change(paused(scope), ended) for scope in said.resume),
        ]

    def _signals(self, record: Record, said: ConfirmationToken, press: ConfirmationPress) -> list[Change]:
        """What the browser's privacy signal changes; it undoes no yes that this very press confirms."""
        if not press.signal:
            return []
        seen = self._entry(said, press, press.at, Source.SIGNAL)
        changes = privacy_signal.signal_changes(record, self.catalogue, seen)
        return [change for change in changes if change.register.scope not in said.signals]

    def _entry(
        self,
        said: ConfirmationToken,
        press: ConfirmationPress,
        at: int,
        source: Source,
        **more: bool,
    ) -> Entry:
        proof = evidence(issued=said.issued, key=said.key_id, wording=press.wording, **more)
        return Entry(at, source, proof, self.catalogue.policy(at))
