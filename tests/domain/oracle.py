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

from heed.domain.milliseconds import Millis
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
    address_registers = {name: entry.at for name, entry in registers.items() if name[0] in "xl"}
    if "x:minor" in address_registers:
        return _no("minor", {address_registers["x:minor"]})
    for reason in ("hold", "undeliverable"):
        if _is_unlifted(address_registers, reason):
            return _no(reason, {address_registers[f"x:{reason}"]})
    if until := _soft_until(record, address_registers, now):
        return _no("undeliverable", {until - 30 * DAY}, until)
    if topic["kind"] == "service":
        return _ok({None})
    return _choice(registers, topic, now, address_registers.get("x:complaint"))


def _registers_by_name(record: Record) -> dict[str, Entry]:
    """Returns the registers by their names in the model: `o:2`, `x:hold`."""
    return {_NAMES[r.kind].replace("S", str(r.scope)): entry for r, entry in record.registers.items()}


def _choice(registers: dict[str, Entry], topic: dict[str, Any], now: int, complaint: int | None) -> Answer:
    facts = [
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
    if complaint is not None and not signal and all(k.at <= complaint for k in confirmed):
        return _no("complained", {complaint})

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


def _is_unlifted(address_registers: dict[str, Millis], reason: str) -> bool:
    if f"x:{reason}" not in address_registers:
        return False
    return not (
        f"l:{reason}" in address_registers
        and address_registers[f"l:{reason}"] > address_registers[f"x:{reason}"]
    )


def _soft_until(record: Record, address_registers: dict[str, Millis], now: int) -> int | None:
    # The window of 30 days and the minimum of 5 days are literals on purpose. If the oracle read the
    # constants of the code, it would not notice a wrong constant.
    lift = address_registers.get("l:undeliverable")
    after = {day for day in record.soft_bounce_days if lift is None or day > lift // DAY}
    counts = {day: sum(1 for d, other in product([day], after) if d - 30 < other <= d) for day in after}
    ends = [(day + 30) * DAY for day in after if counts[day] >= 5 and now < (day + 30) * DAY]
    return max(ends, default=None)


def _no(reason: str, sinces: AbstractSet[int | None], until: int | None = None) -> Answer:
    return Answer(False, reason, until, frozenset(sinces))


def _ok(sinces: AbstractSet[int | None]) -> Answer:
    return Answer(True, "ok", None, frozenset(sinces))
