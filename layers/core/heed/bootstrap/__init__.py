"""The composition root: which adapter serves which port, for functions, the command line and tests.

A part is made when it is first asked for, and kept. Each property imports what it makes: a Lambda
function loads what it serves and nothing else, and importing a function needs no AWS.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from heed.adapters import aws
from heed.bootstrap.preferences import PreferenceParts
from heed.bootstrap.privacy import PrivacyParts
from heed.config import Config
from heed.domain.errors import DependencyUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable


class Heed(PreferenceParts, PrivacyParts):
    """All parts of one deployment. Nothing of it is shared with another one, not even the clients."""

    @classmethod
    def from_environment(cls) -> Heed:
        """The parts of a function, as its environment variables say; each is read when it is needed."""
        return cls(Config(), aws.client_factory())

    def warm_up(self, make: Callable[[], object]) -> None:
        """Where work at import is cheap, make what the function's requests will need.

        What AWS refuses now is tried again at the request: a function never dies at import.
        """
        if self.config.deployed:
            with suppress(DependencyUnavailable):
                make()
