"""The translated template of a stack, which is kept until the template changes.

A translation takes a second, and its library half a second to import.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.install import VERSION_FILE, lock_tools

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.places import Places

CODE_BUCKET = "local-code"
_TEMPLATE, _CODE = "template.json", "code.json"


@dataclass(frozen=True)
class Code:
    """The code of a function or layer.

    Attributes:
        folder: The folder of the code.
        makefile: The Makefile that `sam build` uses.
        works_in: The folder in which `sam build` runs it.
        is_layer: Whether it is the code of a layer.
    """

    folder: Path
    makefile: Path
    works_in: Path
    is_layer: bool = False


@dataclass(frozen=True)
class Translated:
    """The CloudFormation template, and the code of its functions and layers by logical id."""

    template: dict[str, Any]
    code: dict[str, Code]


def translate_once(places: Places, parameters: Mapping[str, str]) -> Translated:
    """Returns the translated template.yaml. It is translated again after a change."""
    kept = places.kept_translation
    version = _hash_sources(places, parameters)
    version_file = kept / VERSION_FILE
    with lock_tools(places):
        if not version_file.exists() or version_file.read_text() != version:
            kept.mkdir(parents=True, exist_ok=True)
            version_file.unlink(missing_ok=True)  # first: what is left by a kill has no version
            _write(places, parameters, kept)
            version_file.write_text(version)
        return _read(places, kept)


def _hash_sources(places: Places, parameters: Mapping[str, str]) -> str:
    """Returns a hash of all that a translation depends on: template, parameters and translator."""
    content = hashlib.sha256(json.dumps(dict(parameters), sort_keys=True).encode())
    translators = [Path(__file__).with_name(name) for name in ("translate.py", "translated.py")]
    for file in (places.root / "template.yaml", places.root / "requirements" / "dev.txt", *translators):
        content.update(file.read_bytes())
    return content.hexdigest()


def _write(places: Places, parameters: Mapping[str, str], kept: Path) -> None:
    from local.translate import translate  # its library takes half a second

    translated = translate(places.root / "template.yaml", parameters)
    (kept / _TEMPLATE).write_text(json.dumps(translated.template))
    code = {
        name: {
            "folder": str(each.folder.relative_to(places.root)),
            "makefile": str(each.makefile.relative_to(places.root)),
            "works_in": str(each.works_in.relative_to(places.root)),
            "is_layer": each.is_layer,
        }
        for name, each in translated.code.items()
    }
    (kept / _CODE).write_text(json.dumps(code))


def _read(places: Places, kept: Path) -> Translated:
    code = {
        name: Code(
            folder=places.root / each["folder"],
            makefile=places.root / each["makefile"],
            works_in=places.root / each["works_in"],
            is_layer=each["is_layer"],
        )
        for name, each in json.loads((kept / _CODE).read_text()).items()
    }
    return Translated(json.loads((kept / _TEMPLATE).read_text()), code)
