"""Sends a file to the signed URL of a job, and saves its result files. S3 never gets the API key."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.client import HTTPException
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, TYPE_CHECKING, Any

from heed.domain.urls import is_private_connection
from heed.entrypoints.cli.failure import CommandFailure, WrongUsage
from heed.entrypoints.cli.progress import show_bar

if TYPE_CHECKING:
    from http.client import HTTPResponse
    from urllib.request import Request

_TIMEOUT = 120  # seconds in which no byte moves
_PIECE = 1 << 18  # bytes


def upload_file(upload: Mapping[str, Any], file: IO[bytes]) -> None:
    """Sends a file to S3 as the answer of the API says, with the headers that are signed.

    Args:
        upload: `upload` of the answer.
        file: The file. It must be possible to seek in it.

    Raises:
        CommandFailure: S3 did not take the file.
    """
    from urllib.request import Request

    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    headers = {"Content-Length": str(size), "Content-Type": "application/octet-stream", **upload["headers"]}
    with show_bar("bytes") as show:

        def read_pieces() -> Iterator[bytes]:
            """Yields as many bytes as the header says, also if another program appends to the file."""
            sent = 0
            while sent < size:
                piece = file.read(min(_PIECE, size - sent))
                if not piece:
                    raise CommandFailure("the file became shorter", "run the command again")
                yield piece
                sent += len(piece)
                show(sent, size)

        with _send(Request(upload["url"], read_pieces(), headers, method="PUT")):  # noqa: S310 - see _send
            pass


def save_result(file: Mapping[str, Any], path: Path, *, may_replace: bool) -> None:
    """Saves a result file of a job. Only its owner may read it.

    Args:
        file: An entry of `files` of the answer.
        path: Where it is saved.
        may_replace: Whether a file that is there may be replaced.

    Raises:
        CommandFailure: S3 did not send the whole file.
        WrongUsage: A file is there, and may not be replaced.
    """
    with replaced_at_the_end(path, may_replace=may_replace) as output:
        receive_result(file, output)


def receive_result(file: Mapping[str, Any], output: IO[bytes]) -> None:
    """Writes a result file of a job to a file.

    Args:
        file: An entry of `files` of the answer.
        output: Where it is saved.

    Raises:
        CommandFailure: S3 did not send the whole file.
    """
    from urllib.request import Request

    received = 0
    with show_bar("bytes") as show, _send(Request(file["url"])) as response:  # noqa: S310 - see _send
        while piece := _read_piece(response):
            received += output.write(piece)
            show(received, file["bytes"])
    if received != file["bytes"]:
        raise CommandFailure("the file from S3 is not complete", "run the command again")


@contextmanager
def replaced_at_the_end(path: Path, *, may_replace: bool) -> Iterator[IO[bytes]]:
    """Gives the block a new file that becomes `path` when the block ends without an error.

    Only the owner may read the file.

    Raises:
        WrongUsage: A file is there, and may not be replaced; or its folder does not permit new files.
    """
    check_output(path, may_replace=may_replace)
    try:
        output = NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False)  # noqa: SIM115
    except OSError as error:
        raise WrongUsage(f"cannot write {path}", "choose another folder") from error
    try:
        with output:
            yield output
        check_output(path, may_replace=may_replace)
        Path(output.name).replace(path)
    finally:
        with suppress(FileNotFoundError):
            Path(output.name).unlink()


def check_output(path: Path, *, may_replace: bool) -> None:
    """Checks that a file may be saved there.

    Raises:
        WrongUsage: A file is there, and may not be replaced.
    """
    if path.exists() and not may_replace:
        raise WrongUsage(f"{path} exists", "choose another name, or replace it with --force")


def _send(request: Request) -> HTTPResponse:
    """Returns the answer of S3 to a request.

    Raises:
        CommandFailure: S3 refused the request, or it is not known whether it did.
    """
    from heed.client.transport import make_opener

    url = request.full_url
    if not is_private_connection(url):
        raise CommandFailure("the URL of the file is not HTTPS", "check the output ApiUrl of the stack")
    with _failures_of_s3():
        response: HTTPResponse = make_opener(url).open(request, timeout=_TIMEOUT)
    return response


def _read_piece(response: HTTPResponse) -> bytes:
    with _failures_of_s3():
        return response.read(_PIECE)


@contextmanager
def _failures_of_s3() -> Iterator[None]:
    from urllib.error import HTTPError

    try:
        yield
    except HTTPError as error:
        with error:
            raise CommandFailure(f"S3 refuses the request ({error.code})", "run the command again") from error
    except (OSError, HTTPException) as error:
        raise CommandFailure("the connection to S3 broke", "run the command again") from error
