"""The answers of the API as typed values. A text that shows one of them contains no address and no link."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from heed.client.failures import NotUnderstood
from heed.client.members import Members

_SENDABLE_REASON = "ok"
_LIST_HEADERS = {"List-Unsubscribe", "List-Unsubscribe-Post", "List-Id"}


@dataclass(frozen=True, slots=True)
class PersonCheck:
    """Whether a topic may be sent to a person now.

    Attributes:
        person: the address or the recipient id, as it was given.
        recipient: the recipient id; None if the person is not valid.
        sendable: whether a mail may be sent. Nothing else permits one.
        reason: the strongest reason, such as `unsubscribed`.
        since: when that began.
        source: how that arrived, such as `one-click`.
        until: when that ends by itself.
        as_of: the time of the answer.
    """

    person: str = field(repr=False)
    recipient: str | None
    sendable: bool
    reason: str
    since: datetime | None
    source: str | None
    until: datetime | None
    as_of: datetime

    @classmethod
    def from_members(cls, members: Members, person: str, as_of: datetime) -> PersonCheck:
        """Reads a result of `POST /v1/check`.

        Raises:
            NotUnderstood: it is none.
        """
        decision = PersonDecision.from_members(members)
        recipient = members.text_or_none("recipient")
        if decision.sendable and recipient is None:
            raise NotUnderstood("the answer permits a mail to nobody")
        return cls(
            person,
            recipient,
            decision.sendable,
            decision.reason,
            decision.since,
            decision.source,
            decision.until,
            as_of,
        )


@dataclass(frozen=True, slots=True)
class PersonDecision:
    """The decision about one topic of one person. Its attributes are those of `PersonCheck`."""

    sendable: bool
    reason: str
    since: datetime | None
    source: str | None
    until: datetime | None

    @classmethod
    def from_members(cls, members: Members) -> PersonDecision:
        """Reads a decision.

        Raises:
            NotUnderstood: it is none, or it permits a mail with a reason against it.
        """
        sendable, reason = members.flag("sendable"), members.text("reason")
        if sendable and reason != _SENDABLE_REASON:
            raise NotUnderstood("the answer permits a mail, and names a reason against it")
        return cls(
            sendable,
            reason,
            members.time_or_none("since"),
            members.text_or_none("source"),
            members.time_or_none("until"),
        )


@dataclass(frozen=True, slots=True)
class PersonLinks:
    """The links of one mail to one person.

    Attributes:
        person: the address or the recipient id, as it was given.
        recipient: the recipient id.
        unsubscribe_url: for the mail's text. A mail client posts to it, too.
        preferences_url: for the mail's text.
        headers: the headers to set unchanged, and to sign with DKIM: `List-Unsubscribe`,
            `List-Unsubscribe-Post` and `List-Id`.
        tags: the message tags for SES.
        warning: why these links must not be mailed, or "".
    """

    person: str = field(repr=False)
    recipient: str
    unsubscribe_url: str = field(repr=False)
    preferences_url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    tags: Mapping[str, str]
    warning: str


@dataclass(frozen=True, slots=True)
class NoLinks:
    """There are no links, because the person is not valid.

    Attributes:
        person: the address or the recipient id, as it was given.
        error: the code of the reason, such as `invalid`.
    """

    person: str = field(repr=False)
    error: str


LinksAnswer: TypeAlias = PersonLinks | NoLinks


def read_links(members: Members, person: str, warning: str) -> LinksAnswer:
    """Reads a result of `POST /v1/links`.

    Raises:
        NotUnderstood: it is none, or its headers are not whole, or one is more than one line.
    """
    if "error" in members.all:
        return NoLinks(person, members.text("error"))
    headers = members.texts_by_name("headers")
    are_lines = all(text.isascii() and text.isprintable() for pair in headers.items() for text in pair)
    if not (headers.keys() >= _LIST_HEADERS and are_lines):
        raise NotUnderstood("the answer has no headers that can be set")
    return PersonLinks(
        person,
        members.text("recipient"),
        members.text("unsubscribe_url"),
        members.text("preferences_url"),
        headers,
        members.texts_by_name("tags"),
        warning,
    )


@dataclass(frozen=True, slots=True)
class ChangeAnswer:
    """What became of a change.

    Attributes:
        recipient: the recipient id.
        outcome: `applied`; `superseded`, if something newer overrides it; `refused`, if it is not recorded.
        blocked_by: the reasons that still stop topics of its scope, or the reason of the refusal.
        sendable: whether each topic may be sent now.
        is_new: whether Heed had no record of the person before.
    """

    recipient: str
    outcome: str
    blocked_by: tuple[str, ...]
    sendable: Mapping[str, bool]
    is_new: bool

    @property
    def is_recorded(self) -> bool:
        """Whether the change is on record. Only then may a page say that it is saved."""
        return self.outcome in ("applied", "superseded")

    @classmethod
    def from_members(cls, members: Members) -> ChangeAnswer:
        """Reads a result of `POST /v1/changes`.

        Raises:
            NotUnderstood: it is none.
        """
        return cls(
            members.text("recipient"),
            members.text("outcome"),
            members.texts("blocked_by"),
            members.flags_by_name("sendable"),
            members.text("record") == "new",
        )
