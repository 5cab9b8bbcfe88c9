"""Decides from acknowledged and stated facts alone whether a topic must not be sent."""

from __future__ import annotations

from collections.abc import Iterable

from heed.domain.milliseconds import Millis
from tests.domain.oracle import TOPICS
from tests.simulation.history import Fact


def why_forbidden(acknowledged: Iterable[Fact], facts: Iterable[Fact], number: int, now: Millis) -> str:
    """Returns why a topic may not be sent to a person with any set of unacknowledged facts, or ""."""
    topic = TOPICS[number]
    signal, service = topic["kind"] == "signal", topic["kind"] == "service"
    path = [number] if signal else [0, topic["brand"], number]
    chain = [number]
    while (older := TOPICS[chain[-1]]["follows"]) is not None:
        chain.append(older)
    facts = list(facts)
    for suppression in (fact for fact in acknowledged if not is_undone(fact, facts)):
        kind, _, scope = suppression.register.partition(":")
        if suppression.register in ("x:hold", "x:undeliverable"):
            lifts = [f for f in facts if f.register == f"l:{scope}"]
        elif service:
            continue
        elif suppression.register == "x:complaint" and not signal:
            lifts = [f for f in facts if f.register in {f"k:{place}" for place in path}]
        elif (kind == "o" or (kind == "p" and (suppression.until or 0) > now)) and scope.isdecimal():
            lifting_scopes = _lifting_scopes(int(scope), path, chain if kind == "o" else [number])
            if lifting_scopes is None:
                continue
            lifts = [
                f for f in facts if f.register in {f"{y}:{place}" for y in "ik" for place in lifting_scopes}
            ]
        else:
            continue
        if kind == "p" and _has_ended_by_later_pause(suppression, facts, now):
            continue
        if not any(lift.at > suppression.at for lift in lifts):
            return f"{suppression.register} at {suppression.at}"
    return _why_no_consent(topic, path, chain, facts)


def is_undone(suppression: Fact, facts: Iterable[Fact]) -> bool:
    """Whether an Undo names exactly this press. Every other suppression stays as it was."""
    undo = (suppression.who, f"u:{suppression.register[2:]}", suppression.at, suppression.press_id)
    return bool(suppression.press_id) and any((f.who, f.register, f.at, f.press_id) == undo for f in facts)


def limit_to_later_pause(suppression: Fact, facts: Iterable[Fact]) -> Fact:
    """An acknowledged pause as it may count: not longer than a later one requested by then.

    A later pause that is requested afterwards by a link must not end earlier. Other sources may end it.
    """
    if suppression.until is None:
        return suppression
    later = [
        f.until
        for f in facts
        if f.press_id
        and f.register == suppression.register
        and f.who == suppression.who
        and f.at >= suppression.at
    ]
    return suppression._replace(until=min([suppression.until, *(end for end in later if end is not None)]))


def _lifting_scopes(scope: int, path: list[int], chain: list[int]) -> list[int] | None:
    """Where an opt-in overrides a suppression at a scope; None if it does not suppress this topic."""
    if scope in path:
        return path[path.index(scope) :]
    return chain[: chain.index(scope) + 1] if scope in chain else None


def _has_ended_by_later_pause(suppression: Fact, facts: list[Fact], now: Millis) -> bool:
    """Whether the same register may hold a later pause that has ended: resuming is a pause without length.

    A link writes a pause only if it ends later than the active one, so a link never does this.
    """
    return any(
        f.register == suppression.register
        and f.at >= suppression.at
        and (f.until or 0) <= now
        and not f.press_id
        for f in facts
    )


def _why_no_consent(topic: dict[str, object], path: list[int], chain: list[int], facts: list[Fact]) -> str:
    if topic["default"] == "in" or topic["kind"] == "service":
        return ""
    has_consent = any(f.register in (f"i:{path[-1]}", f"k:{path[-1]}") for f in facts)
    return "" if has_consent else "no consent that was ever given"
