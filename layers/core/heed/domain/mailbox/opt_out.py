"""Finds opt-outs in the sentences of a mail: the possible ones, and the plain ones that need no person."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from heed.domain.mailbox.mail_words import MailWords, Meaning
from heed.domain.mailbox.phrases import Match, fold, is_word

_NAME = re.compile(r"[A-ZÀ-ÖØ-Þ](?:\.|[^\W\d_A-Z]*[^\W\d_A-Z][\w'’-]*|)|[\u3400-\u9fff]{1,4}")
_MAX_NAME = 4
"""The most words of a name, or signs of a Japanese one."""

_ENDS = frozenset({Meaning.STOP, Meaning.REMOVE})
_ENDING = _ENDS | {Meaning.UNSUBSCRIBE}
_MAILS = frozenset({Meaning.MAIL, Meaning.LIST, Meaning.CONTACT, Meaning.SEND})
_ACTS = _ENDS | {Meaning.UNSUBSCRIBE, Meaning.NOT, Meaning.WANT, Meaning.SEND, Meaning.CONTACT}
_OF_NAMES = frozenset({Meaning.POLITE, Meaning.REQUEST, Meaning.AND})
"""What a sentence with a name may have."""
_CLEAR = frozenset({Meaning.UNSUBSCRIBE, Meaning.MAIL, Meaning.CONTACT})
"""What names mail even in a reply to a mail about an order."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a mail.

    Attributes:
        text: The sentence.
        tokens: Its tokens.
        meanings: What its words and phrases mean.
        is_question: Whether it asks something and requests nothing.
        begins_paragraph: Whether an empty line is before it.
    """

    text: str
    tokens: Sequence[str]
    meanings: frozenset[Meaning]
    is_question: bool
    begins_paragraph: bool


def may_opt_out(sentences: Sequence[Sentence], *, must_name_mail: bool) -> bool:
    """Returns whether a sentence of a mail may end marketing mail. A person decides.

    Args:
        sentences: The sentences of the mail.
        must_name_mail: Whether the mail is about another matter, so that the sentence must name mail.
    """
    return any(_may_end_mail(each.meanings, must_name_mail=must_name_mail) for each in sentences if not each.is_question)


def _may_end_mail(meanings: frozenset[Meaning], *, must_name_mail: bool) -> bool:
    names_mail = not meanings.isdisjoint(_MAILS)
    if Meaning.REPORT in meanings:
        meanings -= {Meaning.UNSUBSCRIBE, Meaning.NOT}
    if (must_name_mail and not names_mail) or Meaning.OTHER_MATTER in meanings:
        return Meaning.UNSUBSCRIBE in meanings and not must_name_mail
    if meanings & (_ENDS | {Meaning.UNSUBSCRIBE, Meaning.ENOUGH}):
        return True
    if Meaning.NOT in meanings and (Meaning.RECEIVE not in meanings or Meaning.WANT in meanings):
        return names_mail or Meaning.WANT in meanings  # who receives no mail misses it
    return False


def find_plain_opt_out(
    sentences: Sequence[Sentence], words: MailWords, *, is_about_other: bool
) -> frozenset[str] | None:
    """Returns the topics of an opt-out whose words are all plain in one language; none means all marketing.

    Returns None if a person must decide.

    Args:
        sentences: The sentences of the mail.
        words: The words to read by.
        is_about_other: Whether the mail replies to one about another matter, such as an order.
    """
    for language in range(len(words.languages)):
        requests = _find_requests(sentences, words, language, is_about_other=is_about_other)
        if requests:
            return _find_topics(requests, words)
    return None


def _find_requests(
    sentences: Sequence[Sentence], words: MailWords, language: int, *, is_about_other: bool
) -> list[tuple[Sentence, list[Match]]]:
    """Returns the sentences that request an opt-out; none if a sentence has other words or contradicts it."""
    requests = list[tuple[Sentence, list[Match]]]()
    named, is_after_polite = set[Meaning](), False
    for sentence in sentences:
        matches, unknown = words.list_plain_words(sentence.tokens, language)
        meanings = {Meaning(each.meaning) for each in matches}
        is_signed = is_after_polite or Meaning.POLITE in meanings or sentence.begins_paragraph
        if unknown and not (is_signed and _is_name(sentence, matches, unknown)):
            return []
        is_after_polite = Meaning.POLITE in meanings and meanings.isdisjoint(_ACTS)
        for clause in _list_clauses(matches):
            meant = {Meaning(match.meaning) for match in clause}
            if meant & _ACTS:
                ends = {tuple(sentence.tokens[at] for at in match.span) for match in clause if match.meaning in _ENDING}
                if sentence.is_question or not _ends_mail(meant, len(ends)):
                    return []
                requests.append((sentence, matches))
            named |= meant - ({Meaning.STOP} if Meaning.QUESTION in sentence.meanings else set())
    if is_about_other:
        return requests if named & _CLEAR else []
    return requests if named & (_CLEAR | _MAILS | {Meaning.STOP}) else []


def _ends_mail(clause: set[Meaning], ends: int) -> bool:
    """Returns whether a clause of plain words ends mail. Two ends, or an end and a negation, may keep it.

    Args:
        clause: What its words mean.
        ends: How many different words of it end something.
    """
    if Meaning.REPORT in clause or (Meaning.RECEIVE in clause and not clause & {Meaning.WANT, Meaning.REMOVE}):
        return False
    if Meaning.NOT in clause:
        return not ends and bool(clause & {Meaning.WANT, Meaning.SEND, Meaning.CONTACT})
    return ends == 1


def _list_clauses(matches: Sequence[Match]) -> Iterator[list[Match]]:
    """Yields the words between two commas or conjunctions."""
    clause = list[Match]()
    for match in matches:
        if match.meaning == Meaning.AND:
            yield clause
            clause = []
        else:
            clause.append(match)
    yield clause


def _is_name(sentence: Sentence, matches: Sequence[Match], unknown: Sequence[int]) -> bool:
    """Returns whether a sentence has a name, and nothing else but a greeting or a closing."""
    if len(unknown) > _MAX_NAME or any(match.meaning not in _OF_NAMES for match in matches):
        return False
    names = {sentence.tokens[at] for at in unknown}
    parts = re.findall(r"[\w'’.-]+", sentence.text)
    return all(_NAME.fullmatch(part.rstrip(".")) for part in parts if not names.isdisjoint(re.findall(r"\w", fold(part)) + [fold(part.strip("."))]))


def _find_topics(requests: Sequence[tuple[Sentence, list[Match]]], words: MailWords) -> frozenset[str]:
    """Returns the topics that requests are limited to; none if one of them names other mail or no topic."""
    named = frozenset[str]()
    for sentence, matches in requests:
        topics = words.topics.find(sentence.tokens)
        covered = {at for topic in topics for at in topic.span}
        if not topics or any(
            match.meaning in {Meaning.MAIL, Meaning.LIST} and covered.isdisjoint(match.span) for match in matches
        ):
            return frozenset()
        named |= {topic.meaning for topic in topics}
    return named
