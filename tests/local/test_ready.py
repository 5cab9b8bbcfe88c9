from __future__ import annotations

import json
from pathlib import Path

from local.places import Places
from local.ready import describe, withdraw, write


def _places(home: Path, port: int) -> Places:
    places = Places(home, home, port, port + 1)
    places.folder.mkdir(parents=True, exist_ok=True)
    return places


def _announce(places: Places) -> None:
    outputs = {"ApiUrl": "https://x.execute-api", "PreferencesTable": "t"}
    write(describe(places, outputs, {"unsubscribe": "f"}, "key"), places.ready_files)


def test_a_ready_file_has_what_a_client_needs(tmp_path: Path) -> None:
    _announce(_places(tmp_path, 8000))

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
    _announce(_places(tmp_path, 8000))

    assert (tmp_path / "stack.json").stat().st_mode & 0o077 == 0


def test_the_latest_stack_is_the_one_in_the_common_file(tmp_path: Path) -> None:
    _announce(_places(tmp_path, 8000))
    _announce(_places(tmp_path, 9000))

    assert json.loads((tmp_path / "stack.json").read_text())["api"] == "http://127.0.0.1:9000"
    assert (tmp_path / "8000" / "stack.json").exists()


def test_a_stack_that_ends_withdraws_only_itself(tmp_path: Path) -> None:
    first, second = _places(tmp_path, 8000), _places(tmp_path, 9000)
    _announce(first)
    _announce(second)

    withdraw(first.api, first.ready_files)

    assert not (tmp_path / "8000" / "stack.json").exists()
    assert (tmp_path / "stack.json").exists()


def test_a_port_that_begins_like_another_is_another(tmp_path: Path) -> None:
    _announce(_places(tmp_path, 8000))

    withdraw("http://127.0.0.1:800", (tmp_path / "stack.json",))

    assert (tmp_path / "stack.json").exists()
