"""Compiles the brand again when one of its files has changed, so that the next reload of a page shows it."""

from __future__ import annotations

import os
import shutil
import threading
from typing import TYPE_CHECKING

import anyio.to_thread
from starlette.responses import PlainTextResponse

from brand_compiler.fault import BrandFault, Faults

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from starlette.types import ASGIApp, Receive, Scope, Send

    from local.aws import Clients
    from local.places import Places

_Fingerprint = dict[str, tuple[int, int]]


class BrandReload:
    """An ASGI application around the API. While the brand has mistakes, it answers with them.

    Each function gets the new brand in a new folder. So its warm processes, which have read the old one, end.
    """

    def __init__(self, app: ASGIApp, places: Places, clients: Clients, functions: Collection[str]) -> None:
        """`functions` are the physical names of the functions."""
        self._app = app
        shutil.rmtree(places.brands, ignore_errors=True)  # those of an earlier stack
        self._places = places
        self._clients = clients
        self._functions = functions
        self._lock = threading.Lock()
        self._compiled = self._read_fingerprint()
        self._versions = 1
        self._mistakes = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request with the brand of now."""
        mistakes = await anyio.to_thread.run_sync(self._refresh)
        answer = PlainTextResponse(f"The brand has mistakes:\n\n{mistakes}\n", 500) if mistakes else self._app
        await answer(scope, receive, send)

    def _refresh(self) -> str:
        """Compiles the brand if it has changed, and returns its mistakes."""
        with self._lock:
            current = self._read_fingerprint()
            if current != self._compiled:
                self._mistakes = self._compile()
                self._compiled = current  # not before: a failure must fail again, and not show the old brand
            return self._mistakes

    def _compile(self) -> str:
        from brand_compiler.build import write_brand  # it is a third of the imports of a stack; few need it

        self._versions += 1
        folder = self._places.brands / str(self._versions)
        try:
            write_brand(self._places.brand_folders, folder, Faults())
        except BrandFault as fault:
            return str(fault)
        for name in self._functions:
            configuration = self._clients.lambda_.get_function_configuration(FunctionName=name)
            variables = {**configuration["Environment"]["Variables"], "BRAND_DIR": str(folder)}
            self._clients.lambda_.update_function_configuration(
                FunctionName=name, Environment={"Variables": variables}
            )
        return ""

    def _read_fingerprint(self) -> _Fingerprint:
        """Returns the size and the time of the last change of each file of the brand."""
        return {
            file.path: (file.stat().st_size, file.stat().st_mtime_ns)
            for folder in self._places.brand_folders
            for file in _list_files(folder)
        }


def _list_files(folder: str | Path) -> Iterator[os.DirEntry[str]]:
    """Yields all files below a folder. Each request needs them, and `Path.rglob` takes four times as long."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _list_files(entry.path)
            elif entry.is_file():
                yield entry
