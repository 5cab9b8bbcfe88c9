from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.desk_people import DeskPerson
from local.places import Places
from local.ready import announce, make_announcement, remove_stale_announcements, withdraw

ADA = DeskPerson("agent", "secret", "agent")


@pytest.fixture
def listening() -> Iterator[list[socket.socket]]:
    """Two ports that accept connections, like those of running stacks."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    yield sockets
    for listener in sockets:
        listener.close()


def _announce(home: Path, port: int) -> Places:
    places = Places(home, home, port, port + 1)
    places.folder.mkdir(parents=True, exist_ok=True)
    outputs = {"ApiUrl": "https://x.execute-api", "PreferencesTable": "t"}
    announce(make_announcement(places, outputs, {"unsubscribe": "f"}, "key", [ADA]), places)
    return places


def _latest(home: Path) -> str:
    return str(json.loads((home / "stack.json").read_text())["api"])


def test_an_announcement_has_all_facts_for_clients(tmp_path: Path) -> None:
    _announce(tmp_path, 8000)

    assert json.loads((tmp_path / "stack.json").read_text()) == {
        "api": "http://127.0.0.1:8000",
        "aws": "http://127.0.0.1:8001",
        "region": "us-east-1",
        "api_key": "key",
        "outputs": {
            "ApiUrl": "http://127.0.0.1:8000",
            "PreferencesTable": "t",
            "functions": {"unsubscribe": "f"},
        },
        "desk": {
            "url": "http://127.0.0.1:8000/desk",
            "users": [{"name": "agent", "password": "secret", "role": "agent"}],
        },
    }


def test_an_announcement_has_the_webhook_if_there_is_one(tmp_path: Path) -> None:
    places = Places(tmp_path, tmp_path, 8000, 8001, webhook_url="http://127.0.0.1:9999/hook")
    places.folder.mkdir(parents=True)
    announce(make_announcement(places, {}, {}, "key", [], "A" * 64), places)

    webhook = {"url": "http://127.0.0.1:9999/hook", "secret": "A" * 64}
    assert json.loads((tmp_path / "stack.json").read_text())["webhook"] == webhook


def test_only_the_owner_can_read_the_key(tmp_path: Path) -> None:
    places = _announce(tmp_path, 8000)

    assert places.latest_file.stat().st_mode & 0o077 == 0
    assert places.ready_file.stat().st_mode & 0o077 == 0


def test_clients_find_the_newest_stack(tmp_path: Path) -> None:
    _announce(tmp_path, 8000)
    _announce(tmp_path, 9000)

    assert _latest(tmp_path) == "http://127.0.0.1:9000"
    assert (tmp_path / "8000" / "stack.json").exists()


def test_when_the_newest_stack_ends_clients_find_the_running_one(
    tmp_path: Path, listening: list[socket.socket]
) -> None:
    first, second = (_announce(tmp_path, port.getsockname()[1]) for port in listening)

    withdraw(second)

    assert _latest(tmp_path) == first.api
    assert not second.ready_file.exists()


def test_when_another_stack_ends_clients_find_the_newest(
    tmp_path: Path, listening: list[socket.socket]
) -> None:
    first, second = (_announce(tmp_path, port.getsockname()[1]) for port in listening)

    withdraw(first)

    assert _latest(tmp_path) == second.api


def test_the_last_stack_leaves_no_announcement(tmp_path: Path, listening: list[socket.socket]) -> None:
    only = _announce(tmp_path, listening[0].getsockname()[1])

    withdraw(only)

    assert list(tmp_path.rglob("*.json")) == []


def test_the_announcement_of_a_killed_stack_is_removed(
    tmp_path: Path, listening: list[socket.socket]
) -> None:
    running = _announce(tmp_path, listening[0].getsockname()[1])
    port = listening[1].getsockname()[1]
    killed = _announce(tmp_path, port)
    listening[1].close()

    remove_stale_announcements(killed)

    assert running.ready_file.exists()
    assert not killed.ready_file.exists()
    assert not killed.latest_file.exists()
