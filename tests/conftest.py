"""The base of every test: an artificial environment, and no network beyond this machine."""

from __future__ import annotations

import gc
import ipaddress
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import core
from moto import mock_aws  # before any client: an earlier session would contact the real AWS

from tests.support.cheaper_moto import make_cheaper

pytest_plugins = ("tests.support.clock", "tests.support.full", "tests.support.clients", "tests.iam.recorder")

_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    "POWERTOOLS_METRICS_NAMESPACE": "Heed/tests",
    "POWERTOOLS_SERVICE_NAME": "tests",
}
# MAKEFLAGS has the options of the make that runs the tests, such as the number of its jobs.
_FROM_THIS_MACHINE = ("AWS_PROFILE", "AWS_CA_BUNDLE", "AWS_ENDPOINT_URL", "MAKEFLAGS")


def made_up_credentials() -> None:
    """Sets the environment before any module of a test makes a client or a logger."""
    os.environ.update(_ENVIRONMENT)  # noqa: TID251
    for name in _FROM_THIS_MACHINE:
        os.environ.pop(name, None)  # noqa: TID251


# Called at once: pytest imports the conftest of a folder on the command line before it calls any hook.
made_up_credentials()
gc.set_threshold(100_000, 50, 100)  # the imports and the collection of the tests leave little garbage


@pytest.hookimpl(trylast=True)  # pytest-randomly has chosen its seed by then
def pytest_configure(config: pytest.Config) -> None:
    """Uses one seed for the order of the tests and for all generated data.

    By default Hypothesis draws its own seed from the operating system and remembers earlier failures in a
    folder. Then an order alone would not reproduce a failure, and a run would depend on earlier runs. So
    Hypothesis uses the seed of pytest-randomly, which is printed. A failure also prints its own example. An
    explicit `--hypothesis-seed` wins.
    """
    if config.getoption("hypothesis_seed") is None:
        core.global_force_seed = config.getoption("randomly_seed")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leaves out the files without the mark `system` if no other test runs: imports take ten seconds.

    The fixtures of a folder may have the mark as well.
    """
    if config.getoption("markexpr") != "system" or collection_path.suffix != ".py":
        return None
    files = [file for file in (collection_path, collection_path.with_name("conftest.py")) if file.exists()]
    return None if any("mark.system" in file.read_text(encoding="utf-8") for file in files) else True


def pytest_sessionstart(session: pytest.Session) -> None:
    """Prints the seed of a run without a header (`-q`), before anything can end it."""
    _print_seed(session.config, quiet=True)


def pytest_collection_finish() -> None:
    """Excludes half a million objects, of libraries and collected tests, from garbage collection.

    Otherwise the collector walks them again and again: an eighth of the cost of all tests.
    """
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(exitstatus: int, config: pytest.Config) -> None:
    """Prints the seed again below the failures."""
    if exitstatus:
        _print_seed(config)


def _print_seed(config: pytest.Config, *, quiet: bool = False) -> None:
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if terminal and not (quiet and config.option.verbose >= 0):
        terminal.write_line(f"The same again: --randomly-seed={config.getoption('randomly_seed')}")


@pytest.fixture(scope="session", autouse=True)
def cheaper_moto() -> Iterator[pytest.MonkeyPatch]:
    """Makes moto do less work for the same answers; it is restored at the end."""
    with pytest.MonkeyPatch.context() as patch:
        make_cheaper(patch)
        yield patch


@pytest.fixture(scope="session", autouse=True)
def _this_machine_only() -> Iterator[None]:
    """Makes a test fail at once if it contacts another machine, and names the address."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
        yield


def _guarded(original: Any) -> Any:
    def connect(self: socket.socket, address: Any) -> Any:
        host = address[0] if isinstance(address, tuple) else "localhost"
        if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
            raise RuntimeError(f"a test must stay on this machine: {host}")
        return original(self, address)

    return connect


@pytest.fixture
def aws() -> Iterator[None]:
    """Provides an empty AWS in this process for one test."""
    with mock_aws():
        yield
