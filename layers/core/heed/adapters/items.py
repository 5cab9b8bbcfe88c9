"""A record as a DynamoDB item, and back. Names and types are private to the adapters."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from heed.domain.errors import UnreadableRecord
from heed.domain.record import NOTHING, Record
from heed.domain.register import SOFT, Change, Entry, Source, is_register, may_end

Item = Mapping[str, Any]
"""An item in DynamoDB's own form: `{"n": {"N": "1"}, …}`."""


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


def to_record(item: Item | None) -> Record:
    """The record of an item; nothing, if there is none.

    Raises:
        UnreadableRecord: a register, the floor or the counter is not of our form, or there is a
            register never heard of: a later version may stop somebody by it.
    """
    if not item:
        return NOTHING
    try:
        return Record(
            registers={
                name: _entry(name, value["M"]) for name, value in item.items() if ":" in name
            },
            soft=frozenset(int(day) for day in item[SOFT]["NS"]) if SOFT in item else frozenset(),
            floor=int(item["f"]["N"]) if "f" in item else None,
            n=int(item["n"]["N"]),
            salt=item["salt"]["B"] if "salt" in item else b"",
        )
    except (KeyError, TypeError, ValueError) as error:
        raise UnreadableRecord(type(error).__name__) from error


def _entry(name: str, held: Mapping[str, Any]) -> Entry:
    if not is_register(name) or may_end(name) not in (None, "u" in held):
        raise ValueError("no register of ours, or a pause without an end")
    source = Source(held["by"]["S"])
    until = int(held["u"]["N"]) if "u" in held else None
    # The tie is `source evidence[ policy][ until]`; the evidence is what stands between.
    bare = Entry(int(held["t"]["N"]), source, "", held["pv"]["S"], until)
    tie, around = held["ev"]["S"], len(bare.tie) - len(source) - 1
    evidence = tie[len(source) + 1 : len(tie) - around]
    entry = Entry(bare.at, source, evidence, bare.policy, until)
    if entry.tie != tie:
        raise ValueError("evidence of another source")
    return entry


def is_stop(register: str) -> bool:
    """Whether a register may stop somebody: it puts the recipient into the feed of changes."""
    return register[:2] in ("o:", "p:", "c:", "x:")


def to_late(change: Change) -> str:
    """A wish that came late, as it waits in the set `late` of the item to be entered in the ledger."""
    said = change.entry
    parts = [change.register, said.at, said.source.value, said.evidence, said.policy, said.until]
    return json.dumps(parts, separators=(",", ":"), ensure_ascii=False)


def late_of(item: Item | None) -> frozenset[Change]:
    """The wishes that wait in an item.

    Raises:
        UnreadableRecord: one is not of our form.
    """
    waiting = item["late"]["SS"] if item and "late" in item else ()
    try:
        return frozenset(map(_late, waiting))
    except (TypeError, ValueError) as error:
        raise UnreadableRecord(type(error).__name__) from error


def _late(text: str) -> Change:
    register, at, source, evidence, policy, until = json.loads(text)
    if not is_register(register):
        raise ValueError("no register of ours")
    return Change(register, Entry(at, Source(source), evidence, policy, until))
