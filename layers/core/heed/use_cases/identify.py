"""Finds the recipient id of each person whom a caller names by address or by recipient id."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from heed.domain.errors import InvalidAddress, InvalidRecipient
from heed.domain.recipients.address import normalise_address
from heed.domain.recipients.recipient import parse_recipient, recipient_id
from heed.use_cases.ports.keys import IdentityKey


class Mention(NamedTuple):
    """A person as the caller names them: exactly one of the two fields is set, as the caller sent it."""

    address: str | None = None
    id: str | None = None


class IdentifiedPerson(NamedTuple):
    """A person whom a caller named.

    Attributes:
        address: the address as the caller sent it; None if the caller sent a recipient id.
        recipient: recipient id; None if the address or the id is invalid.
    """

    address: str | None
    recipient: str | None


def identify(mentions: Iterable[Mention], key: IdentityKey) -> list[IdentifiedPerson]:
    """Returns the people whom the caller named, in the same order.

    Raises:
        KeysUnavailable: The key that turns addresses into ids is not available.
    """
    identity = key.identity_key()
    return [IdentifiedPerson(mention.address, _find_recipient(mention, identity)) for mention in mentions]


def recipient_of(mention: Mention, identity: bytes) -> str:
    """Returns the recipient id of a mention.

    Args:
        mention: a person as the caller names them.
        identity: the key of recipient ids.

    Raises:
        InvalidAddress: The address is not valid.
        InvalidRecipient: The id is not a recipient id.
    """
    if mention.address is not None:
        return recipient_id(identity, normalise_address(mention.address))
    return parse_recipient(mention.id or "")


def _find_recipient(mention: Mention, identity: bytes) -> str | None:
    try:
        return recipient_of(mention, identity)
    except (InvalidAddress, InvalidRecipient):
        return None
