"""Finds the phrases of a language in a text. The time grows linearly with the text.

A phrase is a list of items, such as `stop ... {send}`. An item is a word, a class of words in braces, or some
of them with `|` between. `_` in an item is a space. `*` at the end of a word is any ending, and at its start
any beginning, as German joins words. `..` is a gap of at most two tokens, and `...` one of at most `reach`.

A token is a word or a comma. Japanese has no spaces, so each of its signs is a token.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

_JAPANESE = "\u3005\u3040-\u30ff\u3400-\u9fff"
_TOKEN = re.compile(rf"[^\W_{_JAPANESE}]+|[{_JAPANESE},、]")
_SHORT_FORM = re.compile(r"(?<=\w)['’](?=(?:t|s|m|d|ll|re|ve)\b)|(?<=\be)-(?=mail)")
_UMLAUT = re.compile(r"(?<=[aou])e")
_ACCENT = re.compile(r"[\u0300-\u036f]")
_PIECE = re.compile(r"[^\n]{1,500}\n?|\n")
_JOINT = re.compile(r"(?<=\})(?=[^\s|])|(?<=[^\s|])(?=\{)")  # Japanese items need no space between
_SHORT_GAP = 2


def fold(text: str) -> str:
    """Returns a text without case, width, accents, the `e` of `ue` for `ü`, and the sign in `don't`."""
    text = "".join(map(_remove_accents, _PIECE.findall(text)))
    return _UMLAUT.sub("", _SHORT_FORM.sub("", text))


def _remove_accents(text: str) -> str:
    """Returns a piece of a text without case, width and accents.

    The piece is short, because the accents of one letter are sorted in quadratic time.
    """
    text = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).casefold())
    return unicodedata.normalize("NFC", _ACCENT.sub("", text))


def list_tokens(text: str) -> list[str]:
    """Returns the tokens of a text."""
    return _TOKEN.findall(fold(text))


def is_word(token: str) -> bool:
    """Returns whether a token is no comma."""
    return token not in {",", "、"}


@dataclass(frozen=True, slots=True)
class Match:
    """A phrase in a text: what it means, and its first token and the one after its last."""

    meaning: str
    start: int
    end: int

    @property
    def span(self) -> range:
        """The positions of its tokens."""
        return range(self.start, self.end)


@dataclass(frozen=True, slots=True)
class _Phrase:
    meaning: str
    items: tuple[tuple[str, int], ...]
    """Each item and how many tokens may be before it."""


@dataclass(slots=True)
class Phrases:
    """The phrases of one language.

    Args:
        words: The words of each class.
        phrases: The phrases of each meaning.
        reach: The most tokens in a gap.
        corrected: Words that are also found with one wrong, missing, doubled or swapped letter.
    """

    words: Mapping[str, Collection[str]]
    phrases: Mapping[str, Collection[str]]
    reach: int
    corrected: Collection[str] = ()
    _by_item: dict[str, list[_Phrase]] = field(init=False, default_factory=lambda: defaultdict(list))
    _expressions: dict[str, list[tuple[tuple[str, ...], str]]] = field(
        init=False, default_factory=lambda: defaultdict(list)
    )
    _typos: dict[str, str] = field(init=False, default_factory=dict)
    _lengths: set[int] = field(init=False, default_factory=set)
    """How long a word with a typo can be."""
    _stems: set[tuple[int, bool]] = field(init=False, default_factory=set)
    """How long the known part of a first word with a `*` is, and whether it is the beginning."""

    def __post_init__(self) -> None:
        """Prepares the search."""
        items = set[str]()
        for meaning, phrases in self.phrases.items():
            for phrase in phrases:
                parsed = _Phrase(meaning, tuple(self._read_items(phrase)))
                self._by_item[parsed.items[0][0]].append(parsed)
                items |= {item for item, _ in parsed.items}
        for item in items:
            for expression in {each for part in item.split("|") for each in self._expand(part)}:
                first, *rest = (word.strip() for word in _split(expression))
                self._expressions[first].append((tuple(rest), item))
                if "*" in first:
                    self._stems.add((len(first) - 1, first.endswith("*")))
        for word in map(fold, self.corrected):
            self._typos |= dict.fromkeys(_shorten(word), word)
            self._lengths |= {len(word) - 1, len(word), len(word) + 1}

    def find(self, tokens: Sequence[str]) -> list[Match]:
        """Returns all phrases in the tokens of a text."""
        tokens = [self._correct(token) for token in tokens]
        ends = [self._find_items(tokens, start) for start in range(len(tokens))]
        return [
            Match(phrase.meaning, start, end)
            for start, items in enumerate(ends)
            for item in items
            for phrase in self._by_item.get(item, ())
            for end in self._find_ends(phrase, ends, start)
        ]

    def _read_items(self, phrase: str) -> Iterator[tuple[str, int]]:
        gap = 0
        for item in _JOINT.sub(" ", phrase).split():
            if item in {"..", "..."}:
                gap = _SHORT_GAP if item == ".." else self.reach
            else:
                yield item, gap
                gap = 0

    def _expand(self, part: str) -> Iterable[str]:
        return self.words[part[1:-1]] if part.startswith("{") else (part.replace("_", " "),)

    def _correct(self, token: str) -> str:
        if len(token) not in self._lengths or token in self._expressions:
            return token
        return next((self._typos[part] for part in _shorten(token) if part in self._typos), token)

    def _find_items(self, tokens: Sequence[str], start: int) -> dict[str, set[int]]:
        """Returns the items that begin at a token, and where each ends."""
        found: dict[str, set[int]] = {}
        token = tokens[start]
        keys = [
            token,
            *(_cut(token, size, begins=begins) for size, begins in self._stems if size <= len(token)),
        ]
        for rest, item in (each for key in keys for each in self._expressions.get(key, ())):
            end = start + 1 + len(rest)
            if all(map(_is_like, rest, tokens[start + 1 : end])) and end <= len(tokens):
                found.setdefault(item, set()).add(end)
        return found

    def _find_ends(self, phrase: _Phrase, ends: Sequence[Mapping[str, set[int]]], start: int) -> set[int]:
        reached = ends[start][phrase.items[0][0]]
        for item, gap in phrase.items[1:]:
            starts = {at for end in reached for at in range(end, min(end + gap + 1, len(ends)))}
            reached = {end for at in starts for end in ends[at].get(item, ())}
        return reached


def _split(expression: str) -> list[str]:
    """Returns the tokens of an expression. A token keeps its `*`."""
    return re.findall(rf"\*?[^\W_{_JAPANESE}]+\*?|[{_JAPANESE},、]", fold(expression))


def _cut(token: str, size: int, *, begins: bool) -> str:
    """Returns the beginning or the end of a token, as an expression has it."""
    return f"{token[:size]}*" if begins else f"*{token[-size:]}"


def _is_like(word: str, token: str) -> bool:
    if "*" not in word:
        return token == word
    size = len(word) - 1
    return len(token) >= size and _cut(token, size, begins=word.endswith("*")) == word


def _shorten(word: str) -> list[str]:
    """Returns a word, and the rest of it without each letter. Two words with one typo between share one."""
    return [word, *(word[:at] + word[at + 1 :] for at in range(len(word)))]
