"""Deployments whose catalogue differs from that of the sample brand."""

from __future__ import annotations

import functools
import json
import tomllib
from collections.abc import Iterable, MutableMapping
from pathlib import Path
from typing import Any

import pytest
import tomlkit

from brand_compiler.build import compile_command as build
from tests.support.deployment import ROOT, restart
from tests.support.sample_brand import brand

SAMPLE = ROOT / "layers" / "brand"
LANGUAGES: tuple[str, ...] = tuple(
    tomllib.loads((SAMPLE / "catalogue.toml").read_text(encoding="utf-8"))["languages"]
)


def copy_brand(folder: Path, languages: Iterable[str]) -> Path:
    """Copies the source of the sample brand to a new folder, with only some languages.

    A build costs as much as its number of languages, and few tests are about all of them.
    """
    unused = {f"{language}.toml" for language in set(LANGUAGES).difference(languages)}
    files = {name: content for name, content in _sample_files().items() if name.name not in unused}
    for parent in {name.parent for name in files}:
        (folder / parent).mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    catalogue = sample_catalogue(tuple(sorted(languages)))
    (folder / "catalogue.toml").write_text(catalogue, encoding="utf-8")
    return folder


def name_brand(folder: Path) -> None:
    """Gives a brand that was just started a name and a domain of its own, without which it is not locked."""
    catalogue = folder / "catalogue.toml"
    text = catalogue.read_text(encoding="utf-8")
    assert text.count('name = "meridian"') == text.count('domain = "example.com"') == 1
    text = text.replace('name = "meridian"', 'name = "acme"')
    catalogue.write_text(text.replace('domain = "example.com"', 'domain = "acme.test"'), encoding="utf-8")


@functools.cache
def _sample_files() -> dict[Path, bytes]:
    """Returns the content of each file of the sample brand. Reading them takes longer than writing them."""
    files = (file for file in SAMPLE.rglob("*") if file.is_file())
    return {file.relative_to(SAMPLE): file.read_bytes() for file in files}


@functools.cache
def sample_catalogue(languages: tuple[str, ...]) -> str:
    """Returns the catalogue of the sample brand with only some languages, otherwise unchanged."""
    document = tomlkit.parse((SAMPLE / "catalogue.toml").read_text(encoding="utf-8"))
    document["languages"] = list(languages)
    _remove_keys(document, set(LANGUAGES).difference(languages))
    return tomlkit.dumps(document)


def _remove_keys(value: object, keys: set[str]) -> None:
    """Removes keys from the tables of a TOML file, however deep they are."""
    if isinstance(value, MutableMapping):
        for key in keys.intersection(value):
            del value[key]
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            _remove_keys(item, keys)


def deploy_catalogue(
    folder: Path, monkeypatch: pytest.MonkeyPatch, data: dict[str, Any] | None = None, **other: Any
) -> None:
    """Deploys the pages of the sample brand with another catalogue.

    Args:
        folder: An empty directory for the brand.
        monkeypatch: Is ignored.
        data: The whole catalogue. None means that of the sample brand.
        other: Members of the catalogue to replace.
    """
    for page in brand().iterdir():
        (folder / page.name).symlink_to(page)
    catalogue = folder / "catalogue.json"
    sample = json.loads(catalogue.read_text())
    catalogue.unlink()
    catalogue.write_text(json.dumps({**(data or sample), **other}))
    restart(BRAND_DIR=str(folder))


def build_brand_with_topics(folder: Path, topics: int) -> Path:
    """Compiles the sample brand in two languages with additional topics, and returns its directory."""
    languages = ("de", "en")
    source = copy_brand(folder / "source", languages)
    with (source / "catalogue.toml").open("a", encoding="utf-8") as catalogue:
        for number in range(1_000, 1_000 + topics):
            catalogue.write(
                f'[[topics]]\nnumber = {number}\nname = "series-{number}"\nbrand = 1\n'
                'kind = "marketing"\ndefault = "in"\n'
            )
            for table in ("names", "descriptions"):
                catalogue.write(f"[topics.{table}]\n")
                catalogue.writelines(f'{language} = "Series {number}"\n' for language in languages)
    assert build([str(source), str(folder / "built")], may_add=True) == 0
    return folder / "built"
