"""Accepts an address from the form: queues one message for each request.

This neither reads nor writes data about the address. So the answer and its time do not reveal whether Heed
knows the address. A cap never drops an accepted request. So the caps are checked first.
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
    """Returns the numbers of the offered topics among these names, ascending. Unknown names are ignored.

    Targeted advertising is included, although the form shows it only to people who come for it.
    """
    numbers = {topic.number for topic in (*catalogue.offered_topics(ALL_SCOPES), *catalogue.signal_topics())}
    requested = set()
    for name in names:
        try:
            requested.add(catalogue.scope_number(name))
        except UnknownScope:
            continue
    return tuple(sorted(requested & numbers))


def opt_out_scopes(names: Iterable[str], catalogue: Catalogue) -> tuple[ScopeNumber, ...]:
    """Returns the numbers of the topics of an opt-out, ascending; empty for an opt-out of everything.

    An opt-out without names, or with any name that is not a topic, is an opt-out of everything. So an unknown
    name never reduces an opt-out.
    """
    topics = {topic.number for topic in (*catalogue.offered_topics(ALL_SCOPES), *catalogue.signal_topics())}
    try:
        named = {catalogue.scope_number(name) for name in names}
    except UnknownScope:
        return ()
    return tuple(sorted(named)) if named <= topics else ()


def resume_scopes(names: Iterable[str], catalogue: Catalogue) -> tuple[ScopeNumber, ...]:
    """Returns the numbers of the scopes among these names whose pause can end, ascending."""
    numbers = (
        ALL_SCOPES,
        *catalogue.brands,
        *(topic.number for topic in catalogue.offered_topics(ALL_SCOPES)),
    )
    scopes = {catalogue.scope_name(number): number for number in numbers}
    return tuple(sorted({scopes[name] for name in names if name in scopes}))


@dataclass(frozen=True, slots=True)
class RequestConfirmation:
    """Accepts a request of the form.

    Attributes:
        confirmation_keys: the keys of confirmation links.
        network_caps: the caps of networks.
        waiting_queue: the queue of the requests that a cap holds back.
        max_waiting: the most requests that may wait at once.
        request_queue: the queue of accepted requests.
    """

    confirmation_keys: ConfirmationKeys
    network_caps: NetworkCaps
    waiting_queue: WaitingQueue
    max_waiting: int
    request_queue: MessageQueue

    def __call__(self, request: ConfirmationRequest) -> None:
        """Queues a request, with the time from which the cap of its network permits its mail.

        Raises:
            WaitingQueueFull: The mail could not be sent in time.
            DependencyUnavailable: The request was not queued.
        """
        if self.waiting_queue.count() >= self.max_waiting:
            raise WaitingQueueFull("the requests in the waiting queue fill the caps of two days")
        due = self.network_caps.reserve(self._network_hash(request.network), request.intent, request.at)
        if due is None:
            raise WaitingQueueFull("the network has reached its cap for two days")
        self.request_queue.send(replace(request, due=due).to_message())

    def _network_hash(self, network: str) -> str:
        """Returns a keyed hash of a network. The key also signs tokens, but none starts with these bytes."""
        key = self.confirmation_keys.confirmation_key(CONFIRMATION_KEY_ID)
        return hmac.digest(key, f"network {network}".encode(), "sha256").hex()[:32]
