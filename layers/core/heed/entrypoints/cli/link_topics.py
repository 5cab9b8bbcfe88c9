"""Reads the links of a stack with its keys: whether the stack made a link, and for which topic."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from heed.domain.errors import DependencyUnavailable, NotFound, UnknownScope
from heed.entrypoints.cli import api
from heed.entrypoints.cli.failure import ApiRefused, CommandFailure
from heed.entrypoints.cli.find_stack import find_stack

if TYPE_CHECKING:
    from heed.doctor.message import LinkTopic, TopicOfLink
    from heed.domain.links.link_token import LinkToken
    from heed.entrypoints.cli.stack import Stack

_PATH = "/u/"


def find_topics_of_links(name: str | None) -> TopicOfLink:
    """Returns a reader of the links of a stack.

    Without a name and without a local stack, it reads no link: a message can be of any sender.
    """
    try:
        stack = find_stack(name)
    except CommandFailure:
        if name is not None:
            raise
        return lambda _: None

    def topic_of(url: str) -> LinkTopic | None:
        try:
            return _read_topic(stack, url)
        except (CommandFailure, ApiRefused, NotFound) as error:
            raise DependencyUnavailable(str(error)) from error

    return topic_of


def _read_topic(stack: Stack, url: str) -> LinkTopic | None:
    from heed.doctor.web_client import parse_web_url

    parts = parse_web_url(url)
    if parts is None or not parts.path.startswith(_PATH):
        return None
    if parts.hostname != urlsplit(stack.output("ApiUrl")).hostname:
        return None
    token = _verify_token(stack, parts.path.removeprefix(_PATH))
    return _find_topic(stack, token.scope)


def _verify_token(stack: Stack, text: str) -> LinkToken:
    """Returns the content of a token.

    Raises:
        InvalidToken: The stack did not make it.
        DependencyUnavailable: The keys of the stack cannot be read.
    """
    from heed.adapters.kms.keys import KmsLinkKeys
    from heed.domain.links.link_token import TokenPurpose, verify_link_token

    ids = tuple(int(number) for number in stack.parameters().get("LinkKeyIds", "1").split(","))
    keys = KmsLinkKeys(stack.access().client("kms"), stack.output("LinksKeyArn"), ids)
    return verify_link_token(text, TokenPurpose.UNSUBSCRIBE, keys.link_key)


def _find_topic(stack: Stack, number: int) -> LinkTopic:
    from heed.doctor.message import LinkTopic

    if number == 0:
        return LinkTopic("everything", "")
    answer = api.get_from_api(stack, "/v1/topics")
    brands = {brand["name"]: brand for brand in answer["brands"]}
    for topic in answer["topics"]:
        if topic["number"] == number and (brand := brands.get(topic["brand"])):
            short = topic["name"].rpartition("/")[2]
            return LinkTopic(topic["name"], f"{short}.{brand['name']}.{brand['domain']}")
    if name := next((brand["name"] for brand in brands.values() if brand["number"] == number), None):
        return LinkTopic(name, "")
    raise UnknownScope("unknown number")
