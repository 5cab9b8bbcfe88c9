"""How the stops of imports are recorded, and taken back.

A register holds one entry, but two imports may stop one person. If the greater entry replaced the other and
were then taken back, the stop of the other import would be lost. So where two imports with different claims
meet, the lesser entry goes to the register of the stop itself (`o:2`), which nobody takes back.

The *claim* of an import is a digest of its file and of the settings that give the file its meaning. The same
claim again is no second statement: the greater entry stays, and the lesser one is dropped. The claim of an
entry has its time too, if this is the time of the job. All rows of one job are one statement.

Evidence is canonical JSON with sorted keys. The job is its last part, so that two entries of one claim
differ at the end, or only in their jobs.
"""

from __future__ import annotations

import json
from dataclasses import replace

from heed.domain.preferences.evidence import make_evidence
from heed.domain.preferences.kinds import STOP_KINDS, ImportKind
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import (
    Change,
    Entry,
    Register,
    Source,
    change_sort_key,
    import_register,
    taken_back_register,
)


def changes_for_import(record: Record, stop: Register, entry: Entry) -> list[Change]:
    """Returns the changes by which an import records a stop, for this state of the record.

    There are none if the record holds as much, does not accept the entry, or has it as taken back. The caller
    must write them on the condition that the record has not changed since.

    Args:
        record: the record.
        stop: the register of the stop: an opt-out, a complaint or `undeliverable`.
        entry: the entry of the import.
    """
    changes = _merge_import(record, stop, entry)
    return [change for change in changes if record.accepts(change) and not _holds(record, stop, change)]


def changes_to_take_back(record: Record, job: str, key: str, reason: str) -> list[Change]:
    """Returns the changes that take back what an import recorded. They are the same at every delivery.

    Args:
        record: the record.
        job: the id of the import.
        key: the id of the API key that takes it back.
        reason: why, in words without addresses.
    """
    changes = [
        Change(taken_back_register(stop), _take_back(entry, key, reason))
        for register, entry in sorted(record.registers.items(), key=change_sort_key)
        if isinstance(register.kind, ImportKind) and _parts_of(entry).get("job") == job
        for stop in [Register(STOP_KINDS[register.kind], register.scope)]
        if not record.is_taken_back(stop, entry)
    ]
    return [change for change in changes if record.accepts(change)]


def has_import(record: Record, job: str) -> bool:
    """Whether the record has a stop of an import in a register that can be taken back."""
    return any(
        isinstance(register.kind, ImportKind) and _parts_of(entry).get("job") == job
        for register, entry in record.registers.items()
    )


def without_job(record: Record, job: str) -> Record:
    """Returns the record without the entries of an import."""
    registers = {
        register: entry
        for register, entry in record.registers.items()
        if entry.source is not Source.IMPORT or _parts_of(entry).get("job") != job
    }
    return replace(record, registers=registers)


def _merge_import(record: Record, stop: Register, entry: Entry) -> list[Change]:
    current, imported = record.last_import(stop), Change(import_register(stop), entry)
    if current is None:
        return [imported]
    if record.is_taken_back(stop, entry):
        return []
    claimed, parts = _parts_of(current), _parts_of(entry)
    if record.is_taken_back(stop, current):
        if claimed.get("job") == parts.get("job"):
            return []  # a late row of the import that was taken back
        return [imported] if current.rank < entry.rank else [Change(stop, entry)]
    if claimed.get("claim") == parts.get("claim") or claimed.get("job") == parts.get("job"):
        return [imported]
    return [imported, Change(stop, min(current, entry, key=lambda each: each.rank))]


def _holds(record: Record, stop: Register, change: Change) -> bool:
    """Whether the register has an entry of the same or greater content, of any job."""
    current = record.get(change.register)
    if current is None or record.is_taken_back(stop, current):
        return False
    return _without_job(change.entry).rank <= _without_job(current).rank


def _without_job(entry: Entry) -> Entry:
    return replace(entry, evidence=entry.evidence.partition(',"job":')[0])


def _take_back(entry: Entry, key: str, reason: str) -> Entry:
    """Returns the entry that takes back another one. Of two entries of one time, the greater has the greater.

    So a register of what was taken back accepts a later one.
    """
    evidence = make_evidence(**_parts_of(entry), key=key, reason=reason, taken_back=entry.digest)
    return Entry(entry.at, Source.AGENT, evidence)


def _parts_of(entry: Entry) -> dict[str, str]:
    parts: dict[str, str] = json.loads(entry.evidence)
    return parts
