"""Reads what a person wants from the subject and the new text of a mail.

It reads sentence by sentence. An opt-out is certain only if one sentence requests it plainly and no other
sentence contradicts it. Everything else that may be an opt-out is doubtful, and a person decides.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile

from heed.domain.mailbox.mail_words import MailWords, Meaning
from heed.domain.mailbox.phrases import Match, is_word, list_tokens

_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"'|@]{1,64}@[^\s<>()\[\],;:\"'|@]{1,255}")
_WRAPPED = re.compile(r"(?<=[^\n]{60})\n(?=[^\n])")
_SENTENCE = re.compile(r"[^.!?;…\n\u3002\uff01\uff1f]+[.!?;…\u3002\uff01\uff1f]*")
_QUESTION = re.compile(r"[?\uff1f]")
_REPLY = re.compile(
    r"\s*(?:re|aw|sv|antw?|ref|rif|r|res|odp|rv|fwd?|wg|tr|enc|i|vs|返信|転送)(?:\[\d+\])?\s*[:\uff1a]",
    re.IGNORECASE,
)
_NAME = re.compile(r"[^\W\d_][\w.,'’-]{0,30}(?: [^\W\d_a-zß-ÿ][\w.'’-]{0,30}){0,3}")
"""Words with capitals, the first of which may be a closing."""
_MAX_READ = 8_192
"""The characters of a text that are read. Nobody opts out plainly in more."""
_FEW = 3
"""The most tokens that a clause may have besides a phrase that must be alone in it."""


class IntentKind(StrEnum):
    """What a person wants. A mail with several is of the first of them."""

    CHILD_REPORT = "child-report"
    ERASURE = "erasure"
    OPT_OUT = "opt-out"
    ACCESS = "access"
    OPT_IN = "opt-in"
    COMPLAINT = "complaint"
    QUESTION = "question"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class MailIntent:
    """What a person wants.

    Attributes:
        kind: The first kind of the mail.
        others: Its other kinds. A person should see them, as Heed acts on the opt-out only.
        topics: The names of the topics that an opt-out is limited to. Without any it is about all marketing.
        doubtful: Whether a person must decide. A doubtful opt-out contradicts itself, depends on a condition,
            or is about another address.
        plain: Whether each word of an opt-out is one of a plain opt-out. Only then does it need no person,
            because a mail with other words may be about something else. Beside a request for erasure, any
            words will do: that person wants no marketing.
        by_child: Whether a child reports itself, in plain words. Of any other report, a person must decide
            whose address it is about.
    """

    kind: IntentKind
    others: frozenset[IntentKind] = frozenset()
    topics: frozenset[str] = frozenset()
    doubtful: bool = False
    plain: bool = True
    by_child: bool = False


_CHILD = {Meaning.CHILD, Meaning.CHILD_ACT}
_NEEDED = {
    IntentKind.CHILD_REPORT: _CHILD,
    IntentKind.ERASURE: {Meaning.ERASURE},
    IntentKind.ACCESS: {Meaning.ACCESS},
    IntentKind.OPT_IN: {Meaning.OPT_IN},
    IntentKind.COMPLAINT: {Meaning.COMPLAINT},
    IntentKind.QUESTION: {Meaning.QUESTION},
}
"""The meanings that a mail has for a kind. An opt-out has rules of its own."""

_ALONE = {Meaning.OPT_OUT_ALONE, Meaning.STOP_ALONE}
_OPT_OUTS = {Meaning.OPT_OUT, Meaning.OPT_OUT_VAGUE, Meaning.END, Meaning.MENTION} | _ALONE
_UNNAMED = {Meaning.OPT_OUT_VAGUE, Meaning.END}
"""What does not say what has to end."""
_ABOUT_MAIL = {Meaning.MAIL, Meaning.MARKETING}
_OF_REPLY_SUBJECT = {Meaning.AUTOMATIC, Meaning.MENTION, Meaning.OTHER_MATTER}
_DOUBTS = {Meaning.KEEP, Meaning.OPT_IN, Meaning.UNSURE}
_OTHER_MATTERS = {Meaning.OTHER_MATTER, Meaning.ERASURE}
"""Beside these, an opt-out must name what has to end."""
_WITHIN_REQUEST = {
    Meaning.MAIL,
    Meaning.MARKETING,
    Meaning.OTHER_MATTER,
    Meaning.ERASURE,
    Meaning.OWN_ADDRESS,
    Meaning.CONDITION,
    Meaning.UNSURE,
    Meaning.REQUEST,
}
"""What counts although it is a part of the phrase of an opt-out."""
_OF_OWN_ADDRESS = {IntentKind.ERASURE, IntentKind.OPT_OUT, IntentKind.ACCESS, IntentKind.OPT_IN}


@dataclass(frozen=True, slots=True)
class _Sentence:
    """What a sentence means, the topics that it names, and whether it has next to no words."""

    meanings: frozenset[Meaning]
    topics: frozenset[str]
    is_short: bool = False


def read_intent(subject: str, text: str, sender: str, words: MailWords) -> MailIntent:
    """Returns what a person wants.

    Args:
        subject: The subject of the mail. That of a reply or of a forwarded mail is not the sender's. It makes
            no more than a doubtful opt-out.
        text: The new text, as `new_text` returns it.
        sender: The address of the sender. An opt-out that names another address is doubtful.
        words: The words to read by.
    """
    title = [_read_sentence(each, words) for each in _list_sentences(subject[:_MAX_READ])]
    body = [_read_sentence(each, words) for each in _list_sentences(text[:_MAX_READ])]
    if _REPLY.match(subject) and not any(Meaning.REPEATED in each.meanings for each in body):
        # "Stop." is about the mail that it replies to.
        kept = _OF_REPLY_SUBJECT - ({Meaning.OTHER_MATTER} if all(each.is_short for each in body) else set())
        title = [_Sentence(each.meanings & kept, frozenset()) for each in title]
    sentences = [*title, *body]
    meanings = frozenset[Meaning]().union(*(sentence.meanings for sentence in sentences))
    if Meaning.NO_OPT_IN in meanings:  # who refuses to be signed up requests no opt-in elsewhere in the mail
        meanings -= {Meaning.OPT_IN}
    has_context = not meanings.isdisjoint(_ABOUT_MAIL) or all(each.is_short for each in body)
    opt_outs = [each for each in sentences if _opts_out(each, meanings, has_context=has_context)]
    kinds = {kind for kind, needed in _NEEDED.items() if needed <= meanings}
    is_mentioned = Meaning.MENTION in meanings or (
        Meaning.OPT_OUT_VAGUE in meanings and Meaning.OTHER_MATTER not in meanings
    )
    may_end_mail = (
        Meaning.ENDING in meanings
        and not meanings.isdisjoint(_ABOUT_MAIL)
        and meanings.isdisjoint({Meaning.ABOUT, Meaning.KEEP})
    )
    is_unclear = not opt_outs and (
        (is_mentioned and kinds <= {IntentKind.QUESTION})
        or (may_end_mail and kinds <= {IntentKind.COMPLAINT})
    )
    if opt_outs or is_unclear:
        kinds.add(IntentKind.OPT_OUT)
    if Meaning.AUTOMATIC in meanings:
        return MailIntent(IntentKind.OPT_OUT if opt_outs else IntentKind.OTHER, doubtful=bool(opt_outs))
    kind = next((each for each in IntentKind if each in kinds), IntentKind.OTHER)
    topics = _find_topics(opt_outs, sentences)
    doubts = _DOUBTS - {Meaning.KEEP} if topics else _DOUBTS
    contradicts = bool(opt_outs and meanings & doubts)
    is_kept = Meaning.KEEP in meanings and kind in {IntentKind.QUESTION, IntentKind.OTHER}
    of_others = kind in _OF_OWN_ADDRESS and _names_other(f"{subject} {text}", sender, meanings)
    is_doubtful = is_unclear or contradicts or is_kept or of_others
    may_be_by_child = (
        kind is IntentKind.CHILD_REPORT
        and Meaning.CHILD_SELF in meanings
        and Meaning.QUESTION not in meanings
    )
    is_plain = not opt_outs
    by_child = False
    if (opt_outs or may_be_by_child) and len(text) <= _MAX_READ:
        own_words = _list_words("" if any(each in opt_outs for each in body) else subject, text, words)
        is_plain = is_plain or IntentKind.ERASURE in kinds or words.is_plain(own_words, of_child=False)
        by_child = may_be_by_child and words.is_plain(own_words, of_child=True)
    return MailIntent(kind, frozenset(kinds - {kind}), topics, is_doubtful, is_plain, by_child)


def _opts_out(sentence: _Sentence, mail: frozenset[Meaning], *, has_context: bool) -> bool:
    """Returns whether a sentence requests an opt-out, given what else the mail means.

    Args:
        sentence: The sentence.
        mail: What all sentences of the mail mean.
        has_context: Whether the mail names mail, or is too short to be about something else.
    """
    is_only_matter = mail.isdisjoint(_OTHER_MATTERS) and not mail >= _CHILD
    if Meaning.OPT_OUT in sentence.meanings:
        if sentence.meanings & _OTHER_MATTERS or mail >= _CHILD:
            return Meaning.MARKETING in sentence.meanings
        return is_only_matter or not sentence.meanings.isdisjoint(_ABOUT_MAIL)
    is_plain = (Meaning.OPT_OUT_VAGUE in sentence.meanings and has_context) or (
        Meaning.END in sentence.meanings and not mail.isdisjoint(_ABOUT_MAIL)
    )
    return is_plain and is_only_matter and mail.isdisjoint({Meaning.COMPLAINT, Meaning.CHILD})


def _list_words(subject: str, text: str, words: MailWords) -> list[str]:
    """Returns the tokens of a mail without the name of its sender at the end."""
    *lines, last = text.rstrip().split("\n")
    closing = lines[-1] if lines else ""
    tokens = list_tokens(last)
    rest = _drop_polite(tokens, words)
    closing_tokens = list_tokens(closing)
    is_after_closing = len(rest) < len(tokens) or (
        bool(closing_tokens) and not _drop_polite(closing_tokens, words)
    )
    if _NAME.fullmatch(last.strip()) and (
        (is_after_closing and len(rest) <= _FEW) or (lines and not closing.strip() and len(tokens) > 1)
    ):
        last = ""
    return [token for line in (subject, *lines, last) for token in list_tokens(line)]


def _drop_polite(tokens: Sequence[str], words: MailWords) -> list[str]:
    """Returns the tokens without those of polite phrases."""
    polite = _cover(words.find_matches(tokens), {Meaning.POLITE})
    return [token for position, token in enumerate(tokens) if position not in polite]


def _list_sentences(text: str) -> list[str]:
    return _SENTENCE.findall(_ADDRESS.sub(" ", _WRAPPED.sub(" ", text)))


def _read_sentence(sentence: str, words: MailWords) -> _Sentence:
    tokens = _drop_polite(list_tokens(sentence), words)
    matches = [match for match in words.find_matches(tokens) if _is_clear(match, tokens)]
    refused = _cover(matches, {Meaning.KEEP, Meaning.ABOUT})
    opt_outs = [match for match in matches if match.meaning in _OPT_OUTS and refused.isdisjoint(match.span)]
    requested = _cover(opt_outs, {Meaning.OPT_OUT, Meaning.OPT_OUT_VAGUE})
    unwanted = _cover(matches, {Meaning.NO_OPT_IN})
    others = (match for match in matches if match.meaning not in _OPT_OUTS)
    rest = (each for each in others if each.meaning in _WITHIN_REQUEST or not requested.issuperset(each.span))
    meanings = {Meaning(match.meaning) for match in (*opt_outs, *rest)}
    if unwanted:
        meanings = meanings - _UNNAMED - {Meaning.OPT_IN} | {Meaning.MENTION}
    if _QUESTION.search(sentence):
        meanings.add(Meaning.QUESTION)
        if len(tokens) <= _FEW and meanings & _OPT_OUTS:
            meanings = meanings - _OPT_OUTS | {Meaning.MENTION}
        unclear = _UNNAMED if Meaning.REQUEST in meanings else _OPT_OUTS
        if meanings & unclear:
            meanings = meanings - unclear | {Meaning.MENTION}
    elif Meaning.OPT_OUT_ALONE in meanings:
        meanings.add(Meaning.OPT_OUT)
    elif Meaning.STOP_ALONE in meanings:
        meanings.add(Meaning.OPT_OUT_VAGUE)
    if Meaning.CONDITION in meanings and meanings & _OPT_OUTS:
        meanings = meanings - _OPT_OUTS | {Meaning.MENTION}
    if meanings >= {
        Meaning.KEEP,
        Meaning.OTHER_MATTER,
    }:  # "keep me informed about my repair" is no contradiction
        meanings -= {Meaning.KEEP, Meaning.OTHER_MATTER, Meaning.OPT_IN}
    topics = frozenset(match.meaning for match in words.topics.find(tokens))
    return _Sentence(frozenset(meanings), topics, len(tokens) <= _FEW + 1)


def _is_clear(match: Match, tokens: Sequence[str]) -> bool:
    """Returns whether the clause of a phrase that must be alone has few other tokens."""
    if match.meaning not in _ALONE:
        return True
    before = tokens[max(match.start - _FEW - 1, 0) : match.start][::-1]
    after = tokens[match.end : match.end + _FEW + 1]
    return sum(len(list(takewhile(is_word, part))) for part in (before, after)) <= _FEW


def _cover(matches: Iterable[Match], meanings: Collection[Meaning]) -> set[int]:
    """Returns the positions of the tokens in the phrases of some meanings."""
    return {position for match in matches if match.meaning in meanings for position in match.span}


def _find_topics(opt_outs: Sequence[_Sentence], sentences: Sequence[_Sentence]) -> frozenset[str]:
    """Returns the topics that an opt-out is limited to. If it is not clearly limited, there are none."""
    named = frozenset[str]().union(*(sentence.topics for sentence in opt_outs))
    if any(Meaning.KEEP in each.meanings and Meaning.ONLY not in each.meanings for each in opt_outs):
        return frozenset()
    is_limited = any(
        Meaning.ONLY in sentence.meanings
        for sentence in sentences
        if sentence.topics or sentence.meanings & _OPT_OUTS
    )
    if is_limited and not named:  # "Your surveys bore me. Stop those only, I like the rest."
        named = named.union(*(each.topics for each in sentences if Meaning.KEEP not in each.meanings))
    if is_limited or all(each.topics and Meaning.ALL not in each.meanings for each in opt_outs):
        return named
    return frozenset()


def _names_other(text: str, sender: str, meanings: Collection[Meaning]) -> bool:
    """Returns whether a text has the address of somebody else."""
    addresses = {address.casefold().rstrip(".") for address in _ADDRESS.findall(text)}
    return bool(addresses - {sender.casefold()}) and Meaning.OWN_ADDRESS not in meanings
