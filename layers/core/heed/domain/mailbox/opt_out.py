"""Finds opt-outs in the sentences of a mail: the possible ones, and the plain ones that need no person."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from heed.domain.mailbox.mail_words import MailWords, Meaning, list_plain_words
from heed.domain.mailbox.phrases import Match, list_tokens

_PART = re.compile(r"[\w'’-]+")
_NAME = re.compile(r"[A-ZÀ-Þ][\w'’-]{0,30}|[\u3005\u3400-\u9fff]{1,4}")
_MAX_NAME = 4
"""The most words of a name, or signs of a Japanese one."""

ENDS = frozenset({Meaning.UNSUBSCRIBE, Meaning.STOP, Meaning.REMOVE})
_MAILS = frozenset({Meaning.MAIL, Meaning.LIST, Meaning.CONTACT, Meaning.SEND})
_ACTS = ENDS | {Meaning.NOT, Meaning.WANT, Meaning.SEND, Meaning.CONTACT}
_OF_NAMES = frozenset({Meaning.POLITE, Meaning.REQUEST, Meaning.AND})
"""What a sentence with a name may have."""
_CLEAR = frozenset({Meaning.UNSUBSCRIBE, Meaning.MAIL, Meaning.MARKETING, Meaning.CONTACT})
"""What names mail even in a reply to a mail about an order."""
_OF_REMARKS = frozenset(
    {
        Meaning.POLITE,
        Meaning.IGNORED,
        Meaning.AND,
        Meaning.RECEIVE,
        Meaning.OWN_ADDRESS,
    }
)
"""What a sentence in any words may have beside a plain request, such as "I bought a watch two years ago"."""
_QUOTATION_MARKS = frozenset('"“”„«»「」『』')
_ENDS_OF_SENTENCES = (".", "!", "…", "\u3002", "\uff01")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a mail.

    Attributes:
        text: The sentence.
        tokens: Its tokens.
        matches: Its words and phrases of each language.
        meanings: What they mean, and whether it has a question mark.
        is_question: Whether it asks something and requests nothing.
        begins_paragraph: Whether an empty line is before it.
    """

    text: str
    tokens: Sequence[str]
    matches: Sequence[Sequence[Match]]
    meanings: frozenset[Meaning]
    is_question: bool
    begins_paragraph: bool


def may_opt_out(sentences: Sequence[Sentence], *, must_name_mail: bool) -> bool:
    """Returns whether a sentence of a mail may end marketing mail. A person decides.

    Args:
        sentences: The sentences of the mail.
        must_name_mail: Whether the mail is about another matter, so that the sentence must name mail.
    """
    return any(
        _may_end_mail(each.meanings, must_name_mail=must_name_mail)
        for each in sentences
        if not each.is_question
    )


def _may_end_mail(meanings: frozenset[Meaning], *, must_name_mail: bool) -> bool:
    if Meaning.REPORT in meanings:
        meanings -= {Meaning.UNSUBSCRIBE, Meaning.NOT}
    if Meaning.UNSUBSCRIBE in meanings:
        return True
    names_mail = not meanings.isdisjoint(_MAILS)
    if Meaning.OTHER_MATTER in meanings or (must_name_mail and not names_mail):
        return False
    if meanings & ENDS:
        return True
    is_missed = Meaning.RECEIVE in meanings and Meaning.WANT not in meanings
    return Meaning.NOT in meanings and not is_missed and (names_mail or Meaning.WANT in meanings)


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
        requests = _find_requests(sentences, language, is_about_other=is_about_other)
        if requests:
            return _find_topics(requests, words)
    return None


def _find_requests(
    sentences: Sequence[Sentence], language: int, *, is_about_other: bool
) -> list[tuple[Sentence, list[Match]]]:
    """Returns the sentences that request an opt-out; none if a sentence has other words or contradicts it."""
    requests = list[tuple[Sentence, list[Match]]]()
    named, is_after_polite, has_remark, is_ended = set[Meaning](), False, False, True
    for sentence in sentences:
        matches, unknown = list_plain_words(sentence.matches[language], len(sentence.tokens))
        meanings = {Meaning(match.meaning) for match in matches}
        if Meaning.RESERVATION in meanings:
            return []
        may_have_name = is_after_polite or Meaning.POLITE in meanings or sentence.begins_paragraph
        is_apart = is_after_polite or sentence.begins_paragraph or is_ended
        is_ended = sentence.text.rstrip().endswith(_ENDS_OF_SENTENCES)
        if unknown and not (may_have_name and _is_name(sentence, meanings, unknown)):
            if not (is_apart and is_ended and _is_remark(sentence, matches)):
                return []
            has_remark = True
            continue
        is_after_polite = bool(unknown) or (Meaning.POLITE in meanings and meanings.isdisjoint(_ACTS))
        for clause in _list_clauses(matches):
            meant = {Meaning(match.meaning) for match in clause}
            if meant & _ACTS:
                is_other = sentence.is_question or Meaning.OTHER_MATTER in sentence.meanings
                if is_other or not _ends_mail(meant):
                    return []
                requests.append((sentence, matches))
            if meant >= {Meaning.NOT, Meaning.WANT, Meaning.RECEIVE}:
                meant.add(Meaning.SEND)  # to receive what is sent
            named |= meant
    if has_remark:
        is_quoted = not all(_QUOTATION_MARKS.isdisjoint(sentence.text) for sentence, _ in requests)
        return requests if Meaning.MARKETING in named and not is_quoted else []
    return requests if named & (_CLEAR if is_about_other else _CLEAR | _MAILS | {Meaning.STOP}) else []


def _is_remark(sentence: Sentence, plain: Sequence[Match]) -> bool:
    """Returns whether a sentence in any words tells a reason, or something else that changes no request.

    It is a whole sentence without any word that acts or that may limit, such as "only". A reason whose phrase
    is known may have a negation: "I never signed up".
    """
    known = {at for match in plain if match.meaning == Meaning.REASON for at in match.span}
    matches = chain.from_iterable(sentence.matches)
    meanings = {match.meaning for match in matches if not known.issuperset(match.span)}
    return meanings <= _OF_REMARKS and Meaning.QUESTION not in sentence.meanings


def _ends_mail(clause: set[Meaning]) -> bool:
    """Returns whether a clause of plain words ends mail. Two ends, or an end and a negation, may keep it."""
    if not clause.isdisjoint({Meaning.REPORT, Meaning.REASON}):
        return False
    if Meaning.RECEIVE in clause and clause.isdisjoint({Meaning.WANT, Meaning.REMOVE}):
        return False
    ends = clause & ENDS
    if Meaning.NOT in clause:
        return not ends and not clause.isdisjoint({Meaning.WANT, Meaning.SEND, Meaning.CONTACT})
    return len(ends) == 1


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


def _is_name(sentence: Sentence, meanings: set[Meaning], unknown: Sequence[int]) -> bool:
    """Returns whether a sentence has a name, and nothing else but a greeting or a closing."""
    if len(unknown) > _MAX_NAME or not meanings <= _OF_NAMES:
        return False
    tokens = {sentence.tokens[at] for at in unknown}
    names = [part for part in _PART.findall(sentence.text) if not tokens.isdisjoint(list_tokens(part))]
    return all(_NAME.fullmatch(name) and (len(name) == 1 or not name.isupper()) for name in names)


def _find_topics(requests: Sequence[tuple[Sentence, list[Match]]], words: MailWords) -> frozenset[str]:
    """Returns the topics that requests are limited to; none if one of them names other mail or no topic."""
    named = frozenset[str]()
    for sentence, matches in requests:
        topics = words.topics.find(sentence.tokens)
        covered = {at for topic in topics for at in topic.span}
        mails = (match for match in matches if match.meaning in {Meaning.MAIL, Meaning.LIST})
        if not topics or any(covered.isdisjoint(match.span) for match in mails):
            return frozenset()
        named |= {topic.meaning for topic in topics}
    return named
