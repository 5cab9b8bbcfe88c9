"""Somebody entered an address in the form: whoever it is, one message is queued.

Nothing is read or written about the address: who is known here and who is not gets the same answer in
the same time. What is accepted is never dropped for want of room, so that room is looked for first.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass, replace

from heed.domain.errors import UnknownScope, WaitingQueueFull
from heed.domain.opt_in.confirmation_request import ConfirmationRequest
from heed.domain.opt_in.confirmation_token import CONFIRMATION_KEY_ID
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.register import ALL_SCOPES, ScopeNumber
from heed.use_cases.ports.keys import ConfirmationKeys
from heed.use_cases.ports.opt_in import NetworkCaps, WaitingQueue
from heed.use_cases.ports.preferences import MessageQueue


def opt_in_scopes(names: Iterable[str], catalogue: Catalogue) -> tuple[ScopeNumber, ...]:
    """The numbers of the offered topics among these names, ascending; what is unknown is passed over.

    Targeted advertising is one of them, though the form offers it to nobody who does not come for it.
    """
    numbers = {topic.number for topic in (*catalogue.offered(ALL_SCOPES), *catalogue.signals())}
    found = set()
    for name in names:
        try:
            found.add(catalogue.number(name))
        except UnknownScope:
            continue
    return tuple(sorted(found & numbers))


def opt_out_scopes(names: Iterable[str], catalogue: Catalogue) -> tuple[ScopeNumber, ...]:
    """The numbers of the topics that a way out names, ascending; none where it stops everything.

    That is where it names none, or anything beside them: what cannot be read makes no opt-out smaller.
    """
    topics = {topic.number for topic in (*catalogue.offered(ALL_SCOPES), *catalogue.signals())}
    try:
        named = {catalogue.number(name) for name in names}
    except UnknownScope:
        return ()
    return tuple(sorted(named)) if named <= topics else ()


def resume_scopes(names: Iterable[str], catalogue: Catalogue) -> tuple[ScopeNumber, ...]:
    """The numbers of the scopes among these names whose pause can end, ascending: topics as well."""
    numbers = (
        ALL_SCOPES,
        *catalogue.brands,
        *(topic.number for topic in catalogue.offered(ALL_SCOPES)),
    )
    scopes = {catalogue.name(number): number for number in numbers}
    return tuple(sorted({scopes[name] for name in names if name in scopes}))


@dataclass(frozen=True, slots=True)
class RequestConfirmation:
    """What the form does.

    `most` is how many may wait at once.
    """

    keys: ConfirmationKeys
    networks: NetworkCaps
    line: WaitingQueue
    most: int
    queue: MessageQueue

    def __call__(self, request: ConfirmationRequest) -> None:
        """Queue the request, with the time from which its network has room for its mail.

        Raises:
            NoRoom: so much waits that its mail would come too late, if at all.
            Unavailable: it was not kept.
        """
        if self.line.count() >= self.most:
            raise WaitingQueueFull("as many wait as can be sent in two days")
        due = self.networks.take(self._name(request.network), request.intent, request.at)
        if due is None:
            raise WaitingQueueFull("the network has asked for all that it may cause in two days")
        self.queue.send(replace(request, due=due).to_message())

    def _name(self, network: str) -> str:
        """A name for a network that nobody can turn back; no token begins with these bytes."""
        key = self.keys.confirmation_key(CONFIRMATION_KEY_ID)
        return hmac.digest(key, f"network {network}".encode(), "sha256").hex()[:32]
