"""The syntax of the project's own files, for the tests that read it."""

from __future__ import annotations

import ast
import functools
from pathlib import Path


@functools.cache
def parse_file(file: Path) -> ast.Module:
    """Returns the syntax of a file. Several tests read all files, and none changes what they share."""
    return ast.parse(file.read_text(encoding="utf-8"))


@functools.cache
def walk(tree: ast.AST) -> tuple[ast.AST, ...]:
    """Returns all nodes of a tree, as `ast.walk` does. Several tests search all files."""
    return tuple(ast.walk(tree))
