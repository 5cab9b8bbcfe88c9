"""What a mail client will do with one message: the checks of `heed doctor message.eml`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from heed.doctor.dkim import check_signature
from heed.doctor.dns_records import TxtRecords
from heed.doctor.findings import CheckName, DoctorFinding, failed, not_checked, passed
from heed.doctor.message_header import MessageHeader, parse_message_header
from heed.doctor.unsubscribe_header import (
    check_list_fields,
    check_unsubscribe_fields,
    unsubscribe_url,
)
from heed.doctor.visible_link import check_visible_link
from heed.domain.errors import DependencyUnavailable, InvalidToken, UnknownScope
from heed.entrypoints.inbound_mail.mime import read_mail_texts
from heed.entrypoints.inbound_mail.senders import parse_senders


@dataclass(frozen=True, slots=True)
class LinkTopic:
    """What a link of a stack stops.

    Attributes:
        name: the name of the topic or the brand, or "everything".
        list_id: the List-Id of the topic, without its title and brackets, or "".
    """

    name: str
    list_id: str


TopicOfLink = Callable[[str], LinkTopic | None]
"""Returns what a link stops, or None if it is not a link of the stack.

It raises InvalidToken if the stack did not make the link, UnknownScope if the stack does not know the
topic, and DependencyUnavailable if neither is known.
"""


def examine_message(raw: bytes, txt: TxtRecords, topic_of: TopicOfLink) -> list[DoctorFinding]:
    """Makes all checks of a message.

    Args:
        raw: the message as it arrived.
        txt: asks the DNS.
        topic_of: reads the link of the message.

    Raises:
        MalformedMessage: It is not a mail.
    """
    header = parse_message_header(raw)
    url = unsubscribe_url(header)
    return [
        *check_unsubscribe_fields(header),
        *check_signature(header, sender_domain(header), txt),
        *check_list_fields(header),
        *_check_token(header, url, topic_of),
        check_visible_link(read_mail_texts(raw), url),
    ]


def sender_domain(header: MessageHeader) -> str | None:
    """Returns the domain of the From field, or None if it does not have exactly one address."""
    senders = parse_senders(field.value for field in header.all("from"))
    if len(senders) != 1 or senders[0] is None:
        return None
    return senders[0].rpartition("@")[2]


def _check_token(header: MessageHeader, url: str | None, topic_of: TopicOfLink) -> list[DoctorFinding]:
    name = CheckName.LINK_TOKEN
    if url is None:
        return []
    try:
        topic = topic_of(url)
    except InvalidToken as error:
        mend = "do not shorten, wrap or rewrite the link; use it as POST /v1/links returned it"
        return [failed(name, f"the link is not one that this stack made: {error}", mend)]
    except UnknownScope:
        mend = "deploy the catalogue with the topic again: a topic is retired and never removed"
        return [failed(name, "the link is for a topic that the catalogue does not have", mend)]
    except DependencyUnavailable as error:
        mend = "use an AWS identity with the policy LinksKeyPolicy of the stack, and an API key"
        return [not_checked(name, f"the link cannot be read ({error})", mend)]
    if topic is None:
        return []
    if topic.list_id and not any(f"<{topic.list_id}>" in field.value for field in header.all("list-id")):
        mend = f"send the List-Id of the topic of the link: <{topic.list_id}>"
        return [failed(name, f"the link stops {topic.name}, but List-Id names another list", mend)]
    return [passed(name, f"the link stops {topic.name}")]
