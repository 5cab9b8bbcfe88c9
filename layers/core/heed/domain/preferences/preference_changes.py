"""What a saved preference centre changes: only what the person changed.

The page says how it showed each topic beside what was chosen, so that a page left open never revives
anything. A link only stops: what somebody would turn on, and the end of a pause, is not written but asked
for by a confirmation mail.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from heed.domain.links.undo import plain_stop, stop_changes
from heed.domain.preferences.catalogue import Catalogue, Topic
from heed.domain.preferences.decision import active_pause, decide_by_choice
from heed.domain.preferences.privacy_signal import signal_changes
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import (
    ACKNOWLEDGED,
    ALL_SCOPES,
    DAY_MS,
    Change,
    Entry,
    ScopeNumber,
    Source,
)

PAUSE_DAYS = (0, 30, 60, 90)
"""Days that a pause may last; 0 ends it."""


@dataclass(frozen=True, slots=True)
class FormChoices:
    """What a person chose in the preference centre.

    Attributes:
        everything: whether everything is to stop; no other choice counts then.
        wanted: by number of a topic, whether it is to be on.
        shown: by number of a topic, whether the page showed it as on.
        pause: for how many days everything is to pause; 0 ends a pause; None: nothing is said.
        acknowledged: whether the change of the privacy policy was noted.
    """

    everything: bool = False
    wanted: dict[ScopeNumber, bool] = field(default_factory=dict)
    shown: dict[ScopeNumber, bool] = field(default_factory=dict)
    pause: int | None = None
    acknowledged: bool = False


@dataclass(frozen=True, slots=True)
class FormResult:
    """What becomes of a form.

    Attributes:
        changes: to be written, together.
        press: the entries of the stops among them, by scope; empty where no Undo may be offered.
        consent: the topics that were asked for and that a link cannot turn on: a confirmation can.
        resume: numbers of the scopes whose pause is to end; a link cannot end it: a confirmation can.
    """

    changes: tuple[Change, ...]
    press: dict[ScopeNumber, Entry]
    consent: tuple[Topic, ...]
    resume: tuple[ScopeNumber, ...]


@dataclass(frozen=True, slots=True)
class FormContext:
    """What a form was sent with.

    Attributes:
        at: when, milliseconds.
        evidence: canonical text.
        policy: version of the privacy policy in force.
        signal: whether the browser sent a privacy signal, which no form overrides.
    """

    at: int
    evidence: str
    policy: str
    signal: bool

    def entry(self, source: Source = Source.PREFERENCE_CENTRE, until: int | None = None) -> Entry:
        """What a register holds by this form."""
        return Entry(self.at, source, self.evidence, self.policy, until)

    def signals(self, record: Record, catalogue: Catalogue) -> list[Change]:
        """What the browser's privacy signal changes in this very record, if it was sent."""
        return signal_changes(record, catalogue, self.entry(Source.SIGNAL)) if self.signal else []


def changes_for_form(
    said: FormChoices, record: Record, catalogue: Catalogue, brand: ScopeNumber, given: FormContext
) -> FormResult:
    """What the choices change in this very record, and what they ask for that a link cannot do.

    A pause applies to `brand`; every other choice to its topic, whatever the link's brand.
    """
    seen = given.signals(record, catalogue)  # it goes before what the form says (11 CCR 7025(c))
    signals = {change.register.scope for change in seen}
    if said.everything:
        press = {ALL_SCOPES: given.entry()}
        return FormResult((*stop_changes(record, catalogue, press, given.at), *seen), press, (), ())
    differing = [t for t in _differing(said, record, catalogue) if t.number not in signals]
    press = {t.number: given.entry() for t in differing if not said.wanted[t.number]}
    consent = tuple(
        topic
        for topic in differing
        if said.wanted[topic.number] and not topic.retired and not decide_by_choice(record, topic).sendable
    )
    until, resume = _paused(said, record, catalogue, brand, given)
    if until is not None:
        press[brand] = given.entry(until=until)
    # Where a confirmation is asked for, the answer is its form, and offers no Undo.
    can_undo = not consent and not resume
    written = (
        stop_changes(record, catalogue, press, given.at)
        if can_undo
        else (plain_stop(scope, entry) for scope, entry in press.items())
    )
    noted = [Change(ACKNOWLEDGED, given.entry())] if said.acknowledged else []
    return FormResult((*written, *noted, *seen), press if can_undo else {}, consent, resume)


def _paused(
    said: FormChoices, record: Record, catalogue: Catalogue, brand: ScopeNumber, given: FormContext
) -> tuple[int | None, tuple[ScopeNumber, ...]]:
    """Until when the whole brand is to pause, or None; and the scopes whose pause is to end instead.

    What the page shows as paused is, by a pause of all marketing too, and its end ends that as well. A
    pause that would end sooner than the one that stands is an end of that one; but where a yes lets some
    topics through that one, they pause as well, and none ends sooner.
    """
    if said.pause is None:
        return None, ()
    held = record.pause(brand)
    if said.pause and held == given.entry(until=held.until if held else None):
        return held.until, ()  # our own write, whose answer was lost
    until = given.at + said.pause * DAY_MS
    standing = {scope: _held_back(record, catalogue, scope, given.at) for scope in (brand, ALL_SCOPES)}
    ends = {scope: end for scope, (end, _) in standing.items() if end > given.at}
    end, is_whole = standing[brand]
    if said.pause and (until >= end or not is_whole):
        return max(until, end), ()
    resume = [scope for scope, end in ends.items() if end > until]
    if not said.pause:
        # Everything is to resume: a pause of one topic, which an agent may have entered, ends as well.
        resume += [t.number for t in catalogue.offered(brand) if _is_paused(record, t, given.at)]
    return None, tuple(resume)


def _is_paused(record: Record, topic: Topic, now: int) -> bool:
    return active_pause(record, topic, topic.number, now) is not None


def _held_back(record: Record, catalogue: Catalogue, scope: ScopeNumber, now: int) -> tuple[int, bool]:
    """When the pause at a scope ends, and whether it holds back every topic there; 0 if it does none."""
    held = [active_pause(record, topic, scope, now) for topic in catalogue.offered(scope)]
    return max((e.until or 0 for e in held if e), default=0), all(held)


def _differing(said: FormChoices, record: Record, catalogue: Catalogue) -> Iterator[Topic]:
    """The topics whose chosen state differs from the one that the page showed.

    Where the form does not say what that was, a stop counts in any case: what stops the topic already may
    be lifted by a yes that is on its way. What is to be on is compared with the record.
    """
    for number, wanted in said.wanted.items():
        topic = catalogue.topics[number]
        shown = said.shown.get(number)
        if shown is None:
            shown = not wanted or decide_by_choice(record, topic).sendable
        if wanted != shown:
            yield topic
