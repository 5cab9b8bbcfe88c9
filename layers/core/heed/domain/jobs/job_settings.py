"""What a caller requests of a job: the settings of an import, a scrub and a snapshot."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from heed.domain.imports.formats import RowMeaning
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import ALL_SCOPES, ScopeNumber

DEFAULT_SNAPSHOT_DAYS = 7
"""The number of days for which a snapshot is valid, if nobody chooses another one."""
_NAME_WORD = re.compile("[a-z]+")
_KNOWN_NAME_WORDS = frozenset(
    word + ending
    for word in ("block", "bounce", "complaint", "group", "invalid", "report", "suppression", "unsubscribe")
    for ending in ("", "s")
) | {"allowlist", "archived", "asm", "cleaned", "global", "hard", "soft", "spam", "unsubscribed", "whitelist"}


class UndatedRows(StrEnum):
    """What an import does with a row that has no date."""

    EXPORTED_AT = "exported-at"  # it counts as of the export of the file
    SKIP_CONFIRMED = "skip-confirmed"  # as above, but it does not override a confirmed opt-in


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """The columns of a file that has no known format.

    Attributes:
        address: the name of the column with the address.
        meaning: what each row means.
        date: the name of the column with the date, or "".
    """

    address: str
    meaning: RowMeaning
    date: str = ""


@dataclass(frozen=True, slots=True)
class ImportJobSettings:
    """The settings of an import.

    Attributes:
        reference: where the file comes from, in words without addresses.
        format: the format of the file; "auto" if the work has to recognise it.
        name_words: words of the file's name that help to recognise the format.
        exported_at: the time at which the other system exported the file, milliseconds; None if unknown.
        zone: the IANA name of the time zone of times without an offset.
        has_us_dates: whether dates of the form M/D/YYYY are read.
        undated: what becomes of rows without a date.
        scope: the number of the scope of an opt-out that names no topic; None if the caller named none.
        topics: the number of the scope by the name that the other system gives it.
        mapping: the columns of the file, if the caller names them.
        commit: whether the import applies the rows without a preview.
    """

    reference: str
    format: str = "auto"
    name_words: tuple[str, ...] = ()
    exported_at: Millis | None = None
    zone: str = "UTC"
    has_us_dates: bool = False
    undated: UndatedRows = UndatedRows.EXPORTED_AT
    scope: ScopeNumber | None = None
    topics: Mapping[str, ScopeNumber] = field(default_factory=dict)
    mapping: ColumnMapping | None = None
    commit: bool = False

    @property
    def scopes(self) -> tuple[ScopeNumber, ...]:
        """The numbers of the scopes that the job is about."""
        return (ALL_SCOPES,)  # complaints and bounces stop the whole address


@dataclass(frozen=True, slots=True)
class ScrubJobSettings:
    """The settings of a scrub.

    Attributes:
        topic: the number of the topic to check.
        column: the name of the column with the addresses; "" if the work has to find it.
        links: whether the file gets links.
        campaign: the campaign in these links, or "".
        language: the language of these links, or "".
    """

    topic: ScopeNumber
    column: str = ""
    links: bool = False
    campaign: str = ""
    language: str = ""

    @property
    def scopes(self) -> tuple[ScopeNumber, ...]:
        """The numbers of the scopes that the job is about."""
        return (self.topic,)


@dataclass(frozen=True, slots=True)
class SnapshotJobSettings:
    """The settings of a snapshot: the number of days for which it is valid."""

    days: int

    @property
    def scopes(self) -> tuple[ScopeNumber, ...]:
        """The numbers of the scopes that the job is about."""
        return (ALL_SCOPES,)


JobSettings = ImportJobSettings | ScrubJobSettings | SnapshotJobSettings


def known_name_words(name: str) -> tuple[str, ...]:
    """Returns the words of a file's name that help to recognise its format.

    The name itself is not kept, because it may be the address of a person.
    """
    return tuple(word for word in _NAME_WORD.findall(name.lower()) if word in _KNOWN_NAME_WORDS)
