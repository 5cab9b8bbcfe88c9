"""The counts of an import stay small for any file."""

from __future__ import annotations

import json

from heed.domain.imports.import_tally import (
    MAX_TOPIC_LENGTH,
    MAX_UNMAPPED_TOPICS,
    ImportTally,
    tally_from_json,
)
from heed.domain.jobs.job_errors import unmapped_topics
from heed.domain.jobs.job_report import OTHER_WORDS


def part_with_topics(first: int, last: int) -> ImportTally:
    tally = ImportTally()
    tally.count_topics({f"topic {number}": 1 for number in range(first, last)})
    return tally_from_json(json.loads(json.dumps(tally.to_json())))


def test_a_part_and_a_file_of_many_parts_keep_the_first_topics_and_count_all_others() -> None:
    whole = ImportTally()
    for part in range(4):
        tally = part_with_topics(part * 1_500, (part + 1) * 1_500)
        assert (len(tally.unmapped), tally.unmapped.total()) == (MAX_UNMAPPED_TOPICS + 1, 1_500)
        whole.add(tally)
    assert (len(whole.unmapped), whole.unmapped.total()) == (MAX_UNMAPPED_TOPICS + 1, 6_000)
    assert whole.unmapped[OTHER_WORDS] == 6_000 - MAX_UNMAPPED_TOPICS
    assert whole.unmapped["topic 999"] == 1


def test_a_topic_with_a_long_name_is_counted_without_it() -> None:
    tally = ImportTally()
    tally.count_topics({"a" * MAX_TOPIC_LENGTH: 1, "b" * (MAX_TOPIC_LENGTH + 1): 1, "c" * 60_000: 1})
    assert tally.unmapped == {"a" * MAX_TOPIC_LENGTH: 1, OTHER_WORDS: 2}


def test_the_error_does_not_name_the_other_topics() -> None:
    error = unmapped_topics({OTHER_WORDS: 9, "News": 1})
    assert error is not None
    assert error.detail.endswith(": News")
