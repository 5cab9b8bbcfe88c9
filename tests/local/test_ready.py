from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.places import Places
from local.ready import announce, describe, forget_the_dead, withdraw


@pytest.fixture
def listening() -> Iterator[list[socket.socket]]:
    """Two ports that answer, as running stacks do."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    yield sockets
    for each in sockets:
        each.close()


def _announced(home: Path, port: int) -> Places:
    places = Places(home, home, port, port + 1)
    places.folder.mkdir(parents=True, exist_ok=True)
    outputs = {"ApiUrl": "https://x.execute-api", "PreferencesTable": "t"}
    announce(describe(places, outputs, {"unsubscribe": "f"}, "key"), places)
    return places


def _latest(home: Path) -> str:
    return str(json.loads((home / "stack.json").read_text())["api"])


def test_a_ready_file_has_what_a_client_needs(tmp_path: Path) -> None:
    _announced(tmp_path, 8000)

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
    }


def test_only_its_owner_reads_the_key_in_it(tmp_path: Path) -> None:
    places = _announced(tmp_path, 8000)

    assert places.latest_file.stat().st_mode & 0o077 == 0
    assert places.ready_file.stat().st_mode & 0o077 == 0


def test_the_latest_stack_is_the_one_that_clients_find(tmp_path: Path) -> None:
    _announced(tmp_path, 8000)
    _announced(tmp_path, 9000)

    assert _latest(tmp_path) == "http://127.0.0.1:9000"
    assert (tmp_path / "8000" / "stack.json").exists()


def test_when_the_latest_ends_clients_find_the_one_that_still_runs(
    tmp_path: Path, listening: list[socket.socket]
) -> None:
    first, second = (_announced(tmp_path, each.getsockname()[1]) for each in listening)

    withdraw(second)

    assert _latest(tmp_path) == first.api
    assert not second.ready_file.exists()


def test_when_another_ends_clients_find_the_latest(tmp_path: Path, listening: list[socket.socket]) -> None:
    first, second = (_announced(tmp_path, each.getsockname()[1]) for each in listening)

    withdraw(first)

    assert _latest(tmp_path) == second.api


def test_the_last_to_end_leaves_no_announcement(tmp_path: Path, listening: list[socket.socket]) -> None:
    only = _announced(tmp_path, listening[0].getsockname()[1])

    withdraw(only)

    assert list(tmp_path.rglob("*.json")) == []


def test_a_killed_stack_is_forgotten_and_a_running_one_is_not(
    tmp_path: Path, listening: list[socket.socket]
) -> None:
    running = _announced(tmp_path, listening[0].getsockname()[1])
    port = listening[1].getsockname()[1]
    killed = _announced(tmp_path, port)
    listening[1].close()

    forget_the_dead(killed)

    assert running.ready_file.exists()
    assert not killed.ready_file.exists()
    assert not killed.latest_file.exists()
