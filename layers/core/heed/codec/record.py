"""A record as a DynamoDB item, and back."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from heed.codec.attributes import (
    COUNT_END,
    Item,
    instant_or_none,
    number,
    numbers,
    of_our_form,
    text,
    texts,
)
from heed.domain.links.repeats import HOUR, Tally
from heed.domain.preferences.evidence import LONGEST
from heed.domain.preferences.record import NOTHING, Record
from heed.domain.preferences.register import (
    DAY,
    KINDS,
    SCOPES,
    SOFT,
    Change,
    Entry,
    Register,
    ScopeNumber,
    Source,
)
from heed.domain.rfc3339 import END

SALT_SIZE = 16  # bytes
TOLD_HOUR, SPARED = "told_hour", "spared"
TOLD_NAMES = tuple(f"told{number}" for number in range(32))
"""The attributes of the tally of a person's links: heed.adapters.dynamodb.link_tally describes them."""

_LONGEST_TIE = LONGEST + 1_000  # characters: the evidence, and what stands around it

_KINDS = {Register(kind).code.removesuffix("0"): kind for kind in KINDS}  # `o:`, `x:hold`


def to_value(entry: Entry) -> dict[str, Any]:
    """What a register's attribute holds."""
    held: dict[str, Any] = {
        "t": {"N": str(entry.at)},
        "by": {"S": entry.source.value},
        "ev": {"S": entry.tie},
        "pv": {"S": entry.policy},
    }
    if entry.until is not None:
        held["u"] = {"N": str(entry.until)}
    return {"M": held}


@of_our_form
def to_record(item: Item | None) -> Record:
    """The record of an item; nothing, if there is none.

    Raises:
        UnreadableRecord: a register, the floor or the counter is not of our form, or there is a
            register never heard of: a later version may stop somebody by it.
    """
    if not item:
        return NOTHING
    return Record(
        registers=dict(_held(name, value["M"]) for name, value in item.items() if ":" in name),
        soft=soft_days(item),
        floor=instant_or_none(item, "f"),
        n=number(item, "n", COUNT_END),
        salt=_salt(item),
        tally=_tally(item),
    )


def soft_days(item: Item) -> frozenset[int]:
    """The days of soft bounces of an item, counted from the epoch."""
    return numbers(item, SOFT.code, END // DAY)


def _tally(item: Item) -> Tally:
    if TOLD_HOUR not in item and SPARED not in item:
        return Tally()
    hour = number(item, TOLD_HOUR, END // HOUR)
    name = told_name(hour)
    return Tally(
        hour=hour,
        told=number(item, name, COUNT_END) if name in item else 0,
        spared=number(item, SPARED, COUNT_END) if SPARED in item else None,
    )


def _salt(item: Item) -> bytes:
    if "salt" not in item:
        return b""
    salt = item["salt"]["B"]
    if not isinstance(salt, bytes) or len(salt) != SALT_SIZE:
        raise TypeError("no salt")
    return salt


@lru_cache(maxsize=4096)
def register_of(name: str) -> Register:
    """The register that an attribute of this name holds.

    Raises:
        KeyError, ValueError: it holds none. A scope is spelt in one way alone.
    """
    kind, scope = (_KINDS[name], "0") if name in _KINDS else (_KINDS[name[:2]], name[2:])
    register = Register(kind, ScopeNumber(int(scope)))
    if register.code != name or register == SOFT or not 0 <= register.scope < SCOPES:
        raise ValueError("no register of ours")
    return register


def _held(name: str, held: Item) -> tuple[Register, Entry]:
    register = register_of(name)
    if register.may_end not in (None, "u" in held):
        raise ValueError("a pause without an end, or an end of what has none")
    source, tie = Source(held["by"]["S"]), text(held, "ev")
    if len(tie) > _LONGEST_TIE:
        raise ValueError("more than was ever said of an event")
    until = number(held, "u") if "u" in held else None
    bare = Entry(number(held, "t"), source, "", text(held, "pv"), until)
    # The tie is `source evidence[ policy][ until]`; the evidence is what stands between.
    around = bare.tie
    begins = len(source) + 1
    ends = len(tie) - len(around) + begins
    if tie[:begins] + tie[max(begins, ends) :] != around:
        raise ValueError("evidence of another source")
    return register, Entry(bare.at, source, tie[begins:ends], bare.policy, until)


def told_name(hour: int) -> str:
    """The attribute that counts on the day of an hour."""
    return TOLD_NAMES[hour * HOUR // DAY % len(TOLD_NAMES)]


def to_late(change: Change) -> str:
    """A wish that came late, as it waits in the set `late` of the item to be entered in the ledger."""
    said = change.entry
    parts = [
        change.register.code,
        said.at,
        said.source.value,
        said.evidence,
        said.policy,
        said.until,
    ]
    return json.dumps(parts, separators=(",", ":"), ensure_ascii=False)


@of_our_form
def late_of(item: Item | None) -> frozenset[Change]:
    """The wishes that wait in an item.

    Raises:
        UnreadableRecord: one is not of our form.
    """
    return frozenset(map(_late, texts(item, "late"))) if item else frozenset()


def _late(waiting: str) -> Change:
    name, at, source, evidence, policy, until = json.loads(waiting)
    said = Entry(at, Source(source), evidence, policy, until)
    # What the table would give back of it as a register is what it must be to wait for one.
    register, read = _held(name, to_value(said)["M"])
    if read != said:
        raise ValueError("no wish of ours")
    return Change(register, said)
