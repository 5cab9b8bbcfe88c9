"""The decision once more, read off the model's page by quantifying over what happened, for comparison.

Written from the words of the model alone, on the raw catalogue: no code of heed.domain.preferences is
used, and nothing is optimised.
"""

from __future__ import annotations

import json
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
}
"""What the model's page calls a register, by the ledger's word for its kind; S is its scope."""


class Fact(NamedTuple):
    """Something that happened: o, i, p or k, at a scope."""

    kind: str
    scope: int
    at: int
    until: int | None


class Answer(NamedTuple):
    """What the oracle says; `sinces` are the instants that may be given for it."""

    sendable: bool
    reason: str
    until: int | None
    sinces: frozenset[int | None]


def oracle(record: Record, number: int, now: int) -> Answer:
    """The answer of the model."""
    topic = TOPICS[number]
    held = _held(record)
    wide = {name: entry.at for name, entry in held.items() if name[0] in "xl"}
    if "x:minor" in wide:
        return _no("minor", {wide["x:minor"]})
    for reason in ("hold", "undeliverable"):
        if _unlifted(wide, reason):
            return _no(reason, {wide[f"x:{reason}"]})
    if until := _soft_until(record, wide, now):
        return _no("undeliverable", {until - 30 * DAY}, until)
    if topic["kind"] == "service":
        return _ok({None})
    return _choice(held, topic, now, wide.get("x:complaint"))


def _held(record: Record) -> dict[str, Entry]:
    """The registers by the names of the model's page: `o:2`, `x:hold`."""
    return {_NAMES[r.kind].replace("S", str(r.scope)): entry for r, entry in record.registers.items()}


def _choice(held: dict[str, Entry], topic: dict[str, Any], now: int, complaint: int | None) -> Answer:
    facts = [
        Fact(name[0], int(name[2:]), entry.at, entry.until)
        for name, entry in held.items()
        if name[:2] in ("o:", "i:", "p:", "k:")
    ]
    facts = _with_presses(held, facts)
    number = topic["number"]
    signal = topic["kind"] == "signal"
    path = [number] if signal else [0, topic["brand"], number]
    yeses = [fact for fact in facts if fact.kind in "ik"]
    confirmed = [fact for fact in facts if fact.kind == "k" and fact.scope in path]
    if complaint is not None and not signal and all(k.at <= complaint for k in confirmed):
        return _no("complained", {complaint})

    # Followed topics by the shortest words: an out there counts here, and so on along the chain;
    # between a topic and one that it follows, a yes at any link of the chain is one "at either".
    chain: list[int] = [number]
    while (older := TOPICS[chain[-1]]["follows"]) is not None:
        chain.append(older)

    def lifts(stop: Fact) -> set[int]:
        if stop.scope in path:
            return {scope for scope in path if path.index(scope) >= path.index(stop.scope)}
        return set(chain[: chain.index(stop.scope) + 1])

    def stands(stop: Fact) -> bool:
        return not any(yes.at > stop.at for yes in yeses if yes.scope in lifts(stop))

    outs = [f for f in facts if f.kind == "o" and f.scope in {*path, *chain}]
    standing = [out for out in outs if stands(out)]
    general = {out.at for out in standing if out.scope in path and out.scope != number}
    if general:
        return _no("unsubscribed", general)
    if standing:
        return _no("topic_unsubscribed", {out.at for out in standing})
    pauses = [
        (f.until, f.at)
        for f in facts
        if f.kind == "p" and f.scope in path and f.until is not None and now < f.until and stands(f)
    ]
    if pauses:
        end = max(until for until, _ in pauses)
        return _no("paused", {at for until, at in pauses if until == end}, end)
    own = [yes for yes in yeses if yes.scope == number]
    if topic["default"] == "out" and not any(all(yes.at > out.at for out in outs) for yes in own):
        return _no("no_consent", {None})
    return _ok({yes.at for yes in yeses if yes.scope in path} or {None})


def _with_presses(held: dict[str, Entry], facts: list[Fact]) -> list[Fact]:
    """A press that no Undo names exactly counts as an out, or, where it ends, as a pause."""
    for name, entry in held.items():
        if not name.startswith("c:"):
            continue
        scope, undo = int(name[2:]), held.get(f"u:{name[2:]}")
        said = f"{entry.at} {entry.source} {entry.evidence} {entry.policy}"
        digest = sha256(said.encode()).hexdigest()[:32]
        if undo and undo.at == entry.at and json.loads(undo.evidence).get("undone") == digest:
            continue
        if entry.until is None:
            facts = [*facts, Fact("o", scope, entry.at, None)]
            continue
        # Of two pauses at a scope the later one is the latest.
        plain = held.get(f"p:{scope}")
        if plain is None or plain.rank < entry.rank:
            facts = [fact for fact in facts if (fact.kind, fact.scope) != ("p", scope)]
            facts.append(Fact("p", scope, entry.at, entry.until))
    return facts


def _unlifted(wide: dict[str, int], reason: str) -> bool:
    if f"x:{reason}" not in wide:
        return False
    return not (f"l:{reason}" in wide and wide[f"l:{reason}"] > wide[f"x:{reason}"])


def _soft_until(record: Record, wide: dict[str, int], now: int) -> int | None:
    lift = wide.get("l:undeliverable")
    after = {day for day in record.soft_bounce_days if lift is None or day > lift // DAY}
    near = {day: sum(1 for d, other in product([day], after) if d - 30 < other <= d) for day in after}
    ends = [(day + 30) * DAY for day in after if near[day] >= 5 and now < (day + 30) * DAY]
    return max(ends, default=None)


def _no(reason: str, sinces: set[int] | set[None], until: int | None = None) -> Answer:
    return Answer(False, reason, until, frozenset(sinces))


def _ok(sinces: set[int] | set[None] | set[int | None]) -> Answer:
    return Answer(True, "ok", None, frozenset(sinces))
