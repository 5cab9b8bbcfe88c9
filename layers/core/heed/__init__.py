"""Heed handles unsubscribes and e-mail preferences. It stores no e-mail address to do so.

domain/       the rules: pure, no AWS, no clock, no I/O
use_cases/    a file for each use case, or for a few of one topic, and the ports that they need
codec/        the format in which the domain is stored
adapters/     implementations of the ports; the only package that calls AWS
entrypoints/  where requests arrive: HTTP, queues, streams, the command `heed`
config        reads every environment variable, in one place
bootstrap     decides which adapter implements which port
client/       the client of the API, for the machine of a sender; `heed.client.Heed`
snapshot/     the reader of snapshots, for the machine of a sender; `heed.Snapshot`
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from heed.snapshot.reader import Snapshot

__all__ = ["Snapshot"]


def __getattr__(name: str) -> type[Snapshot]:
    """Returns `heed.Snapshot`. A function does not have it, so nothing imports it before its first use."""
    if name != "Snapshot":
        raise AttributeError(name)
    from heed.snapshot.reader import Snapshot

    return Snapshot
