"""A stack, and how a command reaches it: the API, and its parts with the rights of the account."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from heed.domain.api_key import is_api_key
from heed.entrypoints.cli.failure import CommandFailure

if TYPE_CHECKING:
    from heed.adapters.stack import AwsAccess
    from heed.bootstrap import Heed

# The output that gives each setting which the command needs.
_OUTPUTS = {
    "PREFERENCES_TABLE": "PreferencesTable",
    "CONTROL_TABLE": "ControlTable",
    "LEDGER_TABLE": "LedgerTable",
    "LEDGER_BUCKET": "LedgerBucket",
    "IDENTITY_KEY": "IdentityKeyArn",
}
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Stack:
    """A stack, and how it is reached.

    Attributes:
        outputs: of the template, by name.
        functions: gives full names, by the name that people use (`unsubscribe`), when they are first needed.
        key: of the API; empty: none is known.
        access: gives AWS as this stack has it, when it is first needed.
    """

    outputs: Mapping[str, str]
    functions: Callable[[], Mapping[str, str]]
    key: str
    access: Callable[[], AwsAccess]

    @property
    def api(self) -> str:
        """Base of the API: HTTPS, or on this machine.

        Raises:
            Failure: it is neither, so that neither key nor address is sent there.
        """
        url = self.output("ApiUrl")
        if urlsplit(url).scheme != "https" and not is_loopback(url):
            raise CommandFailure("the stack's API is not reached by HTTPS", "see its output ApiUrl")
        return url.rstrip("/")

    @property
    def api_key(self) -> str:
        """The key to call the API with.

        Raises:
            Failure: none is known, or what should be one is none.
        """
        if not is_api_key(self.key):
            raise CommandFailure(
                "HEED_API_KEY holds no API key", "put one there; heed keys create makes them"
            )
        return self.key

    def output(self, name: str) -> str:
        """An output of the template.

        Raises:
            Failure: the stack has none of that name.
        """
        if name not in self.outputs:
            raise _no_output(name)
        return self.outputs[name]

    @cached_property
    def heed(self) -> Heed:
        """The parts of the stack, reached with the person's own rights."""
        from heed.bootstrap import Heed
        from heed.config import Config

        known = self.outputs
        settings = _Settings((name, known[one]) for name, one in _OUTPUTS.items() if one in known)
        return Heed(Config(settings), lambda service: self.access().client(service))

    def invoke(self, function: str, event: bytes) -> tuple[object, bool]:
        """Call a function by its full name; its answer, and whether it raised."""
        from heed.adapters.stack import invoke_function

        return invoke_function(self.access(), function, event)


class _Settings(dict[str, str]):
    """The settings that the functions have, from the outputs of a stack."""

    def __missing__(self, setting: str) -> str:
        raise _no_output(_OUTPUTS[setting])


def _no_output(name: str) -> CommandFailure:
    return CommandFailure(f"the stack has no output {name}", "is it a stack of Heed's template?")


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this machine."""
    return urlsplit(url).hostname in _LOOPBACK
