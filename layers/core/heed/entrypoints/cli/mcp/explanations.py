"""Explains a reason, an error, an alarm or a word of Heed, from the texts of the documents in this package.

`explanations.json` is generated from the documents by `python -m tests.explanations`.
"""

from __future__ import annotations

import json
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from heed.entrypoints.cli.mcp.reasons import MEANINGS

_FILE = "explanations.json"
_MAX_SUGGESTIONS = 10
_PREFIXES = ("urn:heed:problem:", "alarm:", "alarm-")


class Explanation(NamedTuple):
    """The text about one word.

    Attributes:
        kind: What the word is: reason, error, job-error, alarm or term.
        name: The word, as the documents have it.
        text: What the documents say about it.
    """

    kind: str
    name: str
    text: str


def find_explanations(word: str) -> list[Explanation]:
    """Returns all explanations of a word. Case, spaces, hyphens and underscores do not count."""
    return [each for each in _all_explanations() if _to_key(word) in _keys_of(each)]


def suggest_words(word: str) -> list[str]:
    """Returns the words that are spelled like this one or contain it, the nearest first."""
    names = {key: each.name for each in _all_explanations() for key in _keys_of(each)}
    key = _to_key(word)
    near = get_close_matches(key, names, _MAX_SUGGESTIONS)
    containing = [name for name in names if key and key in name]
    return list(dict.fromkeys(names[name] for name in (*near, *containing)))[:_MAX_SUGGESTIONS]


@cache
def _all_explanations() -> tuple[Explanation, ...]:
    rows = json.loads(files(__package__).joinpath(_FILE).read_text("utf-8"))
    reasons = (Explanation("reason", name, text) for name, text in MEANINGS.items())
    return (*reasons, *(Explanation(row["kind"], row["name"], row["text"]) for row in rows))


def _keys_of(explanation: Explanation) -> set[str]:
    """Returns the words of an explanation: the glossary has some with a common meaning, `link, token`."""
    return {_to_key(name) for name in explanation.name.split(", ")}


def _to_key(word: str) -> str:
    key = word.strip().strip("`").casefold()
    for prefix in _PREFIXES:
        key = key.removeprefix(prefix)
    return "-".join(key.replace("_", " ").replace("-", " ").split())
