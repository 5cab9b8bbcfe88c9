"""The names in `Attributes:`, `Args:` and `Raises:` of a docstring exist."""

from __future__ import annotations

import ast
import builtins
import functools
import re
from collections.abc import Iterator
from pathlib import Path

from tests.support.python_files import parse_file, walk

ROOT = Path(__file__).parents[2]
FOLDERS = ("layers/core", "functions", "local", "release", "tests")
_NAMES = re.compile(r"([a-z_*]\w*(?:, \*{0,2}\w+)*)(?: \([^)]*\))?:(?: |$)")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def _described(docstring: str | None, title: str) -> list[str]:
    """Returns the names that a section of a docstring describes.

    A name begins at the indentation of the section. A deeper line continues the line before it.
    """
    lines = (docstring or "").splitlines()
    if f"{title}:" not in lines:
        return []
    names: list[str] = []
    for line in lines[lines.index(f"{title}:") + 1 :]:
        if line and not line.startswith(" "):
            break
        if line.startswith("    ") and not line.startswith("     "):
            match = _NAMES.match(line.strip())
            names += [line.strip()] if match is None else [name.lstrip("*") for name in match[1].split(", ")]
    return names


def _parameters(function: Function) -> set[str]:
    arguments = function.args
    every = [
        *arguments.posonlyargs,
        *arguments.args,
        *arguments.kwonlyargs,
        arguments.vararg,
        arguments.kwarg,
    ]
    return {argument.arg for argument in every if argument is not None}


def _attributes(node: ast.ClassDef) -> set[str]:
    """Returns the fields, constants and properties of a class, and what its methods set on `self`."""
    names: set[str] = set()
    for part in node.body:
        if isinstance(part, ast.AnnAssign | ast.Assign):
            targets = [part.target] if isinstance(part, ast.AnnAssign) else part.targets
            names.update(target.id for target in targets if isinstance(target, ast.Name))
        elif isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(part.name)
            names.update(
                target.attr
                for target in ast.walk(part)
                if isinstance(target, ast.Attribute)
                and isinstance(target.ctx, ast.Store)
                and isinstance(target.value, ast.Name)
                and target.value.id == "self"
            )
    return names


def _bases(tree: ast.Module, node: ast.ClassDef) -> Iterator[ast.ClassDef]:
    """Yields the class, and its base classes in the same module."""
    yield node
    classes = _classes(tree)
    for base in node.bases:
        if isinstance(base, ast.Name) and base.id in classes:
            yield from _bases(tree, classes[base.id])


@functools.cache
def _classes(tree: ast.Module) -> dict[str, ast.ClassDef]:
    return {part.name: part for part in walk(tree) if isinstance(part, ast.ClassDef)}


def wrong_names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yields the line of each class or function whose docstring describes a name that it does not have."""
    for node in walk(tree):
        if isinstance(node, ast.ClassDef):
            known = set().union(*map(_attributes, _bases(tree, node)))
            init = [
                part for part in node.body if isinstance(part, ast.FunctionDef) and part.name == "__init__"
            ]
            sections = {"Attributes": known, "Args": known.union(*map(_parameters, init))}
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            sections = {"Args": _parameters(node)}
        else:
            continue
        docstring = ast.get_docstring(node)
        for title, names in sections.items():
            yield from (
                (node.lineno, f"{node.name}: {title}: {name}")
                for name in _described(docstring, title)
                if name not in names
            )


def unknown_errors(tree: ast.Module, classes: frozenset[str]) -> Iterator[tuple[int, str]]:
    """Yields the line of each docstring that names an error class under `Raises:` that does not exist."""
    for node in walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            _, _, section = (ast.get_docstring(node) or "").partition("Raises:\n")
            for name in re.findall(r"^ {4}([A-Z]\w+(?:, [A-Z]\w+)*):", section, re.MULTILINE):
                yield from ((node.lineno, error) for error in name.split(", ") if error not in classes)


def test_the_errors_that_a_docstring_names_exist() -> None:
    trees = {file: parse_file(file) for folder in FOLDERS for file in (ROOT / folder).rglob("*.py")}
    classes = {node.name for tree in trees.values() for node in walk(tree) if isinstance(node, ast.ClassDef)}
    known = frozenset(classes | set(vars(builtins)) | {"BadParameter"})
    wrong = [
        f"{file.relative_to(ROOT)}:{line}: {name}"
        for file, tree in trees.items()
        for line, name in unknown_errors(tree, known)
    ]
    assert not wrong, "\n".join(wrong)


def test_an_unknown_error_in_a_docstring_is_found() -> None:
    sample = '''
def read() -> None:
    """Reads.

    Raises:
        ValueError: exists.
        Missing, KeyError: one does not exist.
    """
'''
    assert [name for _, name in unknown_errors(ast.parse(sample), frozenset(vars(builtins)))] == ["Missing"]


def test_a_docstring_describes_only_names_that_exist() -> None:
    files = sorted(file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py"))
    assert len(files) > 300
    wrong = [
        f"{file.relative_to(ROOT)}:{line}: {name}"
        for file in files
        for line, name in wrong_names(parse_file(file))
    ]
    assert not wrong, "\n".join(wrong)


def test_a_wrong_name_in_a_docstring_is_found() -> None:
    sample = '''
class Base:
    inherited: int

class Sample(Base):
    """A sample.

    Attributes:
        inherited: comes from the base.
        right: exists. A long line continues here,
            and wrong: this is no name.
        missing: does not exist.
        computed, set_later: exist.
    """

    right: int

    def __init__(self) -> None:
        self.set_later = 1

    @property
    def computed(self) -> int: ...

    def method(self, first: int, *rest: int, second: int) -> None:
        """Does something.

        Args:
            first, rest: exist.
            third: does not exist.
            second, fourth: only one exists.

        Raises:
            ValueError: this is not an argument.
        """
'''
    assert [name for _, name in wrong_names(ast.parse(sample))] == [
        "Sample: Attributes: missing",
        "method: Args: third",
        "method: Args: fourth",
    ]
