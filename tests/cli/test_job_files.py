"""Sending a file to S3 and fetching results: what happens if the connection, or the file, does not hold."""

from __future__ import annotations

import socket
from contextlib import closing
from pathlib import Path
from typing import IO, Any

import pytest

from heed.entrypoints.cli.failure import CommandFailure, WrongUsage
from heed.entrypoints.cli.job_transfer import replaced_at_the_end, save_result, upload_file
from tests.cli.server import ApiServer
from tests.system.running import wait_until

BODY = b"<Code>AccessDenied</Code>"


@pytest.fixture
def content(tmp_path: Path) -> Any:
    path = tmp_path / "list.csv"
    path.write_bytes(b"email\njoan@example.com\n" * 50_000)
    with path.open("rb") as file:
        yield file


def _upload_to(url: str) -> dict[str, Any]:
    return {"url": url, "headers": {"If-None-Match": "*"}}


def test_an_upload_that_s3_refuses_is_a_failure(server: ApiServer, content: IO[bytes]) -> None:
    server.canned_answers = [(403, {}, BODY)]
    with pytest.raises(CommandFailure, match=r"S3 refuses the request \(403\)"):
        upload_file(_upload_to(f"{server.url}/s3/x"), content)


def test_an_upload_has_the_signed_headers_and_not_the_key(server: ApiServer, content: IO[bytes]) -> None:
    server.canned_answers = [(200, {}, b"")]
    upload_file(_upload_to(f"{server.url}/s3/x"), content)

    ((method, _, headers),) = server.requests
    assert (method, headers["if-none-match"], headers["content-length"]) == ("PUT", "*", "1150000")
    assert "authorization" not in headers


def test_a_connection_that_breaks_is_a_failure(content: IO[bytes]) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
    with pytest.raises(CommandFailure, match="the connection to S3 broke"):
        upload_file(_upload_to(url), content)


def test_neither_a_file_nor_a_result_travels_without_https(content: IO[bytes], tmp_path: Path) -> None:
    url = "http://bucket.example.com/x"
    with pytest.raises(CommandFailure, match="is not HTTPS"):
        upload_file(_upload_to(url), content)
    with pytest.raises(CommandFailure, match="is not HTTPS"):
        save_result({"url": url, "bytes": 1}, tmp_path / "out.csv", may_replace=False)


def test_a_file_that_becomes_shorter_is_not_uploaded(server: ApiServer, content: IO[bytes]) -> None:
    class Shrinking:
        def __getattr__(self, name: str) -> Any:
            return getattr(content, name)

        def read(self, size: int) -> bytes:
            return content.read(size) if content.tell() == 0 else b""

    server.canned_answers = [(200, {}, b"")]
    shrinking: Any = Shrinking()
    with pytest.raises(CommandFailure, match="became shorter"):
        upload_file(_upload_to(f"{server.url}/s3/x"), shrinking)
    wait_until(lambda: not server.canned_answers)  # the server answers although nobody listens


def test_a_result_that_is_not_complete_leaves_no_file(server: ApiServer, tmp_path: Path) -> None:
    server.canned_answers = [(200, {}, b"half")]
    with pytest.raises(CommandFailure, match="not complete"):
        save_result({"url": f"{server.url}/x", "bytes": 8}, tmp_path / "out.csv", may_replace=False)
    assert [*tmp_path.iterdir()] == []


def test_a_file_that_appears_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"

    def save() -> None:
        with replaced_at_the_end(path, may_replace=False) as output:
            output.write(b"new")
            path.write_bytes(b"another")

    with pytest.raises(WrongUsage, match="--force"):
        save()
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("out.csv", b"another")]


def test_a_folder_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    with (
        pytest.raises(WrongUsage, match="choose another folder"),
        replaced_at_the_end(tmp_path / "missing" / "out.csv", may_replace=False),
    ):
        raise AssertionError
