"""A request for a confirmation mail, from the form or from a server, as it waits in a queue."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from heed.domain import queue_messages
from heed.domain.milliseconds import Millis
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.preferences.register import ScopeNumber
from heed.domain.recipients.address import address_spellings, normalise_address


def other_spelling(text: str, address: str) -> str:
    """Returns an address as it was entered, or "" if that is the normalised address.

    Args:
        text: the address as it was entered.
        address: the same, normalised.
    """
    entered = next(iter(address_spellings(text)), address)
    return "" if entered == address else entered


@dataclass(frozen=True, slots=True)
class ConfirmationRequest:
    """A request for a confirmation mail.

    Attributes:
        id: the id of the HTTP request, the same at every delivery of the message.
        address: the normalised address.
        intent: opt-in or opt-out.
        scopes: numbers of the scopes, ascending.
        language: of the page and of the mail.
        at: the time of the request, milliseconds.
        base_url: the beginning of all links in the mail, without a slash at the end.
        origin: where the request comes from, for the caps. For the form it is the network of the browser, at
            most as precise as `192.0.2.0/24` or `2001:db8::/48`, or "". For a server it is the API key.
        resume: numbers of the scopes whose pause should end, ascending.
        due: the time at which the cap of the origin allows the mail, milliseconds. A past time means now.
        given: the address in its original case, or "" if that is the normalised address. SES keeps this case
            in its suppression list.
    """

    id: str
    address: str
    intent: Intent
    scopes: tuple[ScopeNumber, ...]
    language: str
    at: Millis
    base_url: str
    origin: str
    resume: tuple[ScopeNumber, ...] = ()
    due: Millis = Millis(0)
    given: str = ""

    def to_message(self) -> str:
        """Returns the message for the queue."""
        members = asdict(self)
        members["network"] = members.pop("origin")
        return json.dumps(members, sort_keys=True)

    @classmethod
    def from_message(cls, body: str) -> ConfirmationRequest:
        """Parses a message of the queue.

        Raises:
            MalformedMessage: Heed did not send the message.
        """
        return queue_messages.read_message(body, cls._from_members)

    @classmethod
    def _from_members(cls, members: dict[str, Any]) -> ConfirmationRequest:
        address = queue_messages.text_member(members.pop("address"))
        base_url = queue_messages.text_member(members.pop("base_url"))
        if normalise_address(address) != address or not (base_url.isascii() and base_url.isprintable()):
            raise ValueError("not in Heed's format")
        given = queue_messages.text_member(members.pop("given", ""))
        if given and (given not in address_spellings(given) or normalise_address(given) != address):
            raise ValueError("not another spelling of the address")
        return cls(
            id=queue_messages.text_member(members.pop("id")),
            address=address,
            intent=Intent(members.pop("intent")),
            scopes=queue_messages.scopes_member(members.pop("scopes")),
            language=queue_messages.text_member(members.pop("language")),
            at=Millis(queue_messages.number_member(members.pop("at"))),
            base_url=base_url,
            origin=queue_messages.text_member(members.pop("network")),
            resume=queue_messages.scopes_member(members.pop("resume", [])),
            due=Millis(queue_messages.number_member(members.pop("due", 0))),
            given=given,
            **members,
        )
