"""Reads what a person wants from the subject and the new text of a mail.

It reads sentence by sentence. An opt-out is certain only if one sentence requests it plainly and no other
sentence contradicts it. Everything else that may be an opt-out is doubtful, and a person decides.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from itertools import chain

from heed.domain.mailbox.mail_words import MailWords, Meaning
from heed.domain.mailbox.opt_out import ENDS, Sentence, find_plain_opt_out, may_opt_out
from heed.domain.mailbox.phrases import list_tokens

_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"'|@]{1,64}@[^\s<>()\[\],;:\"'|@]{1,255}")
_WRAPPED = re.compile(r"(?<=[^\n]{60})\n(?=[^\n])")
_SENTENCE = re.compile(r"[^.!?;…\n\u3002\uff01\uff1f]+[.!?;…\u3002\uff01\uff1f]*")
_QUESTION = re.compile(r"[?\uff1f]")
_REPLY = re.compile(
    r"\s*(?:re|aw|sv|antw?|ref|rif|r|res|odp|rv|fwd?|wg|tr|enc|i|vs|返信|転送)(?:\[\d+\])?\s*[:\uff1a]",
    re.IGNORECASE,
)
_EMPTY_LINE = re.compile(r"\n[ \t]*\n")
_MAX_READ = 8_192
"""The characters of a text that are read. Nobody opts out plainly in more."""


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
        doubtful: Whether a person must decide: each opt-out that is not plain, and a mail that names the
            address of somebody else.
        by_child: Whether a child reports itself, in plain words. Of any other report, a person must decide
            whose address it is about.
    """

    kind: IntentKind
    others: frozenset[IntentKind] = frozenset()
    topics: frozenset[str] = frozenset()
    doubtful: bool = False
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
_MARKETING = {Meaning.MAIL, Meaning.LIST}
_REFUSING = {Meaning.NOT, Meaning.STOP, Meaning.REMOVE}
"""In a sentence with these, an opt-in is refused."""
_DOUBTFUL = {Meaning.NOT, Meaning.RESERVATION}
"""In a subject, these may limit or undo an opt-out in the text."""
_CLEARER = {IntentKind.ACCESS, IntentKind.COMPLAINT}
"""Beside these kinds, a possible opt-out must name marketing mail."""
_OF_OWN_ADDRESS = {IntentKind.ERASURE, IntentKind.OPT_OUT, IntentKind.ACCESS, IntentKind.OPT_IN}


def read_intent(subject: str, text: str, sender: str, words: MailWords) -> MailIntent:
    """Returns what a person wants.

    Args:
        subject: The subject of the mail. That of a reply or of a forwarded mail is not the sender's. It makes
            no more than a possible opt-out.
        text: The new text, as `new_text` returns it.
        sender: The address of the sender. An opt-out that names another address is doubtful.
        words: The words to read by.
    """
    title = list(_read_sentences(subject[:_MAX_READ], words))
    body = list(_read_sentences(text[:_MAX_READ], words))
    is_reply = _REPLY.match(subject) is not None
    subject_meanings = frozenset[Meaning]().union(*(each.meanings for each in title))
    own = body if is_reply else [*title, *body]
    meanings = frozenset[Meaning]().union(*(each.meanings for each in own))
    if any(Meaning.OPT_IN in each.meanings and each.meanings & _REFUSING for each in own):
        meanings -= {Meaning.OPT_IN}
    if Meaning.AUTOMATIC in meanings | subject_meanings:
        return MailIntent(IntentKind.OTHER)
    kinds = {kind for kind, needed in _NEEDED.items() if needed <= meanings}
    is_about_other = is_reply and Meaning.OTHER_MATTER in subject_meanings
    find_topics = partial(find_plain_opt_out, words=words, is_about_other=is_about_other)
    if IntentKind.OPT_IN in kinds:  # "I unsubscribed by mistake" beside it requests no opt-out
        is_opt_out = any(find_topics([each]) is not None for each in [*title, *body])
    else:
        names_mail = not meanings.isdisjoint(_MARKETING)
        is_of_other = not kinds.isdisjoint(_CLEARER) or Meaning.OTHER_MATTER in meanings
        is_opt_out = may_opt_out(
            [*title, *body], must_name_mail=is_of_other and not names_mail
        ) or (  # most others opt out
            any(each.tokens for each in body)
            and (
                kinds <= {IntentKind.QUESTION, IntentKind.ERASURE}
                if names_mail
                else kinds <= {IntentKind.QUESTION}
                and Meaning.OTHER_MATTER not in meanings | subject_meanings
                and not (meanings.isdisjoint(ENDS) and any(each.is_question for each in body))
            )
        )
    topics = find_topics(own) if is_opt_out and len(text) <= _MAX_READ else None
    if is_opt_out and topics is None and subject_meanings.isdisjoint(_DOUBTFUL) and len(text) <= _MAX_READ:
        topics = find_plain_opt_out(body, words, is_about_other=True)  # a subject may have any words
    by_child = (
        IntentKind.CHILD_REPORT in kinds
        and Meaning.CHILD_SELF in meanings
        and Meaning.QUESTION not in meanings
        and len(text) <= _MAX_READ
        and all(words.may_be_of_child(each.tokens) for each in own)
    )
    if is_opt_out and not (by_child and topics is None):  # the report of a child stops all marketing
        kinds.add(IntentKind.OPT_OUT)
    kind = next((each for each in IntentKind if each in kinds), IntentKind.OTHER)
    is_doubtful = (IntentKind.OPT_OUT in kinds and topics is None) or (
        kind in _OF_OWN_ADDRESS and _names_other(f"{subject} {text}", sender, meanings)
    )
    return MailIntent(kind, frozenset(kinds - {kind}), topics or frozenset(), is_doubtful, by_child)


def _read_sentences(text: str, words: MailWords) -> Iterator[Sentence]:
    text = _ADDRESS.sub(" ", _WRAPPED.sub(" ", text))
    for found in _SENTENCE.finditer(text):
        sentence = found[0]
        tokens = list_tokens(sentence)
        matches = words.find_matches(tokens)
        meanings = {Meaning(match.meaning) for match in chain.from_iterable(matches)}
        if _QUESTION.search(sentence):
            meanings.add(Meaning.QUESTION)
        yield Sentence(
            sentence,
            tokens,
            matches,
            frozenset(meanings),
            Meaning.QUESTION in meanings and Meaning.REQUEST not in meanings,
            _EMPTY_LINE.search(text, max(found.start() - 4, 0), found.start() + 1) is not None,
        )


def _names_other(text: str, sender: str, meanings: Collection[Meaning]) -> bool:
    """Returns whether a text has the address of somebody else."""
    addresses = {address.casefold().rstrip(".") for address in _ADDRESS.findall(text)}
    return bool(addresses - {sender.casefold()}) and Meaning.OWN_ADDRESS not in meanings
