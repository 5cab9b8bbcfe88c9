"""A report keeps of a file only words that cannot be part of an address, and only a few of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.domain.jobs.job_report import (
    MAX_KEPT_LENGTH,
    MAX_KEPT_WORDS,
    OTHER_WORDS,
    JobReport,
    WordMeaning,
    is_safe_word,
)
from heed.domain.jobs.job_settings import known_name_words

addresses = st.from_regex(r"[a-z]{1,10}@[a-z]{1,10}\.com", fullmatch=True)
meanings = st.dictionaries(
    st.text(max_size=60) | addresses,
    st.builds(WordMeaning, st.just("unsubscribed"), st.integers(1, 100)),
    max_size=70,
)


@given(meanings)
def test_the_kept_words_are_safe_and_few_and_no_row_is_lost(found: dict[str, WordMeaning]) -> None:
    kept = JobReport(meanings=found).without_unsafe_words().meanings
    assert all(word == OTHER_WORDS or is_safe_word(word) for word in kept)
    assert len(kept) <= MAX_KEPT_WORDS + 1
    assert sum(m.rows for m in kept.values()) == sum(m.rows for m in found.values())
    assert JobReport(meanings=kept).without_unsafe_words().meanings == kept


@pytest.mark.parametrize("word", ["joan@example.com", "@", "tel 0123456", "", "x" * (MAX_KEPT_LENGTH + 1)])
def test_a_word_that_may_identify_a_person_is_not_kept(word: str) -> None:
    kept = JobReport(
        meanings={word: WordMeaning("unsubscribed", 3), "Bounced": WordMeaning("undeliverable", 1)}
    )
    assert dict(kept.without_unsafe_words().meanings) == {
        "Bounced": WordMeaning("undeliverable", 1),
        OTHER_WORDS: WordMeaning(OTHER_WORDS, 3),
    }


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("suppression_bounces_2026.csv", ("suppression", "bounces")),
        ("Global Unsubscribes (1).CSV", ("global", "unsubscribes")),
        ("joan.smith@example.com.csv", ()),
        ("Joan-Smith.csv", ()),
    ],
)
def test_only_words_that_name_a_kind_of_list_are_kept_of_the_name_of_a_file(
    name: str, words: tuple[str, ...]
) -> None:
    assert known_name_words(name) == words
