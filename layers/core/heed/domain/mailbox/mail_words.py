"""The words by which Heed reads mails. The brand has them as data: `layers/brand/mail/<language>.toml`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from heed.domain.mailbox.phrases import Match, Phrases, fold, is_word, list_tokens

_MAX_TEXT = 2_000
"""The characters of a text by which its language is recognised."""


class Meaning(StrEnum):
    """What a word or a phrase in a sentence means."""

    POLITE = "polite"
    """A greeting or a closing. A name may follow it."""
    IGNORED = "ignored"
    """It changes nothing: grammar, thanks."""
    REASON = "reason"
    """A reason in words that also occur in requests, such as `i never signed up`."""
    UNSUBSCRIBE = "unsubscribe"
    """An opt-out by itself."""
    STOP = "stop"
    REMOVE = "remove"
    NOT = "not"
    WANT = "want"
    RECEIVE = "receive"
    SEND = "send"
    CONTACT = "contact"
    """To send mail. `SEND` may also be about a parcel."""
    MAIL = "mail"
    LIST = "list"
    MARKETING = "marketing"
    """It names marketing mail for certain. Also listed as what it means otherwise."""
    REQUEST = "request"
    """What makes a sentence with a question mark a request, such as `could you`."""
    AND = "and"
    """It begins another clause."""
    REPORT = "report"
    """It tells what happens, in words that also occur in requests: `you do not send`."""
    RESERVATION = "reservation"
    """It may limit or undo the request beside it: a condition, a joke, another person, address or service."""
    OPT_IN = "opt_in"
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
    QUESTION = "question"
    AUTOMATIC = "automatic"
    """The mail is an answer of a program."""
    OWN_ADDRESS = "own_address"
    """An address in the mail is the sender's own."""


PLAIN_WORDS = frozenset(
    {
        Meaning.POLITE,
        Meaning.IGNORED,
        Meaning.REASON,
        Meaning.UNSUBSCRIBE,
        Meaning.STOP,
        Meaning.REMOVE,
        Meaning.NOT,
        Meaning.WANT,
        Meaning.RECEIVE,
        Meaning.SEND,
        Meaning.CONTACT,
        Meaning.MAIL,
        Meaning.LIST,
        Meaning.MARKETING,
        Meaning.REQUEST,
        Meaning.AND,
        Meaning.REPORT,
    }
)
"""The meanings of the words that a plain opt-out may have."""
_OF_CHILDREN = PLAIN_WORDS | {Meaning.CHILD, Meaning.CHILD_SELF, Meaning.CHILD_ACT, Meaning.ERASURE}
"""The meanings of the words that a child's own report may have."""


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
        child_words: The words of each language that a child's own report may have.
    """

    languages: tuple[str, ...]
    phrases: tuple[Phrases, ...]
    lines: tuple[Phrases, ...]
    headers: frozenset[str]
    topics: Phrases
    child_words: tuple[Phrases, ...]

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
            tuple(Phrases({}, {"known": each.list_words(_OF_CHILDREN)}, 0) for each in phrases),
        )

    def find_matches(self, tokens: Sequence[str]) -> tuple[list[Match], ...]:
        """Returns the phrases of each language in the tokens of a sentence."""
        return tuple(phrases.find(tokens) for phrases in self.phrases)

    def find_language(self, text: str) -> str:
        """Returns the language of a text; "" if no language has phrases for the most tokens of it."""
        tokens = list_tokens(text[:_MAX_TEXT])
        known = [len({at for match in phrases.find(tokens) for at in match.span}) for phrases in self.phrases]
        most = max(known)
        return self.languages[known.index(most)] if known.count(most) == 1 else ""

    def may_be_of_child(self, tokens: Sequence[str]) -> bool:
        """Returns whether one language has all tokens in the words that a child's own report may have."""
        numbers = {at for at, token in enumerate(tokens) if is_word(token)}
        return any(numbers <= {match.start for match in words.find(tokens)} for words in self.child_words)

    def find_lines(self, tokens: Sequence[str]) -> Iterator[LineKind]:
        """Yields the kinds of lines whose phrases the tokens of a line have."""
        return (LineKind(match.meaning) for phrases in self.lines for match in phrases.find(tokens))


def list_plain_words(matches: Sequence[Match], token_count: int) -> tuple[list[Match], list[int]]:
    """Returns the longest plain words of a language in a sentence, and its other tokens.

    A reservation is among the words if it is no plain word, or longer than one.

    Args:
        matches: The phrases of the language in the sentence.
        token_count: The number of tokens of the sentence.
    """
    by_start = dict[int, list[Match]]()
    for match in matches:
        if match.meaning in PLAIN_WORDS or match.meaning == Meaning.RESERVATION:
            by_start.setdefault(match.start, []).append(match)
    plain, unknown, at = list[Match](), list[int](), 0
    while at < token_count:
        end = max((match.end for match in by_start.get(at, ())), default=at)
        longest = [match for match in by_start.get(at, ()) if match.end == end]
        plain += [match for match in longest if match.meaning in PLAIN_WORDS] or longest
        if end == at:
            unknown.append(at)
        at = max(end, at + 1)
    return plain, unknown
