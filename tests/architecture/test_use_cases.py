"""Each use case has the form that CONTRIBUTING.md describes."""

from __future__ import annotations

import ast
import collections.abc
import dataclasses
import types
from collections.abc import Iterator
from importlib import import_module
from typing import Any, get_args, get_origin, get_type_hints

import pytest

from heed.domain.mailbox.company_addresses import CompanyAddresses
from heed.domain.mailbox.mail_words import MailWords
from heed.domain.preferences.catalogue import Catalogue
from tests.architecture.test_layers import CORE, sources
from tests.support.python_files import parse_file, walk

PORTS = "heed.use_cases.ports"
GENERIC_TYPES = (
    collections.abc.Callable,
    collections.abc.Mapping,
    types.UnionType,
)  # generic types: their arguments are checked


def _imported() -> set[tuple[str, str]]:
    """Returns the module and name of each use case that the composition root imports."""
    return {
        (node.module, alias.name)
        for file in sources("bootstrap")
        for node in walk(parse_file(file))
        if isinstance(node, ast.ImportFrom) and node.module is not None
        if node.module.startswith("heed.use_cases") and not node.module.startswith(PORTS)
        for alias in node.names
    }


ASSEMBLED = {name: getattr(import_module(module), name) for module, name in sorted(_imported())}


def _called() -> Iterator[str]:
    """Returns the classes of heed/use_cases that have the method `__call__`."""
    for file in sources("use_cases"):
        module = ".".join(file.relative_to(CORE).with_suffix("").parts)
        for node in parse_file(file).body:
            if isinstance(node, ast.ClassDef) and not module.startswith(PORTS):
                methods = [item.name for item in node.body if isinstance(item, ast.FunctionDef)]
                if "__call__" in methods:
                    yield node.name


def test_each_use_case_is_created_in_the_composition_root() -> None:
    assert sorted(_called()) == sorted(ASSEMBLED)


def test_the_composition_root_imports_use_cases_by_their_names() -> None:
    for file in sources("bootstrap"):
        for node in walk(parse_file(file)):
            if isinstance(node, ast.Import):
                assert not any(alias.name.startswith("heed.use_cases") for alias in node.names)
    assert all(isinstance(use_case, type) for use_case in ASSEMBLED.values())


@pytest.mark.parametrize("name", ASSEMBLED)
def test_a_use_case_is_a_frozen_dataclass_with_one_public_method(name: str) -> None:
    use_case = ASSEMBLED[name]
    assert use_case.__bases__ == (object,), "a use case inherits nothing"
    assert dataclasses.is_dataclass(use_case) and vars(use_case)["__dataclass_params__"].frozen
    fields = {field.name for field in dataclasses.fields(use_case)}
    assert {member for member in vars(use_case) if not member.startswith("_")} <= fields
    assert callable(vars(use_case)["__call__"])


@pytest.mark.parametrize("name", ASSEMBLED)
def test_the_fields_of_a_use_case_are_its_dependencies(name: str) -> None:
    hints = get_type_hints(ASSEMBLED[name])
    for field in dataclasses.fields(ASSEMBLED[name]):
        assert field.init and field.default is field.default_factory is dataclasses.MISSING
        assert _is_dependency(hints[field.name]), field.name


def _is_dependency(hint: Any) -> bool:
    """Returns whether a type is a port, a use case, a part of the brand, a setting or a function."""
    if get_origin(hint) in GENERIC_TYPES:
        return get_origin(hint) is collections.abc.Callable or all(map(_is_dependency, get_args(hint)))
    is_port = hint.__module__.startswith(f"{PORTS}.")
    return is_port or hint in (
        Catalogue,
        CompanyAddresses,
        MailWords,
        int,
        str,
        type(None),
        *ASSEMBLED.values(),
    )
