"""Reads and checks the words by which Heed reads mails: `mail/<language>.toml` and `mail/topics.toml`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from brand_compiler.document import Document
from brand_compiler.reader import TomlReader
from heed.domain.mailbox.mail_words import LineKind, Meaning
from heed.domain.mailbox.phrases import list_tokens

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from brand_compiler.fault import Faults

_CLASS = re.compile(r"\{([^{}]*)\}")
_TOPICS = "topics"


def read_mail_words(
    files: Mapping[str, Path], topics: Iterable[Mapping[str, Any]], faults: Faults
) -> dict[str, Any]:
    """Returns the words as JSON for `heed.domain.mailbox.mail_words.MailWords.from_document`.

    It adds a fault for each key that is missing, unknown or of the wrong type, and for each phrase that no
    mail can have.

    Args:
        files: The file of each language, and that of the topics.
        topics: The topics of the catalogue. A mail may name a topic that is marketing. A topic that only
            `topics.toml` has is left out.
        faults: Where to add the faults.
    """
    languages = {
        name: _read_language(TomlReader(Document(file, faults)))
        for name, file in sorted(files.items())
        if name != _TOPICS
    }
    words = Document(files[_TOPICS], faults).data if _TOPICS in files else {}
    named = {
        topic["name"]: sorted({*topic["names"].values(), *words.get(topic["name"], ())})
        for topic in topics
        if topic["kind"] == "marketing"
    }
    return {"languages": languages, "topics": named}


def _read_language(root: TomlReader) -> dict[str, Any]:
    reach = root.number("reach")
    words = _read_words(root.table("words")) if root.has("words") else {}
    phrases = {}
    for meaning in Meaning:
        if root.has(meaning) and (section := root.table(meaning)):
            phrases[meaning] = _read_phrases(section, "phrases", words)
            section.check_all_read()
    spelling = root.table("spelling") if root.has("spelling") else None
    quotation = root.table("quotation") if root.has("quotation") else None
    lines = {}
    for kind in LineKind:
        if quotation and quotation.has(kind):
            lines[kind] = _read_phrases(quotation, kind, words)
    headers = quotation.texts("headers") if quotation else []
    corrected = spelling.texts("words") if spelling else []
    for table in (root, spelling, quotation):
        if table:
            table.check_all_read()
    return {
        "reach": reach,
        "words": words,
        "phrases": phrases,
        "spelling": corrected,
        "headers": headers,
        "lines": lines,
    }


def _read_words(table: TomlReader | None) -> dict[str, list[str]]:
    return {name: table.texts(name) for name in table.names} if table else {}


def _read_phrases(table: TomlReader, name: str, classes: Collection[str]) -> list[str]:
    """Returns the phrases of a list. A phrase with an unknown class or without a word is a fault."""
    phrases = table.texts(name)
    for phrase in phrases:
        unknown = [each for each in _CLASS.findall(phrase) if each not in classes]
        if unknown:
            table.add_fault(f"`{phrase}`: there is no `{unknown[0]}` in [words]", name)
        elif set("{}") & set(_CLASS.sub("", phrase)):
            table.add_fault(f"`{phrase}`: a class of words is a name in braces", name)
        elif not all(map(list_tokens, re.split(r"[\s|]+", phrase.replace(".", "").strip()))):
            table.add_fault(f"`{phrase}`: an item has no word", name)
    return phrases
