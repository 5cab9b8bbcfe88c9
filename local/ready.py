"""What a started stack says of itself: `stack.json` for programs, a few lines for people."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from local.places import REGION

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from local.places import Places


@dataclass(frozen=True)
class Stack:
    """The content of `stack.json`; `outputs` is the template's, with `functions` by short name."""

    api: str
    aws: str
    region: str
    api_key: str
    outputs: dict[str, Any]


def describe(
    places: Places, outputs: Mapping[str, str], functions: Mapping[str, str], api_key: str
) -> Stack:
    """The stack as clients are to find it: its API is the front, whatever the template computes."""
    return Stack(
        api=places.api,
        aws=places.aws,
        region=REGION,
        api_key=api_key,
        outputs={**outputs, "ApiUrl": places.api, "functions": dict(functions)},
    )


def write(stack: Stack, files: tuple[Path, ...]) -> None:
    """Write it, whole or not at all: a reader may be waiting for the file to appear."""
    for path in files:
        draft = path.with_suffix(f".{stack.api.rpartition(':')[2]}.draft")
        draft.touch(mode=0o600)  # it holds a key, if only of this machine
        draft.write_text(json.dumps(asdict(stack), indent=2) + "\n")
        draft.replace(path)


def withdraw(api: str, files: tuple[Path, ...]) -> None:
    """Remove what announces this API; another stack's announcement stays."""
    for path in files:
        if path.exists() and json.loads(path.read_text())["api"] == api:
            path.unlink()
