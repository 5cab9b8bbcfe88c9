"""The links that go into a mail: minting is computation alone, nothing is read or written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from heed.domain.links.link_token import Purpose, Token, mint
from heed.domain.preferences.catalogue import Topic
from heed.use_cases.identify import Person
from heed.use_cases.ports.keys import LinkKeys


class Minted(NamedTuple):
    """The tokens of one person, by purpose; none for whom nobody knows how to name."""

    person: Person
    tokens: Mapping[Purpose, str]


def mint_links(people: Sequence[Person], topic: Topic, now: int, keys: LinkKeys) -> list[Minted]:
    """Tokens for each, issued now, in order.

    Raises:
        KeysUnavailable: nothing can be signed now.
    """
    key_id = keys.newest()
    signing = {purpose: keys.link(purpose, key_id) for purpose in Purpose}
    minted: list[Minted] = []
    for person in people:
        tokens: dict[Purpose, str] = {}
        if person.recipient is not None:
            said = Token(person.recipient, topic.number, now, key_id)
            tokens = {purpose: mint(said, purpose, key) for purpose, key in signing.items()}
        minted.append(Minted(person, tokens))
    return minted
