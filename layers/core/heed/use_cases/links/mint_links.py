"""Creates the tokens of the links in a mail. This only computes. It does not use the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from heed.domain.links.link_token import LinkToken, TokenPurpose, mint_link_token
from heed.domain.milliseconds import Millis
from heed.domain.preferences.catalogue import Topic
from heed.use_cases.identify import IdentifiedPerson
from heed.use_cases.ports.keys import LinkKeys


class MintedLinks(NamedTuple):
    """The link tokens of a person, by purpose. A person without a recipient id has no tokens."""

    person: IdentifiedPerson
    tokens: Mapping[TokenPurpose, str]


def mint_links(
    people: Sequence[IdentifiedPerson], topic: Topic, now: Millis, keys: LinkKeys
) -> list[MintedLinks]:
    """Returns link tokens for each person, in the same order.

    Args:
        people: the people.
        topic: the topic of the mail.
        now: time of issue, milliseconds.
        keys: the keys of links.

    Raises:
        KeysUnavailable: The link keys are not available.
    """
    key_id = keys.newest_key_id()
    signing_keys = {purpose: keys.link_key(purpose, key_id) for purpose in TokenPurpose}
    minted: list[MintedLinks] = []
    for person in people:
        tokens: dict[TokenPurpose, str] = {}
        if person.recipient is not None:
            token = LinkToken(person.recipient, topic.number, now, key_id)
            tokens = {purpose: mint_link_token(token, purpose, key) for purpose, key in signing_keys.items()}
        minted.append(MintedLinks(person, tokens))
    return minted
