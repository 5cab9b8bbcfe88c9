"""What a row of a file becomes: changes of a record, or the reason why it becomes none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import NamedTuple

from heed.domain.errors import ExportTimeNeeded, FutureTime, InvalidAddress, InvalidTime, ScopeNeeded
from heed.domain.imports.columns import ADDRESS_COLUMNS, is_address
from heed.domain.imports.formats import ImportFormat, RowMeaning
from heed.domain.imports.row_dates import RowDate, parse_row_date
from heed.domain.imports.statements import Finding, Statement, read_statements
from heed.domain.milliseconds import Millis
from heed.domain.preferences.kinds import ChoiceKind
from heed.domain.preferences.register import ALL_SCOPES, DAY_MS, Register, ScopeNumber
from heed.domain.recipients.address import normalise_address

OLD_BOUNCE_AGE = 365 * DAY_MS
"""Milliseconds after which a hard bounce no longer counts, because the mailbox may exist again."""

_ZONE_DOUBT = 14 * 3_600_000  # milliseconds; no zone is further from UTC
_TAG = re.compile(r"<[^<>]*>")
_DOMAIN = re.compile(r"@?[^\s@]+\.[^\s@.]+")


@dataclass(frozen=True, slots=True)
class ImportSettings:
    """How the rows of one file are interpreted.

    Attributes:
        known: the format of the file.
        now: the current time.
        exported_at: the time of the export, if the caller gave it.
        scope: what an opt-out from everything applies to; None if the caller did not name it.
        topics: the scope of each of the vendor's topics, by name in lower case.
        zone: the zone of dates without one.
        has_us_dates: whether dates have the form `M/D/YYYY`.

    Raises:
        ScopeNeeded: The format needs a scope.
    """

    known: ImportFormat
    now: Millis
    exported_at: Millis | None = None
    scope: ScopeNumber | None = None
    topics: Mapping[str, ScopeNumber] = field(default_factory=dict)
    zone: tzinfo = UTC
    has_us_dates: bool = False

    def __post_init__(self) -> None:
        if self.known.needs_scope and self.scope is None:
            raise ScopeNeeded(
                f"a file of the format {self.known.name} is about one stream or list: name its scope"
            )


class ImportedStop(NamedTuple):
    """One change that a row becomes.

    Attributes:
        register: the register.
        at: the time of the change; if the row has no date, that of the export.
        is_dated: whether the row has a date.
        is_limited: whether the time is that of the job, because the row's date ends later. The same file has
            another time as another job, then.
        finding: what the row says.
    """

    register: Register
    at: Millis
    is_dated: bool
    is_limited: bool
    finding: Finding


@dataclass(frozen=True, slots=True)
class StopRow:
    """The row stops mail. The address is normalised."""

    address: str
    stops: tuple[ImportedStop, ...]


@dataclass(frozen=True, slots=True)
class SkippedRow:
    """The row says nothing that an import records."""

    finding: Finding


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """The row stops a whole `domain`, or all addresses of a `pattern`. Heed knows single addresses only."""

    reason: str


@dataclass(frozen=True, slots=True)
class InvalidRow:
    """The row says, or may say, that mail has to stop, and it cannot be used.

    Attributes:
        reason: what is invalid: `address`, `date`, `future` (the date is after the export) or `unknown-word`.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class UnmappedRow:
    """The row is about topics of the vendor for which the caller named no scope."""

    topics: tuple[str, ...]


RowOutcome = StopRow | SkippedRow | RefusedRow | InvalidRow | UnmappedRow


def interpret_row(fields: Mapping[str, str], settings: ImportSettings) -> RowOutcome:
    """Returns what a row becomes.

    Args:
        fields: its cells by the keys of their columns.
        settings: how to interpret it.

    Raises:
        ExportTimeNeeded: The row has no date, and the time of the export is not known.
    """
    known = settings.known
    if known.channel and "email" not in _TAG.sub("", fields.get(known.channel, "")).lower():
        return SkippedRow(Finding(RowMeaning.OTHER_CHANNEL, known.channel))
    statements = read_statements(fields, known)
    stops = [each for each in statements if each.finding and each.finding.meaning.register_kind]
    if not stops:
        findings = [each.finding for each in statements if each.finding]
        if len(findings) < len(statements):
            return InvalidRow("unknown-word")
        used = [each for each in findings if each.meaning is not RowMeaning.SUBSCRIBED]
        return SkippedRow([*used, *findings, Finding(RowMeaning.SUBSCRIBED, "")][0])
    address = _find_address(fields, known)
    if refusal := _find_refusal(address, fields, known):
        return RefusedRow(refusal)
    try:
        mailbox = normalise_address(address)
    except InvalidAddress:
        return InvalidRow("address")
    try:
        if _is_expired(fields, settings):
            return SkippedRow(Finding(RowMeaning.EXPIRED, known.expires))
        return _make_outcome(mailbox, stops, fields, settings)
    except InvalidTime as error:
        return InvalidRow("future" if isinstance(error, FutureTime) else "date")


def _make_outcome(
    mailbox: str, statements: list[Statement], fields: Mapping[str, str], settings: ImportSettings
) -> RowOutcome:
    stops: dict[Register, ImportedStop] = {}
    unmapped: list[str] = []
    old: Finding | None = None
    row_date = next((fields[name] for name in settings.known.dates if fields.get(name)), "")
    for finding, cell, topic in statements:
        kind = finding.meaning.register_kind if finding else None
        if finding is None or kind is None:
            continue
        at, is_dated = _find_time(cell or row_date, settings)
        is_topic = finding.meaning is RowMeaning.TOPIC_UNSUBSCRIBED
        scope = settings.topics.get(topic.lower()) if is_topic else settings.scope or ALL_SCOPES
        if finding.meaning is RowMeaning.HARD_BOUNCE and at < settings.now - OLD_BOUNCE_AGE:
            old = Finding(RowMeaning.OLD_BOUNCE, finding.word)
        elif scope is None:
            unmapped.append(topic)
        else:
            register = Register(kind, scope if kind is ChoiceKind.OUT else ALL_SCOPES)
            is_limited = settings.exported_at is None and at == settings.now
            stop = ImportedStop(register, at, is_dated, is_limited, finding)
            stops[register] = max(stops.get(register, stop), stop, key=lambda each: each.at)
    if unmapped:
        return UnmappedRow(tuple(unmapped))
    if not stops and old:
        return SkippedRow(old)
    return StopRow(mailbox, tuple(stops.values()))


def _find_time(cell: str, settings: ImportSettings) -> tuple[Millis, bool]:
    """Returns the time of a change, and whether the row has a date."""
    date = parse_row_date(cell, settings.zone, has_us_dates=settings.has_us_dates)
    if date is not None:
        return _limit_date(date, settings), True
    if settings.exported_at is None:
        raise ExportTimeNeeded("a row has no date, so the time of the export is needed: `exported_at`")
    return settings.exported_at, False


def _limit_date(date: RowDate, settings: ImportSettings) -> Millis:
    """Returns the time of a date. It cannot be after the export, except by the doubt about its zone."""
    limit = settings.now if settings.exported_at is None else settings.exported_at
    if date.first > limit and (date.has_zone or date.first > limit + _ZONE_DOUBT):
        raise FutureTime("after the export")
    return min(date.last, limit)


def _is_expired(fields: Mapping[str, str], settings: ImportSettings) -> bool:
    cell = fields.get(settings.known.expires, "") if settings.known.expires else ""
    ends = parse_row_date(cell, settings.zone, has_us_dates=settings.has_us_dates)
    return ends is not None and ends.last <= settings.now


def _find_address(fields: Mapping[str, str], known: ImportFormat) -> str:
    """Returns the cell with the address. If its column has another name, it is the first that is one."""
    for name in known.addresses or ADDRESS_COLUMNS:
        if name in fields:
            return fields[name].strip()
    return next(filter(is_address, fields.values()), "")


def _find_refusal(address: str, fields: Mapping[str, str], known: ImportFormat) -> str:
    """Returns why a row is about more than one address: `pattern`, `domain` or ""."""
    if known.patterns and fields.get(known.patterns, "").strip().lower() != "exact":
        return "pattern"
    if "*" in address or address.startswith("%@"):
        return "pattern"
    return "domain" if _DOMAIN.fullmatch(address) else ""
