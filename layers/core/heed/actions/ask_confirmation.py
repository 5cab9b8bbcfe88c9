"""Somebody entered an address in the form: whoever it is, one message is queued and nothing is read.

Who is known here and who is not therefore gets the same answer in the same time.
"""

from __future__ import annotations

from collections.abc import Iterable

from heed.actions.ports import Queue
from heed.domain.catalogue import Catalogue, Topic
from heed.domain.errors import UnknownScope
from heed.domain.mail_request import MailRequest
from heed.domain.register import ALL


def offered(catalogue: Catalogue) -> list[Topic]:
    """The topics that may be asked for: marketing that is still sent, of every brand."""
    return [topic for topic in catalogue.marketing(ALL) if not topic.retired]


def wanted(names: Iterable[str], catalogue: Catalogue) -> tuple[int, ...]:
    """The numbers of the offered topics among these names, ascending; what is unknown is passed over.

    Targeted advertising is one of them, though the form offers it to nobody who does not come for it.
    """
    numbers = {topic.number for topic in (*offered(catalogue), *catalogue.signals())}
    found = set()
    for name in names:
        try:
            found.add(catalogue.number(name))
        except UnknownScope:
            continue
    return tuple(sorted(found & numbers))


def unwanted(names: Iterable[str], catalogue: Catalogue) -> tuple[int, ...]:
    """The numbers of the topics that a way out names, ascending; none where it stops everything.

    That is where it names none, or anything beside them: what cannot be read makes no opt-out smaller.
    """
    topics = {topic.number for topic in (*offered(catalogue), *catalogue.signals())}
    try:
        named = {catalogue.number(name) for name in names}
    except UnknownScope:
        return ()
    return tuple(sorted(named)) if named <= topics else ()


def resumed(names: Iterable[str], catalogue: Catalogue) -> tuple[int, ...]:
    """The numbers of the scopes among these names whose pause can end: `*` and brands, ascending."""
    scopes = {catalogue.name(number): number for number in (ALL, *catalogue.brands)}
    return tuple(sorted({scopes[name] for name in names if name in scopes}))


class AskConfirmation:
    """What the form does."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    def __call__(self, request: MailRequest) -> None:
        """Queue the request.

        Raises:
            QueueUnavailable: it was not kept.
        """
        self._queue.send(request.to_message())
