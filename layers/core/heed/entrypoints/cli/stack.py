"""A stack as commands use it: through its API, or through AWS with the person's own permissions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from heed.domain.api_key import is_api_key
from heed.domain.urls import is_private_connection
from heed.entrypoints.cli.failure import CommandFailure

if TYPE_CHECKING:
    from heed.adapters.stack import AwsAccess
    from heed.bootstrap import Heed

# The template's output for each setting that commands need.
_OUTPUTS = {
    "PREFERENCES_TABLE": "PreferencesTable",
    "CONTROL_TABLE": "ControlTable",
    "LEDGER_TABLE": "LedgerTable",
    "LEDGER_BUCKET": "LedgerBucket",
    "IDENTITY_KEY": "IdentityKeyArn",
}


@dataclass(frozen=True)
class Stack:
    """A stack, and how commands reach it.

    Attributes:
        outputs: The outputs of the template, by name.
        functions: Returns the full names of the functions by their short names, such as `unsubscribe`.
        key: The API key, or "" if there is none.
        access: Returns access to the AWS services of the stack.
        parameters: Returns the parameters of the template, by name.
        name: The name of a deployed stack. None is the local stack.
    """

    outputs: Mapping[str, str]
    functions: Callable[[], Mapping[str, str]]
    key: str
    access: Callable[[], AwsAccess]
    parameters: Callable[[], Mapping[str, str]]
    name: str | None = None

    @property
    def api(self) -> str:
        """The base URL of the API: HTTPS, or on this machine.

        Raises:
            CommandFailure: It is neither. Then neither a key nor an address may be sent there.
        """
        url = self.output("ApiUrl")
        if not is_private_connection(url):
            raise CommandFailure(
                "the URL of the stack's API is not HTTPS", "check the output ApiUrl of the stack"
            )
        return url.rstrip("/")

    @property
    def api_key(self) -> str:
        """The key for calling the API.

        Raises:
            CommandFailure: There is none, or it is malformed.
        """
        if not is_api_key(self.key):
            raise CommandFailure(
                "HEED_API_KEY is not set to an API key",
                "create a key with heed keys create, and set HEED_API_KEY to it",
            )
        return self.key

    def output(self, name: str) -> str:
        """Returns an output of the template.

        Raises:
            CommandFailure: The stack has no output of this name.
        """
        if name not in self.outputs:
            raise _make_missing_output_failure(name)
        return self.outputs[name]

    @cached_property
    def heed(self) -> Heed:
        """The parts of the stack, used with the person's own AWS permissions."""
        from heed.bootstrap import Heed
        from heed.config import Config

        outputs = self.outputs
        settings = _Settings((name, outputs[key]) for name, key in _OUTPUTS.items() if key in outputs)
        return Heed(Config(settings), lambda service: self.access().client(service))

    def invoke(self, function: str, event: bytes) -> tuple[object, bool]:
        """Calls a function by its full name. Returns its answer, and whether it raised an error."""
        from heed.adapters.stack import invoke_function

        return invoke_function(self.access(), function, event)


class _Settings(dict[str, str]):
    """The settings of the functions, read from the outputs of a stack."""

    def __missing__(self, setting: str) -> str:
        raise _make_missing_output_failure(_OUTPUTS[setting])


def _make_missing_output_failure(name: str) -> CommandFailure:
    return CommandFailure(
        f"the stack has no output {name}", "check that the stack was deployed from Heed's template"
    )
