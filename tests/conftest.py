"""What every test stands on: a made-up environment, and no network beyond this machine."""

from __future__ import annotations

import gc
import ipaddress
import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import core
from moto import mock_aws  # before any client: a session made earlier would reach for the real AWS

from tests.support.cheaper_moto import make_cheaper

pytest_plugins = ("tests.support.clock", "tests.support.full", "tests.iam.recorder")

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
_FROM_THIS_MACHINE = ("AWS_PROFILE", "AWS_CA_BUNDLE", "AWS_ENDPOINT_URL")


def made_up_credentials() -> None:
    """The environment, before any module of a test makes a client or a logger."""
    os.environ.update(_ENVIRONMENT)  # noqa: TID251
    for name in _FROM_THIS_MACHINE:
        os.environ.pop(name, None)  # noqa: TID251


# At once: a conftest of a folder that is named on the command line is imported before any hook is called.
made_up_credentials()


@pytest.hookimpl(trylast=True)  # pytest-randomly has chosen its seed by then
def pytest_configure(config: pytest.Config) -> None:
    """One seed for the order of the tests and for all that is made up in them.

    Left to itself, Hypothesis draws a seed of its own from the operating system, and remembers in a
    folder what failed before: an order alone would not bring a failure back, and a run would depend
    on those before it. So it takes the seed of pytest-randomly, which is printed; a failure also
    prints its own example. An explicit `--hypothesis-seed` stands.
    """
    if config.getoption("hypothesis_seed") is None:
        core.global_force_seed = config.getoption("randomly_seed")


def pytest_sessionstart(session: pytest.Session) -> None:
    """The seed of a run that prints no header (`-q`), before anything can end it."""
    _print_seed(session.config, quiet=True)


def pytest_collection_finish() -> None:
    """Half a million objects, of libraries and of collected tests, stay for the whole run.

    The collector would walk them again and again: an eighth of what all tests cost.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def pytest_terminal_summary(exitstatus: int, config: pytest.Config) -> None:
    """The seed again, under what failed."""
    if exitstatus:
        _print_seed(config)


def _print_seed(config: pytest.Config, *, quiet: bool = False) -> None:
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if terminal and not (quiet and config.option.verbose >= 0):
        terminal.write_line(f"The same again: --randomly-seed={config.getoption('randomly_seed')}")


@pytest.fixture(scope="session", autouse=True)
def cheaper_moto() -> Iterator[pytest.MonkeyPatch]:
    """moto answers as ever, with less work; undone, it is as its makers have it."""
    with pytest.MonkeyPatch.context() as patch:
        make_cheaper(patch)
        yield patch


@pytest.fixture(scope="session", autouse=True)
def _this_machine_only() -> Iterator[None]:
    """A test that would leave this machine fails at once, and says where it was going."""
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
    """An empty AWS in this process, for one test."""
    with mock_aws():
        yield
