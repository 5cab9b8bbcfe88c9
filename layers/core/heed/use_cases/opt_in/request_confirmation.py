"""Accepts an address from the form or from a server: queues one message for each request.

This neither reads nor writes data about the address. So the answer and its time do not reveal whether Heed
knows the address. The caps of networks, keys and days never drop an accepted request. So they are checked
first. Only the cap of a mailbox is checked later, because it is data about the address.
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
from heed.use_cases.ports.opt_in import OriginCaps, WaitingQueue
from heed.use_cases.ports.preferences import MessageQueue


def selectable_topics(catalogue: Catalogue) -> set[ScopeNumber]:
    """Returns the numbers of the topics that a confirmation can turn on or off."""
    return {topic.number for topic in (*catalogue.offered_topics(ALL_SCOPES), *catalogue.signal_topics())}


def opt_in_scopes(names: Iterable[str], catalogue: Catalogue) -> tuple[ScopeNumber, ...]:
    """Returns the numbers of the offered topics among these names, ascending. Unknown names are ignored.

    Targeted advertising is included, although the form shows it only to people who come for it.
    """
    requested = set()
    for name in names:
        try:
            requested.add(catalogue.scope_number(name))
        except UnknownScope:
            continue
    return tuple(sorted(requested & selectable_topics(catalogue)))


def opt_out_scopes(names: Iterable[str], catalogue: Catalogue) -> tuple[ScopeNumber, ...]:
    """Returns the numbers of the topics of an opt-out, ascending; empty for an opt-out of everything.

    An opt-out without names, or with any name that is not a topic, is an opt-out of everything. So an unknown
    name never reduces an opt-out.
    """
    try:
        named = {catalogue.scope_number(name) for name in names}
    except UnknownScope:
        return ()
    return tuple(sorted(named)) if named <= selectable_topics(catalogue) else ()


def resumable_scopes(catalogue: Catalogue) -> set[ScopeNumber]:
    """Returns the numbers of the scopes whose pause a confirmation can end."""
    topics = catalogue.offered_topics(ALL_SCOPES)
    return {ALL_SCOPES, *catalogue.brands, *(topic.number for topic in topics)}


def resume_scopes(names: Iterable[str], catalogue: Catalogue) -> tuple[ScopeNumber, ...]:
    """Returns the numbers of the scopes among these names whose pause can end, ascending."""
    scopes = {catalogue.scope_name(number): number for number in resumable_scopes(catalogue)}
    return tuple(sorted({scopes[name] for name in names if name in scopes}))


@dataclass(frozen=True, slots=True)
class QueueConfirmationRequest:
    """Queues a request whose mail can be sent in time.

    Attributes:
        origin_caps: the caps of the networks, or of the API keys.
        waiting_queue: the queue of the requests that a cap holds back.
        max_waiting: how many requests of all origins may wait when one more is accepted.
        request_queue: the queue of accepted requests.
    """

    origin_caps: OriginCaps
    waiting_queue: WaitingQueue
    max_waiting: int
    request_queue: MessageQueue

    def __call__(self, request: ConfirmationRequest, origin: str) -> None:
        """Queues a request, with the time from which the cap of its origin permits its mail.

        Args:
            request: the request.
            origin: the name of its origin in the store of the caps.

        Raises:
            WaitingQueueFull: The mail could not be sent in time.
            DependencyUnavailable: The request was not queued.
        """
        if self.waiting_queue.count() >= self.max_waiting:
            raise WaitingQueueFull("the waiting queue has no room for this kind of origin")
        due = self.origin_caps.reserve(origin, request.intent, request.at)
        if due is None:
            raise WaitingQueueFull("the cap of the origin has no room in time")
        self.request_queue.send(replace(request, due=due).to_message())


@dataclass(frozen=True, slots=True)
class RequestConfirmation:
    """Accepts a request of the form.

    Attributes:
        confirmation_keys: the keys of confirmation links.
        queue_request: queues the request. Its caps are those of networks.
    """

    confirmation_keys: ConfirmationKeys
    queue_request: QueueConfirmationRequest

    def __call__(self, request: ConfirmationRequest) -> None:
        """Queues a request within the cap of its network, which is stored as a keyed hash.

        Raises:
            WaitingQueueFull: The mail could not be sent in time.
            DependencyUnavailable: The request was not queued.
        """
        # The key also signs tokens, but none starts with these bytes.
        key = self.confirmation_keys.confirmation_key(CONFIRMATION_KEY_ID)
        network_hash = hmac.digest(key, f"network {request.origin}".encode(), "sha256").hex()[:32]
        self.queue_request(request, network_hash)
