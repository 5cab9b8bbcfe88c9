"""A second implementation of the decision, for comparison with the real one.

It follows only the words of the model and the raw catalogue. It uses only the data types of the code under
test, none of its decisions, and no optimisation.
"""

from __future__ import annotations

import json
from collections.abc import Set as AbstractSet
from hashlib import sha256
from itertools import product
from typing import Any, NamedTuple

from heed.domain.preferences.record import Record
from heed.domain.preferences.register import Entry
from tests.support.catalogues import DATA

DAY = 24 * 60 * 60 * 1000
TOPICS: dict[int, dict[str, Any]] = {topic["number"]: topic for topic in DATA["topics"]}


_NAMES = {
    "out": "o:S",
    "in": "i:S",
    "pause": "p:S",
    "confirmed": "k:S",
    "undoable": "c:S",
    "undone": "u:S",
    "complaint": "x:complaint",
    "minor": "x:minor",
    "hold": "x:hold",
    "hold-lifted": "l:hold",
    "undeliverable": "x:undeliverable",
    "undeliverable-lifted": "l:undeliverable",
    "policy-acknowledged": "a:policy",
    "imported-out": "m:S",
    "out-taken-back": "v:S",
    "imported-complaint": "m:complaint",
    "complaint-taken-back": "v:complaint",
    "imported-undeliverable": "m:undeliverable",
    "undeliverable-taken-back": "v:undeliverable",
}
"""The name of each register in the model, by the ledger's value of its kind. S is the scope."""


class Fact(NamedTuple):
    """An event at a scope. Its kind is o (opt-out), i (opt-in), p (pause) or k (confirmed opt-in)."""

    kind: str
    scope: int
    at: int
    until: int | None


class Answer(NamedTuple):
    """The oracle's answer. `sinces` contains the instants that a decision may return as its start."""

    sendable: bool
    reason: str
    until: int | None
    sinces: frozenset[int | None]


def oracle(record: Record, number: int, now: int) -> Answer:
    """Returns the model's answer for the topic with this number."""
    topic = TOPICS[number]
    registers = _registers_by_name(record)
    imports = _valid_imports(registers)
    if "x:minor" in registers:
        return _no("minor", {registers["x:minor"].at})
    for reason in ("hold", "undeliverable"):
        lift = registers.get(f"l:{reason}")
        stops = [registers.get(f"x:{reason}"), imports.get(reason)]
        if active := {stop.at for stop in stops if stop and not (lift and lift.at > stop.at)}:
            return _no(reason, active)
    if until := _soft_until(record, registers.get("l:undeliverable"), now):
        return _no("undeliverable", {until - 30 * DAY}, until)
    if topic["kind"] == "service":
        return _ok({None})
    complaints = [registers.get("x:complaint"), imports.get("complaint")]
    outs = [Fact("o", int(of), entry.at, None) for of, entry in imports.items() if of.isdigit()]
    return _choice(registers, topic, now, {entry.at for entry in complaints if entry}, outs)


def _registers_by_name(record: Record) -> dict[str, Entry]:
    """Returns the registers by their names in the model: `o:2`, `x:hold`."""
    return {_NAMES[r.kind].replace("S", str(r.scope)): entry for r, entry in record.registers.items()}


def _valid_imports(registers: dict[str, Entry]) -> dict[str, Entry]:
    """Returns what imports recorded and nobody took back, by its scope, or `complaint`, `undeliverable`."""
    valid: dict[str, Entry] = {}
    for name, entry in registers.items():
        if name.startswith("m:"):
            taken_back = registers.get(f"v:{name[2:]}")
            if taken_back and taken_back.at == entry.at:
                text = f"{entry.at} {entry.source} {entry.evidence} {entry.policy}"
                digest = sha256(text.encode()).hexdigest()[:32]
                if json.loads(taken_back.evidence).get("taken_back") == digest:
                    continue
            valid[name[2:]] = entry
    return valid


def _choice(
    registers: dict[str, Entry],
    topic: dict[str, Any],
    now: int,
    complaints: AbstractSet[int],
    imported_outs: list[Fact],
) -> Answer:
    facts = imported_outs + [
        Fact(name[0], int(name[2:]), entry.at, entry.until)
        for name, entry in registers.items()
        if name[:2] in ("o:", "i:", "p:", "k:")
    ]
    facts = _add_presses(registers, facts)
    number = topic["number"]
    signal = topic["kind"] == "signal"
    path = [number] if signal else [0, topic["brand"], number]
    opt_ins = [fact for fact in facts if fact.kind in "ik"]
    confirmed = [fact for fact in facts if fact.kind == "k" and fact.scope in path]
    active_complaints = {at for at in complaints if all(k.at <= at for k in confirmed)}
    if active_complaints and not signal:
        return _no("complained", active_complaints)

    # An opt-out of a followed topic counts for this topic, along the whole chain of followed topics. An
    # opt-in at any topic of the chain between the two lifts it.
    chain: list[int] = [number]
    while (older := TOPICS[chain[-1]]["follows"]) is not None:
        chain.append(older)

    def lifts(suppression: Fact) -> set[int]:
        if suppression.scope in path:
            return {scope for scope in path if path.index(scope) >= path.index(suppression.scope)}
        return set(chain[: chain.index(suppression.scope) + 1])

    def is_active(suppression: Fact) -> bool:
        return not any(yes.at > suppression.at for yes in opt_ins if yes.scope in lifts(suppression))

    outs = [f for f in facts if f.kind == "o" and f.scope in {*path, *chain}]
    active = [out for out in outs if is_active(out)]
    general = {out.at for out in active if out.scope in path and out.scope != number}
    if general:
        return _no("unsubscribed", general)
    if active:
        return _no("topic_unsubscribed", {out.at for out in active})
    pauses = [
        (f.until, f.at)
        for f in facts
        if f.kind == "p" and f.scope in path and f.until is not None and now < f.until and is_active(f)
    ]
    if pauses:
        end = max(until for until, _ in pauses)
        return _no("paused", {at for until, at in pauses if until == end}, end)
    own = [yes for yes in opt_ins if yes.scope == number]
    if topic["default"] == "out" and not any(all(yes.at > out.at for out in outs) for yes in own):
        return _no("no_consent", {None})
    return _ok({yes.at for yes in opt_ins if yes.scope in path} or {None})


def _add_presses(registers: dict[str, Entry], facts: list[Fact]) -> list[Fact]:
    """Adds each press that no Undo has taken back: an opt-out, or a pause if it has an end."""
    for name, entry in registers.items():
        if not name.startswith("c:"):
            continue
        scope, undo = int(name[2:]), registers.get(f"u:{name[2:]}")
        text = f"{entry.at} {entry.source} {entry.evidence} {entry.policy}"
        digest = sha256(text.encode()).hexdigest()[:32]
        if undo and undo.at == entry.at and json.loads(undo.evidence).get("undone") == digest:
            continue
        if entry.until is None:
            facts = [*facts, Fact("o", scope, entry.at, None)]
            continue
        # Only the later of two pauses at a scope counts.
        plain = registers.get(f"p:{scope}")
        if plain is None or plain.rank < entry.rank:
            facts = [fact for fact in facts if (fact.kind, fact.scope) != ("p", scope)]
            facts.append(Fact("p", scope, entry.at, entry.until))
    return facts


def _soft_until(record: Record, lift: Entry | None, now: int) -> int | None:
    # The window of 30 days and the minimum of 5 days are literals on purpose. If the oracle read the
    # constants of the code, it would not notice a wrong constant.
    after = {day for day in record.soft_bounce_days if lift is None or day > lift.at // DAY}
    counts = {day: sum(1 for d, other in product([day], after) if d - 30 < other <= d) for day in after}
    ends = [(day + 30) * DAY for day in after if counts[day] >= 5 and now < (day + 30) * DAY]
    return max(ends, default=None)


def _no(reason: str, sinces: AbstractSet[int | None], until: int | None = None) -> Answer:
    return Answer(False, reason, until, frozenset(sinces))


def _ok(sinces: AbstractSet[int | None]) -> Answer:
    return Answer(True, "ok", None, frozenset(sinces))
