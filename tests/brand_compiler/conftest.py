"""The brand of this repository, and a copy of it that tests may change."""

from __future__ import annotations

import functools
import json
import shutil
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import tomlkit
from jinja2 import nodes

from brand_compiler.catalogue import read_catalogue
from brand_compiler.desk import compile_desk
from brand_compiler.expressions import ENVIRONMENT
from brand_compiler.fault import Faults
from brand_compiler.mail_words import read_mail_words
from brand_compiler.pages import PageCompiler
from tests.support.brands import SAMPLE, copy_brand


@pytest.fixture(scope="session", autouse=True)
def _cheaper_builds() -> Iterator[None]:
    """Parses each text once, and compiles each desk once: most builds of these tests have the same ones."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "brand_compiler.document.tomlkit", SimpleNamespace(parse=functools.cache(tomlkit.parse))
        )
        patch.setattr("brand_compiler.build.read_mail_words", _MailWordsReader())
        patch.setattr("brand_compiler.build.compile_desk", _DeskCompiler())
        patch.setattr(PageCompiler, "to_python", _share_python(PageCompiler.to_python))
        yield


def _share_python(to_python: Callable[[PageCompiler, str], str]) -> Callable[[PageCompiler, str], str]:
    """Makes the Python of a page once for the same tree of it, on the same lines, by the same generator."""
    python: dict[object, str] = {}

    def to_python_once(self: PageCompiler, name: str) -> str:
        tree = self.templates[name]
        lines = (node.lineno for node in tree.find_all(nodes.Node))
        key = ENVIRONMENT.code_generator_class, name, repr(tree), *lines
        if key not in python:
            python[key] = to_python(self, name)
        return python[key]

    return to_python_once


class _MailWordsReader:
    """Reads the words of mails unless it read the same files for the same topics without a mistake."""

    def __init__(self) -> None:
        self._read: dict[object, dict[str, Any]] = {}

    def __call__(
        self, files: Mapping[str, Path], topics: list[dict[str, Any]], faults: Faults
    ) -> dict[str, Any]:
        key = json.dumps(topics), *((name, file.read_bytes()) for name, file in sorted(files.items()))
        if key not in self._read:
            own_faults = Faults()
            words = read_mail_words(files, topics, own_faults)
            if not own_faults.is_empty or own_faults.warnings:
                return read_mail_words(files, topics, faults)
            self._read[key] = words
        return self._read[key]


class _DeskCompiler:
    """Compiles a desk unless it was compiled from the same files for the same languages without a mistake.

    Of the texts of the brand it has only the name of each language and the format of its dates.
    """

    def __init__(self) -> None:
        self._compiled: dict[object, dict[str, str]] = {}

    def __call__(self, project: Path, languages: Collection[str], faults: Faults) -> dict[str, str]:
        files = sorted(project.glob("desk/**/*.*"))
        content = ((file.relative_to(project), file.read_bytes()) for file in files)
        formats = ((file.name, _read_format(file.read_bytes())) for file in sorted(project.glob("locales/*")))
        key = (*sorted(languages), *content, *formats)
        if key not in self._compiled:
            self._compiled[key] = compile_desk(project, languages, faults)
        return self._compiled[key]


@functools.cache
def _read_format(content: bytes) -> str:
    sections = tomllib.loads(content.decode())
    return repr([sections.get(name) for name in ("language", "dates")])


@pytest.fixture(scope="session")
def source() -> Path:
    return SAMPLE


@pytest.fixture(scope="session")
def data(source: Path) -> dict[str, Any]:
    """The catalogue of this repository."""
    faults = Faults()
    _, data, _ = read_catalogue([source], faults)
    assert faults.is_empty
    return data


@pytest.fixture
def whole_copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SAMPLE, tmp_path / "brand"))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy in two languages, which is built in a third of the time."""
    return copy_brand(tmp_path / "brand", ["de", "en"])
