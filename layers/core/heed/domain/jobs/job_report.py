"""What a job reports about its file: counts, words of the file that are safe to keep, and result files.

A file may have an address in any cell, also where a header or a status belongs. So a report keeps only words
that cannot be part of an address, and only a few of them. The rest is counted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import astuple, dataclass, field, replace

from heed.domain.jobs.import_estimate import JobEstimate

MAX_KEPT_WORDS = 50
"""The most words of one kind that a report keeps."""
MAX_KEPT_LENGTH = 40
"""The longest word that a report keeps, in characters."""
OTHER_WORDS = "…"
"""The word under which a report counts all words that it does not keep."""
_PERSONAL = re.compile(r"[@＠﹫]|\d{5}")


@dataclass(frozen=True, slots=True)
class JobCounts:
    """The number of rows by result. Each row has one result, in a preview too.

    Attributes:
        applied: rows that change whether somebody gets mail.
        known: rows about people who get no such mail anyway.
        superseded: rows that something newer overrides.
        skipped: rows that stop nobody, such as soft bounces.
        invalid: rows that cannot be read.
        refused: rows that Heed cannot take, such as a whole domain.
    """

    applied: int = 0
    known: int = 0
    superseded: int = 0
    skipped: int = 0
    invalid: int = 0
    refused: int = 0

    @property
    def total(self) -> int:
        """The number of all rows."""
        return sum(astuple(self))

    @property
    def people(self) -> int:
        """The number of rows about a person: the number that the register of disclosures enters."""
        return self.applied + self.known + self.superseded


@dataclass(frozen=True, slots=True)
class WordMeaning:
    """The meaning of a word of the vendor: what Heed makes of it, and the number of its rows."""

    means: str
    rows: int


@dataclass(frozen=True, slots=True)
class ResultFile:
    """A file that a job made: its name, and its size in bytes."""

    name: str
    size: int


@dataclass(frozen=True, slots=True)
class JobError:
    """Why a job failed.

    Attributes:
        type: the stable name of the failure.
        detail: what happened, without content of the file.
        line: the line of the file; None if the failure has no line.
    """

    type: str
    detail: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class JobReport:
    """The progress and the result of a job.

    Attributes:
        format: the format of the file, such as `sendgrid-bounces`; "" before it is recognised.
        encoding: the encoding in which the file was read; "" before it is known.
        rows: the number of rows of the file; 0 before it was split.
        done_rows: the number of rows that the work has passed.
        counts: the number of rows by result.
        skipped: the number of skipped rows by reason.
        meanings: the meanings of the vendor's words.
        files: the result files.
        against_yes: the number of rows without a date against which a confirmed opt-in is on record.
        invalid_stops: the number of rows that stop mail, or may stop it, and cannot be used.
        estimate: what the commit of an import takes; None before its preview.
    """

    format: str = ""
    encoding: str = ""
    rows: int = 0
    done_rows: int = 0
    counts: JobCounts = JobCounts()
    skipped: Mapping[str, int] = field(default_factory=dict)
    meanings: Mapping[str, WordMeaning] = field(default_factory=dict)
    files: tuple[ResultFile, ...] = ()
    against_yes: int = 0
    invalid_stops: int = 0
    estimate: JobEstimate | None = None

    def with_progress(self, done_rows: int) -> JobReport:
        """Returns the report after the work on a part. Parts may be done in any order."""
        return replace(self, done_rows=max(self.done_rows, done_rows))

    def without_counts(self) -> JobReport:
        """Returns the report before any row was counted."""
        return replace(self, counts=JobCounts(), skipped={}, meanings={})

    def without_unsafe_words(self) -> JobReport:
        """Returns the report as it may be stored.

        The other words of a kind become one word, with the sum of their rows.
        """
        kept = _kept_words(self.meanings)
        rest = sum(meaning.rows for word, meaning in self.meanings.items() if word not in kept)
        meanings = {word: self.meanings[word] for word in kept}
        others = {OTHER_WORDS: WordMeaning(OTHER_WORDS, rest)} if rest else {}
        # A Counter becomes a dict, because `asdict` makes something else of it.
        return replace(self, skipped=dict(self.skipped), meanings=meanings | others)


def is_safe_word(word: str) -> bool:
    """Whether a word of a file may be kept: it is short, and neither part of an address nor a long number."""
    return 0 < len(word) <= MAX_KEPT_LENGTH and not _PERSONAL.search(word)


def _kept_words(meanings: Mapping[str, WordMeaning]) -> list[str]:
    """Returns the words to keep: the most frequent ones."""
    safe = [word for word in meanings if is_safe_word(word) and word != OTHER_WORDS]
    return sorted(safe, key=lambda word: (-meanings[word].rows, word))[:MAX_KEPT_WORDS]
