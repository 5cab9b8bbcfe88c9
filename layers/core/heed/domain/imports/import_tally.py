"""The counts of the rows of an import: of one part, then of the whole file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from heed.domain.imports.formats import RowMeaning
from heed.domain.imports.statements import Finding
from heed.domain.jobs.job_report import OTHER_WORDS, JobCounts, JobError, WordMeaning

MAX_UNMAPPED_TOPICS = 1_000
"""The most topics that a tally keeps by name."""
MAX_TOPIC_LENGTH = 200
"""The longest name of such a topic, characters."""


@dataclass(slots=True)
class ImportTally:
    """Counts of rows. The counts of two parts add up to those of both.

    Attributes:
        counts: the rows by result, with the names of JobCounts.
        skipped: the skipped rows by reason.
        meanings: the rows by word of the format, and by what the word means.
        unmapped: the rows by topic of the vendor for which the caller named no scope. Only the
            first topics are kept; all others, and those with a long name, are counted as OTHER_WORDS.
        changing: the rows that change a record.
        against_yes: the rows without a date against which a confirmed opt-in is on record.
        invalid_stops: the rows that say, or may say, that mail has to stop, and cannot be used.
        fault: why the file cannot be imported, at its first line.
    """

    counts: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    meanings: Counter[Finding] = field(default_factory=Counter)
    unmapped: Counter[str] = field(default_factory=Counter)
    changing: int = 0
    against_yes: int = 0
    invalid_stops: int = 0
    fault: JobError | None = None

    @property
    def job_counts(self) -> JobCounts:
        """The rows by result."""
        return JobCounts(**self.counts)

    @property
    def word_meanings(self) -> dict[str, WordMeaning]:
        """The meaning of each word, with the number of its rows."""
        rows: Counter[str] = Counter()
        for finding, number in self.meanings.items():
            rows[finding.word] += number
        return {
            finding.word: WordMeaning(finding.meaning.value, rows[finding.word]) for finding in self.meanings
        }

    def add(self, other: ImportTally) -> None:
        """Adds the counts of a later part."""
        self.counts.update(other.counts)
        self.skipped.update(other.skipped)
        self.count_topics(other.unmapped)
        self.meanings.update(other.meanings)
        self.changing += other.changing
        self.against_yes += other.against_yes
        self.invalid_stops += other.invalid_stops
        self.fault = self.fault or other.fault

    def count_topics(self, topics: Mapping[str, int]) -> None:
        """Counts the rows of topics without a scope."""
        for topic, rows in topics.items():
            is_kept = topic in self.unmapped or len(self.unmapped) < MAX_UNMAPPED_TOPICS
            self.unmapped[topic if is_kept and len(topic) <= MAX_TOPIC_LENGTH else OTHER_WORDS] += rows

    def reject(self, result: str, *, invalid_stops: int = 0) -> None:
        """Counts a row that is given back to the caller."""
        self.counts[result] += 1
        self.invalid_stops += invalid_stops

    def to_json(self) -> dict[str, Any]:
        """Returns the counts as JSON."""
        meanings = [[finding.meaning, finding.word, number] for finding, number in self.meanings.items()]
        return {
            "counts": self.counts,
            "skipped": self.skipped,
            "meanings": meanings,
            "unmapped": self.unmapped,
            "changing": self.changing,
            "against_yes": self.against_yes,
            "invalid_stops": self.invalid_stops,
            "fault": self.fault and asdict(self.fault),
        }


def tally_from_json(parts: Mapping[str, Any]) -> ImportTally:
    """Returns the counts from their JSON."""
    meanings = Counter({Finding(RowMeaning(meaning), word): n for meaning, word, n in parts["meanings"]})
    counters = {name: Counter(parts[name]) for name in ("counts", "skipped", "unmapped")}
    fault = parts["fault"] and JobError(**parts["fault"])
    return ImportTally(**{**parts, **counters, "meanings": meanings, "fault": fault})
