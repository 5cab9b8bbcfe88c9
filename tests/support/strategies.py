"""Hypothesis strategies for entries, changes and records. Ties and collisions are frequent."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace

from hypothesis import strategies as st

from heed.domain.milliseconds import Millis
from heed.domain.preferences.kinds import ChoiceKind, TakenBackKind
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import (
    COMPLAINT,
    DAY_MS,
    HOLD,
    LIFT_HOLD,
    LIFT_UNDELIVERABLE,
    MINOR,
    SOFT_BOUNCE,
    UNDELIVERABLE,
    Change,
    Entry,
    Register,
    Source,
    import_register,
    taken_back_register,
    undo_entry,
)
from tests.support.catalogues import SCOPES
from tests.support.registers import imported, in_, out, pause, taken_back, undoable, undone

# Around U+FFFF, texts have another order in UTF-8 than in UTF-16.
_TEXTS = st.sampled_from(["", "a", "b", "é", "z", "\u3042", "\uffee", "\U00010400", "\U0001f600"])
_EVIDENCE = st.one_of(
    st.just("{}"),
    _TEXTS.map(lambda text: json.dumps({"ref": text}, ensure_ascii=False)),
)
_SOURCES = st.sampled_from([Source.ONE_CLICK, Source.LINK, Source.PHONE, Source.API])
_INSTANTS = st.one_of(st.integers(0, 12), st.integers(0, 70).map(lambda day: day * DAY_MS + 5))

_ADDRESS_WIDE = (COMPLAINT, UNDELIVERABLE, HOLD, LIFT_UNDELIVERABLE, LIFT_HOLD)
_STOPS = (*map(out, SCOPES), COMPLAINT, UNDELIVERABLE)
REGISTERS = (
    *(Register(kind, scope) for kind in ChoiceKind for scope in SCOPES),
    *_ADDRESS_WIDE,
    *map(import_register, _STOPS),
    *map(taken_back_register, _STOPS),
)
"""All registers of the test catalogue that an event may change."""

recipients = st.binary(min_size=16, max_size=16)

entries = st.builds(
    Entry,
    at=_INSTANTS,
    source=_SOURCES,
    evidence=_EVIDENCE,
    policy=st.sampled_from(["", "1", "2"]),
)


@st.composite
def changes(draw: st.DrawFn, registers: tuple[Register, ...] = REGISTERS) -> Change:
    """Draws the change of one event, sometimes a soft-bounce day."""
    register = draw(st.sampled_from((*registers, SOFT_BOUNCE, SOFT_BOUNCE)))
    entry = draw(entries)
    if register.kind is ChoiceKind.UNDONE:
        entry = draw(st.sampled_from((entry.undo, undo_at_desk(entry), undo_entry(entry.at, "0" * 32))))
    if isinstance(register.kind, TakenBackKind):
        entry = draw(st.sampled_from((take_back(entry), take_back(replace(entry, evidence="other")))))
    if register.may_end or (register.may_end is None and draw(st.booleans())):
        length = draw(st.one_of(st.integers(1, 12), st.just(30 * DAY_MS)))
        entry = replace(entry, until=Millis(entry.at + length))
    return Change(register, entry)


def undo_at_desk(entry: Entry) -> Entry:
    """Returns an entry by which an agent takes back what was recorded at the desk."""
    return Entry(entry.at, Source.AGENT, f'{{"agent":"kim","key":"oidc:1","undone":"{entry.digest}"}}')


def take_back(entry: Entry) -> Entry:
    """Returns an entry that takes back the entry of an import."""
    return Entry(entry.at, Source.AGENT, f'{{"taken_back":"{entry.digest}"}}')


def colliding_changes(size: int = 12) -> st.SearchStrategy[list[Change]]:
    """Returns a strategy for many changes of a few registers, so that they collide."""
    few = (out(0), in_(2), pause(2), undoable(2), undone(2), imported(0), taken_back(0), COMPLAINT)
    return st.lists(st.one_of(changes(few), changes()), max_size=size)


def _draw_end(draw: st.DrawFn, at: int) -> Millis:
    return Millis(at + draw(st.sampled_from([1, 6, 40 * DAY_MS])))


def _draw_imports(draw: st.DrawFn, scopes: Iterable[int]) -> dict[Register, Entry]:
    registers: dict[Register, Entry] = {}
    for stop in (*map(out, scopes), COMPLAINT, UNDELIVERABLE):
        if draw(st.integers(0, 4)) == 0:
            entry = Entry(Millis(draw(_INSTANTS)), Source.IMPORT, '{"job":"1"}')
            registers[import_register(stop)] = entry
            if draw(st.booleans()):
                other = replace(entry, evidence='{"job":"2"}')
                registers[taken_back_register(stop)] = take_back(draw(st.sampled_from((entry, other))))
    return registers


@st.composite
def records(draw: st.DrawFn) -> Record:
    """Draws any valid record. It has many registers on the path of one topic, and few elsewhere."""
    registers: dict[Register, Entry] = {}
    focus = draw(st.sampled_from([(0, 1, 2), (0, 1, 5, 16), (0, 1, 2, 12, 13), (7, 0), SCOPES]))
    for kind in (ChoiceKind.OUT, ChoiceKind.IN, ChoiceKind.PAUSE, ChoiceKind.CONFIRMED):
        for scope in focus:
            if not draw(st.booleans()):
                continue
            at = draw(_INSTANTS)
            until = _draw_end(draw, at) if kind is ChoiceKind.PAUSE else None
            registers[Register(kind, scope)] = Entry(Millis(at), draw(_SOURCES), "{}", "", until)
    for scope in focus:
        if draw(st.integers(0, 2)) == 0:
            at = draw(_INSTANTS)
            until = _draw_end(draw, at) if draw(st.booleans()) else None
            press = Entry(Millis(at), Source.LINK, '{"press":"1"}', "", until)
            registers[undoable(scope)] = press
            if draw(st.booleans()):
                other = replace(press, evidence='{"press":"2"}')
                taken_back = draw(st.sampled_from((press, other)))
                registers[undone(scope)] = draw(st.sampled_from((taken_back.undo, undo_at_desk(taken_back))))
    registers |= _draw_imports(draw, focus)
    for name in _ADDRESS_WIDE:
        if draw(st.integers(0, 4)) == 0:
            registers[name] = Entry(Millis(draw(_INSTANTS)), draw(_SOURCES), "{}")
    if draw(st.integers(0, 15)) == 0:
        registers[MINOR] = Entry(Millis(draw(_INSTANTS)), Source.AGE_REPORT, "{}")
    soft = draw(st.frozensets(st.integers(0, 70), max_size=draw(st.sampled_from([0, 0, 9, 14]))))
    return Record(registers, soft, None, 1)


instants = st.one_of(st.integers(0, 20), st.integers(0, 105).map(lambda day: day * DAY_MS + 5))
"""The times of decisions, in milliseconds."""
