"""Who is meant: callers name people by address, or by recipient id where they have it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from heed.domain.errors import InvalidAddress, InvalidRecipient
from heed.domain.recipients.address import normalise_address
from heed.domain.recipients.recipient import parse_recipient, recipient_id
from heed.use_cases.ports.keys import IdentityKey


class Mention(NamedTuple):
    """How a caller names someone: one of the two, as it was sent."""

    address: str | None = None
    id: str | None = None


class IdentifiedPerson(NamedTuple):
    """Who is meant: the address as it was sent, if it was; the recipient id, None if it is nobody's."""

    address: str | None
    recipient: str | None


def identify(mentions: Iterable[Mention], key: IdentityKey) -> list[IdentifiedPerson]:
    """The people that are mentioned, in order.

    Raises:
        KeysUnavailable: addresses cannot be turned into ids now.
    """
    identity = key.identity_key()
    return [IdentifiedPerson(mention.address, _recipient(mention, identity)) for mention in mentions]


def recipient_of(mention: Mention, identity: bytes) -> str:
    """The recipient id of a mention, by the identity key.

    Raises:
        InvalidAddress, InvalidRecipient: it can be nobody's.
    """
    if mention.address is not None:
        return recipient_id(identity, normalise_address(mention.address))
    return parse_recipient(mention.id or "")


def _recipient(mention: Mention, identity: bytes) -> str | None:
    try:
        return recipient_of(mention, identity)
    except (InvalidAddress, InvalidRecipient):
        return None
