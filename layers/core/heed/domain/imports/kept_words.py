"""Words of a file that a job may keep. An address or a number of a person is never among them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

MAX_WORDS = 50
MAX_LENGTH = 40  # characters of a word
_PERSONAL = re.compile(r"[@＠﹫]|\d{5}")


class KeptWords(NamedTuple):
    """Words of a file, without those that may name a person.

    Attributes:
        kept: the words, each once, in the order of the file.
        others: the number of other words.
    """

    kept: tuple[str, ...]
    others: int


def keep_words(words: Iterable[str]) -> KeptWords:
    """Returns the words that a job may keep: short, without `@` and without five digits in a row."""
    distinct = list(dict.fromkeys(words))
    short = [word for word in distinct if len(word) <= MAX_LENGTH and not _PERSONAL.search(word)]
    kept = tuple(short[:MAX_WORDS])
    return KeptWords(kept, len(distinct) - len(kept))
