"""What a started stack says of itself: `stack.json` for programs, a few lines for people."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

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


def describe(places: Places, outputs: Mapping[str, str], functions: Mapping[str, str], api_key: str) -> Stack:
    """The stack as clients are to find it: its API is the front, whatever the template computes."""
    return Stack(
        api=places.api,
        aws=places.aws,
        region=REGION,
        api_key=api_key,
        outputs={**outputs, "ApiUrl": places.api, "functions": dict(functions)},
    )


def announce(stack: Stack, places: Places) -> None:
    """Write this stack's ready file, and have clients find this one."""
    _write(places.ready_file, json.dumps(asdict(stack), indent=2) + "\n")
    _write(places.latest_file, places.ready_file.read_text())


def withdraw(places: Places) -> None:
    """Take this stack's announcement back, and let clients find the latest that still runs."""
    places.ready_file.unlink(missing_ok=True)
    forget_the_dead(places)
    others = sorted(places.home.glob("*/stack.json"), key=lambda path: path.stat().st_mtime)
    if _api(places.latest_file) == places.api:
        if others:
            _write(places.latest_file, others[-1].read_text())
        else:
            places.latest_file.unlink()


def forget_the_dead(places: Places) -> None:
    """Remove what announces a stack that was killed: whoever waits for a file must not read it."""
    for path in (places.latest_file, *places.home.glob("*/stack.json")):
        api = _api(path)
        if api is not None and not _answers(api):
            path.unlink(missing_ok=True)


def _write(path: Path, text: str) -> None:
    """Whole or not at all: a reader may be waiting for the file to appear."""
    draft = path.with_suffix(f".{os.getpid()}.draft")
    draft.touch(mode=0o600)  # it holds a key, if only of this machine
    draft.write_text(text)
    draft.replace(path)


def _api(path: Path) -> str | None:
    try:
        return str(json.loads(path.read_text())["api"])
    except FileNotFoundError:
        return None


def _answers(api: str) -> bool:
    address = urlsplit(api)
    try:
        socket.create_connection((address.hostname, address.port), timeout=2).close()
    except OSError:
        return False
    return True
