"""The changes that a saved preference centre makes: only what the person changed.

The form contains the state that the page showed for each topic, beside the chosen state. So a page that was
open for a long time never revives an old choice. A link can only stop mail. To turn a topic on or to end a
pause, the person needs a confirmation mail; the form does not store these choices.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from heed.domain.links.undo import change_without_undo, changes_for_press
from heed.domain.milliseconds import Millis
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
"""The lengths of a pause in days; 0 ends the pause."""


@dataclass(frozen=True, slots=True)
class FormChoices:
    """The choices of a person in the preference centre.

    Attributes:
        all_marketing: whether all marketing should stop. All other choices are then ignored.
        wanted: the chosen state of each topic, by number: True for on.
        shown: the state of each topic that the page showed, by number: True for on.
        pause_days: the days for which the whole brand should pause; 0 ends a pause; None changes nothing.
        acknowledged: whether the person noted the change of the privacy policy.
    """

    all_marketing: bool = False
    wanted: dict[ScopeNumber, bool] = field(default_factory=dict)
    shown: dict[ScopeNumber, bool] = field(default_factory=dict)
    pause_days: int | None = None
    acknowledged: bool = False


@dataclass(frozen=True, slots=True)
class FormResult:
    """The effects of a form.

    Attributes:
        changes: the changes to store, together.
        entries_by_scope: the entries of the opt-outs and pauses among them, by scope; empty if no Undo may be
            offered.
        topics_to_confirm: topics to turn on. A link cannot do so; they need a confirmation mail.
        scopes_to_resume: numbers of the scopes whose pause should end. They need a confirmation mail, too.
    """

    changes: tuple[Change, ...]
    entries_by_scope: dict[ScopeNumber, Entry]
    topics_to_confirm: tuple[Topic, ...]
    scopes_to_resume: tuple[ScopeNumber, ...]


@dataclass(frozen=True, slots=True)
class FormContext:
    """The context in which a form was sent.

    Attributes:
        at: the time of the request, milliseconds.
        evidence: canonical text.
        policy: the version of the privacy policy in force.
        signal: whether the browser sent a privacy signal. No form overrides it.
    """

    at: Millis
    evidence: str
    policy: str
    signal: bool

    def entry(self, source: Source = Source.PREFERENCE_CENTRE, until: Millis | None = None) -> Entry:
        """Returns the entry that this form writes to a register."""
        return Entry(self.at, source, self.evidence, self.policy, until)

    def signal_changes(self, record: Record, catalogue: Catalogue) -> list[Change]:
        """Returns the changes by the browser's privacy signal in this record, if the browser sent one."""
        return signal_changes(record, catalogue, self.entry(Source.SIGNAL)) if self.signal else []


def changes_for_form(
    choices: FormChoices, record: Record, catalogue: Catalogue, brand: ScopeNumber, context: FormContext
) -> FormResult:
    """Returns the changes to store and the topics and pauses that need a confirmation mail.

    A pause applies to `brand`. Every other choice applies to its topic, also if the link belongs to another
    brand. The result is valid only for this state of the record.
    """
    by_signal = context.signal_changes(record, catalogue)  # the signal overrides the form (11 CCR 7025(c))
    signal_scopes = {change.register.scope for change in by_signal}
    if choices.all_marketing:
        entries = {ALL_SCOPES: context.entry()}
        changes = (*changes_for_press(record, catalogue, entries, context.at), *by_signal)
        return FormResult(changes, entries, (), ())
    changed = [t for t in _changed_topics(choices, record, catalogue) if t.number not in signal_scopes]
    entries = {t.number: context.entry() for t in changed if not choices.wanted[t.number]}
    topics_to_confirm = tuple(
        topic
        for topic in changed
        if choices.wanted[topic.number] and not topic.retired and not decide_by_choice(record, topic).sendable
    )
    until, scopes_to_resume = _decide_pause(choices, record, catalogue, brand, context)
    if until is not None:
        entries[brand] = context.entry(until=until)
    # If a confirmation is needed, the response shows the form for it and offers no Undo.
    can_undo = not topics_to_confirm and not scopes_to_resume
    press_changes = (
        changes_for_press(record, catalogue, entries, context.at)
        if can_undo
        else (change_without_undo(scope, entry) for scope, entry in entries.items())
    )
    acknowledgement = [Change(ACKNOWLEDGED, context.entry())] if choices.acknowledged else []
    changes = (*press_changes, *acknowledgement, *by_signal)
    return FormResult(changes, entries if can_undo else {}, topics_to_confirm, scopes_to_resume)


def _decide_pause(
    choices: FormChoices, record: Record, catalogue: Catalogue, brand: ScopeNumber, context: FormContext
) -> tuple[Millis | None, tuple[ScopeNumber, ...]]:
    """Returns the end of a pause of the whole brand, or None, and the scopes whose pause should end instead.

    The page also shows a brand as paused during a pause of all marketing. Ending the pause ends both. If the
    new pause would end before the active one, the person wants to end the active one earlier. That needs a
    confirmation mail. Exception: if the active pause does not stop all topics of the brand, the new pause is
    stored with the later of the two ends.
    """
    if choices.pause_days is None:
        return None, ()
    current = record.pause(brand)
    if choices.pause_days and current == context.entry(until=current.until if current else None):
        return current.until, ()  # a retry: this form is stored already
    until = context.at + choices.pause_days * DAY_MS
    active = {scope: _active_pause_at(record, catalogue, scope, context.at) for scope in (brand, ALL_SCOPES)}
    ends = {scope: end for scope, (end, _) in active.items() if end > context.at}
    end, is_whole = active[brand]
    if choices.pause_days and (until >= end or not is_whole):
        return Millis(max(until, end)), ()
    scopes_to_resume = [scope for scope, end in ends.items() if end > until]
    if not choices.pause_days:
        # All mail should resume, so pauses of single topics end too. An agent may have entered one.
        offered = catalogue.offered_topics(brand)
        scopes_to_resume += [t.number for t in offered if active_pause(record, t, t.number, context.at)]
    return None, tuple(scopes_to_resume)


def _active_pause_at(
    record: Record, catalogue: Catalogue, scope: ScopeNumber, now: Millis
) -> tuple[Millis, bool]:
    """Returns the end of the pause at a scope, and whether the pause stops all topics of the scope.

    The end is 0 if the pause stops no topic.
    """
    pauses = [active_pause(record, topic, scope, now) for topic in catalogue.offered_topics(scope)]
    return Millis(max((e.until or 0 for e in pauses if e), default=0)), all(pauses)


def _changed_topics(choices: FormChoices, record: Record, catalogue: Catalogue) -> Iterator[Topic]:
    """Returns the topics whose chosen state differs from the state that the page showed.

    If the form does not contain the shown state, an opt-out always counts. Otherwise an opt-in on its way
    could lift the present suppression of the topic. An opt-in counts only if the record suppresses the topic.
    """
    for number, wanted in choices.wanted.items():
        topic = catalogue.topics[number]
        shown = choices.shown.get(number)
        if shown is None:
            shown = not wanted or decide_by_choice(record, topic).sendable
        if wanted != shown:
            yield topic
