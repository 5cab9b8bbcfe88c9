"""Names and docstrings use the words of docs/glossary.md, and each public name has one meaning."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.support.python_files import parse_file, walk

ROOT = Path(__file__).parents[2]
FOLDERS = ("functions", "layers/core", "local", "release", "tests")
PACKAGES = ("layers/core/heed", "layers/core/brand_compiler")

# The forbidden words, each with better words.
FORBIDDEN = {
    "asked": "request, requested",
    "came": "arrived, received",
    "epoch": "erasure, or Unix epoch",
    "epochs": "erasures",
    "said": "the type of the value",
    "spill": "external sort",
    "standing": "active",
    "stands": "is, is active",
    "telling": "notification",
    "tellings": "notifications",
    "told": "notified, reported",
    "unlist": "remove from the SES list",
    "unlisted": "removed from the SES list",
    "unlisting": "removal from the SES list",
    "voiced": "requested",
    "whatever": "a noun",
    "whoever": "a noun, such as caller or recipient",
    "wish": "preference request",
    "wishes": "preference requests",
    "written": "stored, recorded, saved",
}
FORBIDDEN_NAMES = {
    "nobody": "a noun for the missing value",
    "one": "the type of the item",
    "there": "a noun",
}
"""Forbidden names whose words are permitted in longer names and in docstrings."""


SHARED_NAMES = {"Heed": "the parts of a deployment, and its API for a sender: no module needs both"}
"""Public names that two modules may define, each with the reason."""


def files(*folders: str) -> list[Path]:
    return sorted(file for folder in folders for file in (ROOT / folder).rglob("*.py"))


def path_of(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Returns the line and text of each name that a module defines."""
    for node in walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield node.lineno, name
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                yield node.lineno, name
            case ast.Attribute(attr=name, ctx=ast.Store()):
                yield node.lineno, name
            case (
                ast.ExceptHandler(name=str(name))
                | ast.MatchAs(name=str(name))
                | ast.MatchStar(name=str(name))
                | ast.MatchMapping(rest=str(name))
            ):
                yield node.lineno, name
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                yield from ((node.lineno, alias.asname) for alias in aliases if alias.asname)


def docstrings(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Returns the line and text of each docstring of a module, class, function or attribute."""
    for node in walk(tree):
        match node:
            case ast.Expr(value=ast.Constant(value=str(text))):
                yield node.lineno, text


def forbidden_words(words: Iterable[str]) -> list[str]:
    text = " ".join(words).lower().replace("unix epoch", "")
    return [word for word in text.split() if word in FORBIDDEN]


def words_of(name: str) -> list[str]:
    return re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)


def faults_of_names(tree: ast.AST) -> Iterator[str]:
    for line, name in names(tree):
        if name in FORBIDDEN_NAMES:
            yield f"{line}: the name {name}; better: {FORBIDDEN_NAMES[name]}"
        for word in forbidden_words(words_of(name)):
            yield f"{line}: {word} in the name {name}; better: {FORBIDDEN[word]}"


def faults_of_docstrings(tree: ast.AST) -> Iterator[str]:
    """Returns the faults of docstrings. Code in backquotes is ignored, as it may be a value of the API."""
    for line, text in docstrings(tree):
        for word in forbidden_words(re.findall(r"[A-Za-z]+", re.sub(r"`[^`]*`", "", text))):
            yield f"{line}: {word} in a docstring; better: {FORBIDDEN[word]}"


def faults_of(tree: ast.AST) -> list[str]:
    return [*faults_of_names(tree), *faults_of_docstrings(tree)]


def public_names(tree: ast.Module) -> Iterator[str]:
    """Returns the public names that a module defines.

    Type variables are not among them. Before Python 3.12 they can only be defined at module level, so each
    generic module needs its own.
    """
    for node in tree.body:
        match node:
            case (
                ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.AnnAssign(target=ast.Name(id=name))
            ):
                defined = [name]
            case ast.Assign(value=ast.Call(func=ast.Name(id="TypeVar"))):
                defined = []
            case ast.Assign(targets=targets):
                defined = [target.id for target in targets if isinstance(target, ast.Name)]
            case _:
                defined = []
        yield from (name for name in defined if not name.startswith("_"))


def names_with_several_homes(modules: dict[str, ast.Module]) -> dict[str, list[str]]:
    homes = defaultdict(list)
    for module, tree in modules.items():
        for name in public_names(tree):
            homes[name].append(module)
    return {name: where for name, where in homes.items() if len(where) > 1}


def test_no_name_and_no_docstring_has_a_forbidden_word() -> None:
    faults = [f"{path_of(file)}:{fault}" for file in files(*FOLDERS) for fault in faults_of(parse_file(file))]
    assert faults == [], "\n".join(faults)


def test_no_module_or_folder_has_a_forbidden_word() -> None:
    paths = {path_of(file) for file in files(*FOLDERS)}
    assert [path for path in paths if forbidden_words(words_of(path))] == []


def test_each_public_name_is_defined_in_one_module() -> None:
    modules = {path_of(file): parse_file(file) for file in files(*PACKAGES)}
    assert names_with_several_homes(modules).keys() == SHARED_NAMES.keys()


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("def asked(): ...", "asked"),
        ("def parse(asked_for): ...", "asked"),
        ("async def send_wish(): ...", "wish"),
        ("class StandingStop: ...", "standing"),
        ("EPOCH = 0", "epoch"),
        ("said = 1", "said"),
        ("self.told = 1", "told"),
        ("for one in items: ...", "one"),
        ("[there for there in items]", "there"),
        ("with open_file() as written: ...", "written"),
        ("try: ...\nexcept OSError as spill: ...", "spill"),
        ("match event:\n    case [voiced, *_]: ...", "voiced"),
        ("import json as whatever", "whatever"),
        ("lambda came: came", "came"),
        ('"""What the caller asked."""', "asked"),
        ('def f():\n    """Seconds since the epoch."""', "epoch"),
        ('LIMIT = 1\n"""Whoever presses."""', "whoever"),
    ],
)
def test_a_forbidden_word_is_found(source: str, word: str) -> None:
    (fault,) = faults_of(ast.parse(source))
    assert word in fault.lower()


@pytest.mark.parametrize(
    "source",
    [
        '"""Milliseconds since the Unix epoch."""\nUNIX_EPOCH = 0',
        '"""The state is `standing` in the API."""',
        "def read_task(tasked): ...",
        "def understands(outstanding): ...",
        "response = asked(whatever)",
    ],
)
def test_other_words_and_names_of_other_modules_are_accepted(source: str) -> None:
    assert faults_of(ast.parse(source)) == []


def test_a_public_name_of_two_modules_is_found() -> None:
    modules = {
        "a": "LIMIT = 1\ndef parse(): ...",
        "b": "class parse: ...\n_hidden = 1",
        "c": "_hidden: int = 2",
    }
    trees = {module: ast.parse(source) for module, source in modules.items()}
    assert names_with_several_homes(trees) == {"parse": ["a", "b"]}
