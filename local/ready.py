"""Announces a running stack in `stack.json`, so that programs find it."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from local.places import REGION

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from local.desk_people import DeskPerson
    from local.places import Places


@dataclass(frozen=True)
class StackAnnouncement:
    """The content of `stack.json`.

    `outputs` has the template's outputs, and `functions` by short name. `desk` has the URL of the desk and
    the people who can sign in there. `webhook` has the URL and the secret of webhooks, if there are any.
    """

    api: str
    aws: str
    region: str
    api_key: str
    outputs: dict[str, Any]
    desk: dict[str, Any]
    webhook: dict[str, str] | None = None


def make_announcement(
    places: Places,
    outputs: Mapping[str, str],
    functions: Mapping[str, str],
    api_key: str,
    people: Iterable[DeskPerson],
    webhook_secret: str = "",
) -> StackAnnouncement:
    """Returns the announcement of a stack. Its ApiUrl is the HTTP front, not the output of the template."""
    return StackAnnouncement(
        api=places.api,
        aws=places.aws,
        region=REGION,
        api_key=api_key,
        outputs={**outputs, "ApiUrl": places.api, "functions": dict(functions)},
        desk={"url": f"{places.api}/desk", "users": [asdict(person) for person in people]},
        webhook={"url": places.webhook_url, "secret": webhook_secret} if webhook_secret else None,
    )


def announce(stack: StackAnnouncement, places: Places) -> None:
    """Writes the announcement of this stack, and makes clients find this stack."""
    content = {name: value for name, value in asdict(stack).items() if value is not None}
    _write(places.ready_file, json.dumps(content, indent=2) + "\n")
    _write(places.latest_file, places.ready_file.read_text())


def withdraw(places: Places) -> None:
    """Removes the announcement of this stack, and makes clients find the newest stack that still runs."""
    places.ready_file.unlink(missing_ok=True)
    remove_stale_announcements(places)
    others = sorted(places.home.glob("*/stack.json"), key=lambda path: path.stat().st_mtime)
    if _read_api(places.latest_file) == places.api:
        if others:
            _write(places.latest_file, others[-1].read_text())
        else:
            places.latest_file.unlink()


def remove_stale_announcements(places: Places) -> None:
    """Removes the announcements of killed stacks. A program that waits for a new one must not read them."""
    for path in (places.latest_file, *places.home.glob("*/stack.json")):
        api = _read_api(path)
        if api is not None and not _is_listening(api):
            path.unlink(missing_ok=True)


def _write(path: Path, text: str) -> None:
    """Writes a file in one step, because a program may wait for it and must not read half of it."""
    draft = path.with_suffix(f".{os.getpid()}.draft")
    draft.touch(mode=0o600)  # it contains a key, although only for this machine
    draft.write_text(text)
    draft.replace(path)


def _read_api(path: Path) -> str | None:
    try:
        return str(json.loads(path.read_text())["api"])
    except FileNotFoundError:
        return None


def _is_listening(api: str) -> bool:
    address = urlsplit(api)
    try:
        socket.create_connection((address.hostname, address.port), timeout=2).close()
    except OSError:
        return False
    return True
