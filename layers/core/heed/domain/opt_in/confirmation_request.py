"""What somebody entered in the form for those without a link, as it waits in a queue for its mail."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from heed.domain import queue_messages
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.preferences.register import ScopeNumber
from heed.domain.recipients.address import address_spellings, normalise_address


@dataclass(frozen=True, slots=True)
class ConfirmationRequest:
    """A request for a confirmation mail.

    Attributes:
        id: of the HTTP request: the same at every delivery of the message.
        address: normalised.
        intent: what is asked for.
        scopes: numbers of the scopes, ascending.
        language: of the page, and so of the mail.
        at: when it was asked for, milliseconds.
        base_url: of the links, without a slash at the end.
        network: where it came from, no closer than `192.0.2.0/24` or `2001:db8::/48`; "" if unknown.
        resume: numbers of the scopes whose pause is to end, ascending.
        due: when that network has room for its mail, milliseconds; in the past, if it has now.
        given: the address in the case in which it was given: the mail service keeps it so on its own
            list; "" where that is the normalised one.
    """

    id: str
    address: str
    intent: Intent
    scopes: tuple[ScopeNumber, ...]
    language: str
    at: int
    base_url: str
    network: str
    resume: tuple[ScopeNumber, ...] = ()
    due: int = 0
    given: str = ""

    def to_message(self) -> str:
        """As it waits in the queue."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_message(cls, body: str) -> ConfirmationRequest:
        """As it was put into the queue.

        Raises:
            Malformed: it was not put there by us.
        """
        return queue_messages.read_message(body, cls._of)

    @classmethod
    def _of(cls, data: dict[str, Any]) -> ConfirmationRequest:
        address = queue_messages.text_member(data.pop("address"))
        base_url = queue_messages.text_member(data.pop("base_url"))
        if normalise_address(address) != address or not (base_url.isascii() and base_url.isprintable()):
            raise ValueError("not as we write it")
        given = queue_messages.text_member(data.pop("given", ""))
        if given and (given not in address_spellings(given) or normalise_address(given) != address):
            raise ValueError("not another spelling of the address")
        return cls(
            id=queue_messages.text_member(data.pop("id")),
            address=address,
            intent=Intent(data.pop("intent")),
            scopes=queue_messages.scopes_member(data.pop("scopes")),
            language=queue_messages.text_member(data.pop("language")),
            at=queue_messages.number_member(data.pop("at")),
            base_url=base_url,
            network=queue_messages.text_member(data.pop("network")),
            resume=queue_messages.scopes_member(data.pop("resume", [])),
            due=queue_messages.number_member(data.pop("due", 0)),
            given=given,
            **data,
        )
