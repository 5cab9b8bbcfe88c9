"""The words by which Heed reads mails. The brand has them as data: `layers/brand/mail/<language>.toml`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from heed.domain.mailbox.phrases import Match, Phrases, fold, is_word, list_tokens

_MAX_WORD = 64
"""The signs of the longest word that a plain opt-out may have."""
_MAX_TEXT = 2_000
"""The characters of a text by which its language is recognised."""


class Meaning(StrEnum):
    """What a phrase in a sentence means."""

    POLITE = "polite"
    """Nothing. The search leaves it out."""
    OPT_OUT = "opt_out"
    OPT_OUT_VAGUE = "opt_out_vague"
    """An opt-out, if the mail is about nothing else."""
    OPT_OUT_ALONE = "opt_out_alone"
    """An opt-out, if the clause has almost nothing else."""
    STOP_ALONE = "stop_alone"
    """Like `OPT_OUT_ALONE`, and an opt-out only if the mail is about nothing else."""
    END = "end"
    """A request to end something: an opt-out, if the mail names mail and is about nothing else."""
    MENTION = "mention"
    """Perhaps an opt-out: a person must decide."""
    ENDING = "ending"
    """It may end something. In a mail that names mail, it may be an opt-out: a person must decide."""
    KEEP = "keep"
    CONDITION = "condition"
    """It makes an opt-out in the same sentence doubtful."""
    UNSURE = "unsure"
    """It makes an opt-out anywhere in the mail doubtful."""
    ABOUT = "about"
    """A question or a report about opting out, and no request."""
    OPT_IN = "opt_in"
    NO_OPT_IN = "no_opt_in"
    """An opt-in that the sender does not want. A person must decide what it is."""
    CHILD = "child"
    CHILD_SELF = "child_self"
    """The sender's own age, as a child says it."""
    CHILD_ACT = "child_act"
    """What a child did, or what a parent requests. A child report has it beside `CHILD`."""
    ERASURE = "erasure"
    ACCESS = "access"
    COMPLAINT = "complaint"
    OTHER_MATTER = "other_matter"
    """Something else that can end, such as an order or an appointment."""
    MAIL = "mail"
    """It names mail."""
    MARKETING = "marketing"
    """It names marketing mail, or a list of its recipients."""
    REPEATED = "repeated"
    """The sender made the request before. The subject of a reply is then the sender's own."""
    QUESTION = "question"
    REQUEST = "request"
    """What makes a sentence with a question mark a request, such as `could you`."""
    ONLY = "only"
    """The opt-out is limited to the topics that the mail names."""
    ALL = "all"
    AUTOMATIC = "automatic"
    """The mail is an answer of a program."""
    OWN_ADDRESS = "own_address"
    """An address in the mail is the sender's own."""


_OF_REQUESTS = frozenset(
    {
        Meaning.POLITE,
        Meaning.OPT_OUT,
        Meaning.OPT_OUT_VAGUE,
        Meaning.OPT_OUT_ALONE,
        Meaning.STOP_ALONE,
        Meaning.END,
        Meaning.MENTION,
        Meaning.MAIL,
        Meaning.MARKETING,
        Meaning.REPEATED,
        Meaning.REQUEST,
        Meaning.ALL,
    }
)
"""The meanings of a plain opt-out."""
_OF_CHILDREN = _OF_REQUESTS | {Meaning.CHILD, Meaning.CHILD_SELF, Meaning.CHILD_ACT, Meaning.ERASURE}
"""The meanings of a child's own report."""
_KANA = re.compile(r"[\u3040-\u309f]")
"""A sign of Japanese grammar. It is in most words."""


class LineKind(StrEnum):
    """What a line is that the sender did not compose."""

    WROTE = "wrote"
    ORIGINAL = "original"
    DEVICE = "device"
    FOOTER = "footer"
    CONFIDENTIAL = "confidential"


@dataclass(frozen=True, slots=True)
class MailWords:
    """The words of all languages.

    Attributes:
        languages: The codes of the languages.
        phrases: The phrases of each language, whose meanings are of `Meaning`.
        lines: The phrases of each language by which a line is recognised, whose meanings are of `LineKind`.
        headers: The folded names of the headers at the top of a quoted mail, in all languages.
        topics: The phrases that name a topic, whose meanings are names of topics.
        plain_words: The words of each language that a plain opt-out may have.
        child_words: The words of each language that a child's own report may have.
    """

    languages: tuple[str, ...]
    phrases: tuple[Phrases, ...]
    lines: tuple[Phrases, ...]
    headers: frozenset[str]
    topics: Phrases
    plain_words: tuple[frozenset[str], ...]
    child_words: tuple[frozenset[str], ...]

    @classmethod
    def from_document(cls, data: Mapping[str, Any]) -> MailWords:
        """Returns the words of the compiled file, which brand_compiler.build has checked."""
        languages = data["languages"].values()
        phrases = tuple(
            Phrases(each["words"], each["phrases"], each["reach"], each["spelling"]) for each in languages
        )
        return cls(
            tuple(data["languages"]),
            phrases,
            tuple(Phrases(each["words"], each["lines"], each["reach"]) for each in languages),
            frozenset(fold(name) for each in languages for name in each["headers"]),
            Phrases({}, data["topics"], 0),
            tuple(each.list_words(_OF_REQUESTS) for each in phrases),
            tuple(each.list_words(_OF_CHILDREN) for each in phrases),
        )

    def find_matches(self, tokens: Sequence[str]) -> list[Match]:
        """Returns the phrases of all languages in the tokens of a sentence."""
        return [match for phrases in self.phrases for match in phrases.find(tokens)]

    def find_language(self, text: str) -> str:
        """Returns the language of a text; "" if no language has phrases for the most tokens of it."""
        tokens = list_tokens(text[:_MAX_TEXT])
        known = [len({at for match in phrases.find(tokens) for at in match.span}) for phrases in self.phrases]
        most = max(known)
        return self.languages[known.index(most)] if known.count(most) == 1 else ""

    def is_plain(self, tokens: Sequence[str], *, of_child: bool) -> bool:
        """Returns whether one language has all tokens in its phrases of an opt-out, or of a child."""
        known = self.child_words if of_child else self.plain_words
        return any(
            all(_is_among(phrases.correct(token), words) for token in tokens)
            for phrases, words in zip(self.phrases, known, strict=True)
        )

    def find_lines(self, tokens: Sequence[str]) -> Iterator[LineKind]:
        """Yields the kinds of lines whose phrases the tokens of a line have."""
        return (LineKind(match.meaning) for phrases in self.lines for match in phrases.find(tokens))


def _is_among(token: str, words: frozenset[str]) -> bool:
    if token in words or _KANA.fullmatch(token) or not is_word(token):
        return True
    parts = range(1, len(token) + 1)
    return len(token) <= _MAX_WORD and any(
        f"{token[:size]}*" in words or f"*{token[-size:]}" in words for size in parts
    )
