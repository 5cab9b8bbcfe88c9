"""What a saved preference centre asks for: only what the person changed.

The page sends each topic's state as it showed it (`was.topic.offers`) beside the state chosen
(`topic.offers`), so that a page left open never revives anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from heed.domain.catalogue import Catalogue, Kind, Topic
from heed.domain.decision import Reason, chosen
from heed.domain.record import NEVER, Record, merge
from heed.domain.register import (
    ACKNOWLEDGED,
    ALL,
    DAY,
    Change,
    Entry,
    Source,
    in_,
    out,
    pause,
    yes,
)

PAUSES = {"0": 0, "30": 30, "60": 60, "90": 90}
"""Days that a pause may last; 0 resumes."""

UNDO_DAYS = 30
"""By a link younger than this a stop can be undone; an older one may long be in other hands."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What becomes of a form.

    Attributes:
        changes: to be written, together.
        consent: the topics that were asked for and that a link cannot give: a confirmation can.
    """

    changes: tuple[Change, ...]
    consent: tuple[Topic, ...]


@dataclass(frozen=True, slots=True)
class Given:
    """What a form was sent with.

    Attributes:
        at: when, milliseconds.
        issued: when the link was made, milliseconds.
        evidence: canonical text.
        policy: version of the privacy policy in force.
        signal: whether the browser sent a privacy signal, which no form overrides.
    """

    at: int
    issued: int
    evidence: str
    policy: str
    signal: bool

    def change(
        self,
        register: str,
        source: Source = Source.PREFERENCE_CENTRE,
        until: int | None = None,
    ) -> Change:
        """A register's new entry by this form."""
        return Change(register, Entry(self.at, source, self.evidence, self.policy, until))


def saved(
    form: Mapping[str, str], record: Record, catalogue: Catalogue, brand: int, given: Given
) -> Saved:
    """What a form changes, and what it asks for in vain; `brand` is the one whose pause it may be.

    A field names its topic whatever the link's brand: undoing "everything" brings back every brand's.
    `all=in` says something only beside `was.all=out`, as the done page's undo sends them.
    """
    form = {name: value.strip().lower() for name, value in form.items()}
    changes: list[Change] = []
    consent: list[Topic] = []
    if form.get("all", "in") not in ("in", ""):  # an opt-out is never refused for its form
        changes.append(given.change(out(ALL)))
    else:
        if _undoes_everything(form, record, given):
            changes.append(given.change(in_(ALL)))
        after = merge(record, changes)
        for topic in _differing(form, record, catalogue):
            if form[field_of(topic, catalogue)] == "out":
                changes.append(given.change(out(topic.number)))
            elif chosen(after, topic).sendable:
                continue
            elif _undoes(record, topic, given):
                changes.append(given.change(in_(topic.number)))
            else:
                consent.append(topic)
        changes += _asides(form, record, brand, given)
    if given.signal:
        changes = _signalled(changes, catalogue, given)
    return Saved(tuple(changes), tuple(consent))


def _asides(form: Mapping[str, str], record: Record, brand: int, given: Given) -> Iterator[Change]:
    """A pause of the whole brand, or the end of one; and the policy's news taken note of.

    What the page shows as paused is, by a pause of all marketing too, and its end ends that as well.
    """
    if (days := PAUSES.get(form.get("pause", ""))) is not None:
        until = given.at + days * DAY
        yield given.change(pause(brand), until=until)
        wide = record.get(pause(ALL))
        if not days and wide is not None and given.at < (wide.until or 0):
            yield given.change(pause(ALL), until=until)
    if form.get("policy"):
        yield given.change(ACKNOWLEDGED)


def _signalled(changes: list[Change], catalogue: Catalogue, given: Given) -> list[Change]:
    """The browser's signal goes before what the form says (11 CCR 7025(c)).

    It is written where advertising is off already, too: an older yes may still be on its way.
    """
    for topic in catalogue.signals():
        own = (in_(topic.number), out(topic.number))
        changes = [change for change in changes if change.register not in own]
        changes.append(given.change(out(topic.number), Source.SIGNAL))
    return changes


def field_of(topic: Topic, catalogue: Catalogue) -> str:
    """The name of a topic's field; its state as shown stands in `was.` and this."""
    name = catalogue.name(topic.number)
    return name if topic.kind is Kind.SIGNAL else f"topic.{name}"


def offered(catalogue: Catalogue, brand: int) -> list[Topic]:
    """The marketing topics that a brand's preference centre shows; of ALL, those of every brand's."""
    return [topic for topic in catalogue.marketing(brand) if not topic.retired]


def _differing(form: Mapping[str, str], record: Record, catalogue: Catalogue) -> list[Topic]:
    """The topics whose chosen state differs from the one that the page showed."""
    return [
        topic
        for topic in (*offered(catalogue, ALL), *catalogue.signals())
        if (wanted := form.get(field_of(topic, catalogue))) in ("in", "out")
        and wanted != _shown(form, topic, record, catalogue)
    ]


def _shown(form: Mapping[str, str], topic: Topic, record: Record, catalogue: Catalogue) -> str:
    """The state that the page showed; where it does not say so, the record's."""
    was = form.get(f"was.{field_of(topic, catalogue)}")
    if was in ("in", "out"):
        return was
    return "in" if chosen(record, topic).sendable else "out"


def _undoes_everything(form: Mapping[str, str], record: Record, given: Given) -> bool:
    """Whether the stop of everything is taken back whole, so that it stops no topic of later either."""
    asked = (form.get("was.all"), form.get("all")) == ("out", "in")
    stands = record.at(out(ALL)) >= max(record.at(in_(ALL)), record.at(yes(ALL)), NEVER + 1)
    return asked and stands and _is_young(given)


def _is_young(given: Given) -> bool:
    return given.at - given.issued < UNDO_DAYS * DAY


def _undoes(record: Record, topic: Topic, given: Given) -> bool:
    """Whether an *in* by this link only undoes a stop; it never gives a consent that never was."""
    if not _is_young(given):
        return False
    reason = chosen(record, topic).reason
    consented = max(record.at(in_(topic.number)), record.at(yes(topic.number))) != NEVER
    stopped = reason in (Reason.UNSUBSCRIBED, Reason.TOPIC_UNSUBSCRIBED)
    return stopped and (topic.default_in or consented)
