"""The links that go into a mail: minting is computation alone, nothing is read or written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from heed.domain.links.link_token import LinkToken, TokenPurpose, mint_link_token
from heed.domain.preferences.catalogue import Topic
from heed.use_cases.identify import IdentifiedPerson
from heed.use_cases.ports.keys import LinkKeys


class MintedLinks(NamedTuple):
    """The tokens of one person, by purpose; none for whom nobody knows how to name."""

    person: IdentifiedPerson
    tokens: Mapping[TokenPurpose, str]


def mint_links(
    people: Sequence[IdentifiedPerson], topic: Topic, now: int, keys: LinkKeys
) -> list[MintedLinks]:
    """Tokens for each, issued now, in order.

    Raises:
        KeysUnavailable: nothing can be signed now.
    """
    key_id = keys.newest_key_id()
    signing = {purpose: keys.link_key(purpose, key_id) for purpose in TokenPurpose}
    minted: list[MintedLinks] = []
    for person in people:
        tokens: dict[TokenPurpose, str] = {}
        if person.recipient is not None:
            said = LinkToken(person.recipient, topic.number, now, key_id)
            tokens = {purpose: mint_link_token(said, purpose, key) for purpose, key in signing.items()}
        minted.append(MintedLinks(person, tokens))
    return minted
