"""A stack, and how a command reaches its parts: the API, and through adapters the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from heed.domain.api_key import is_key
from heed.entrypoints.cli.failure import Failure

if TYPE_CHECKING:
    from heed.adapters.dynamodb.api_keys import ApiKeys
    from heed.adapters.dynamodb.disclosures import DisclosuresTable
    from heed.adapters.dynamodb.erasures import EpochsTable
    from heed.adapters.dynamodb.ledger import LedgerTable
    from heed.adapters.dynamodb.preferences import PreferencesTable
    from heed.adapters.dynamodb.restored_table import CopiesTable
    from heed.adapters.s3 import LedgerBucket
    from heed.adapters.stack import Access

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
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
    access: Callable[[], Access]

    @property
    def api(self) -> str:
        """Base of the API: HTTPS, or on this machine.

        Raises:
            Failure: it is neither, so that neither key nor address is sent there.
        """
        url = self.output("ApiUrl")
        if urlsplit(url).scheme != "https" and not is_here(url):
            raise Failure("the stack's API is not reached by HTTPS", "see its output ApiUrl")
        return url.rstrip("/")

    @property
    def api_key(self) -> str:
        """The key to call the API with.

        Raises:
            Failure: none is known, or what should be one is none.
        """
        if not is_key(self.key):
            raise Failure(
                "HEED_API_KEY holds no API key", "put one there; heed keys create makes them"
            )
        return self.key

    def output(self, name: str) -> str:
        """An output of the template.

        Raises:
            Failure: the stack has none of that name.
        """
        if name not in self.outputs:
            raise Failure(f"the stack has no output {name}", "is it a stack of Heed's template?")
        return self.outputs[name]

    def api_keys(self) -> ApiKeys:
        """The keys of the API."""
        from heed.adapters.dynamodb.api_keys import ApiKeys

        return ApiKeys(self.access().client("dynamodb"), self.output("ControlTable"))

    def ledger(self) -> LedgerTable:
        """The entries of the ledger."""
        from heed.adapters.dynamodb.ledger import LedgerTable

        return LedgerTable(self.access().client("dynamodb"), self.output("LedgerTable"))

    def ledger_seals(self) -> LedgerBucket:
        """The hashes of entries, and the seals."""
        from heed.adapters.s3 import LedgerBucket

        return LedgerBucket(self.access().client("s3"), self.output("LedgerBucket"))

    def disclosures(self) -> DisclosuresTable:
        """The register of what was given out."""
        from heed.adapters.dynamodb.disclosures import DisclosuresTable

        return DisclosuresTable(self.access().client("dynamodb"), self.output("ControlTable"))

    def preferences(self) -> PreferencesTable:
        """The registers of every recipient."""
        from heed.adapters.dynamodb.preferences import PreferencesTable

        return PreferencesTable(self.access().client("dynamodb"), self.output("PreferencesTable"))

    def replaying(self, copy: str) -> tuple[CopiesTable, PreferencesTable, EpochsTable]:
        """A restored copy of the table of registers, and the live one by what writes to it."""
        from heed.adapters.dynamodb.erasures import EpochsTable
        from heed.adapters.dynamodb.preferences import PreferencesTable
        from heed.adapters.dynamodb.restored_table import CopiesTable

        client, live = self.access().client("dynamodb"), self.output("PreferencesTable")
        return (
            CopiesTable(client, copy, live),
            PreferencesTable(client, live),
            EpochsTable(client, live),
        )

    def identity(self) -> bytes:
        """The key that recipient ids are made with: one call of KMS."""
        from heed.adapters.kms.keys import KmsKeys

        identity_key = self.output("IdentityKeyArn")
        links_key = self.output("LinksKeyArn")
        client = self.access().client("kms")
        return KmsKeys(client, lambda: identity_key, lambda: links_key, ()).identity()

    def invoke(self, function: str, event: bytes) -> tuple[object, bool]:
        """Call a function by its full name; its answer, and whether it raised."""
        from heed.adapters.stack import invoke

        return invoke(self.access(), function, event)


def is_here(url: str) -> bool:
    """Whether a URL leads to this machine."""
    return urlsplit(url).hostname in _LOOPBACK
