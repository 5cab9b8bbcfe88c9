"""The feed of suppressions, in pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from heed.client.members import Members


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """An entry of the feed. It replaces what you keep of the same recipient, reason and scope.

    Attributes:
        recipient: the recipient id.
        reason: why mail is stopped, such as `complained`.
        scope: `*`, a brand or a topic.
        excluded: the marketing topics of the scope that are not stopped.
        is_lifted: whether the suppression is not active any more. What this client does not know is active.
        since: when it began.
        source: how it arrived.
        until: when it ends by itself.
    """

    recipient: str
    reason: str
    scope: str
    excluded: tuple[str, ...]
    is_lifted: bool
    since: datetime | None
    source: str | None
    until: datetime | None

    @classmethod
    def from_members(cls, members: Members) -> FeedEntry:
        """Reads an entry of `GET /v1/suppressions`.

        Raises:
            NotUnderstood: it is none.
        """
        return cls(
            members.text("recipient"),
            members.text("reason"),
            members.text("scope"),
            members.texts("except"),
            members.text("state") == "lifted",
            members.time_or_none("since"),
            members.text_or_none("source"),
            members.time_or_none("until"),
        )


@dataclass(frozen=True, slots=True)
class FeedPage:
    """A page of the feed.

    Attributes:
        suppressions: its entries, in order of change.
        cursor: where the next page begins. Keep that of the last page for the next pass.
        is_last: whether the pass ends with this page.
        content: the page as it arrived, for `Snapshot.follow`.
    """

    suppressions: tuple[FeedEntry, ...]
    cursor: str
    is_last: bool
    content: Mapping[str, Any] = field(repr=False)

    @classmethod
    def from_members(cls, members: Members) -> FeedPage:
        """Reads an answer of `GET /v1/suppressions`.

        Raises:
            NotUnderstood: it is none.
        """
        entries = map(FeedEntry.from_members, members.objects("suppressions"))
        return cls(tuple(entries), members.text("cursor"), members.flag("end"), members.all)
