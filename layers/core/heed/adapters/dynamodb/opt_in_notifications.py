"""Which confirmations were followed up, in the table `Control`: one item a recipient.

    told#<recipient>   h<issued>: that a press waits to be followed up; p<issued>: the press that took
                       the telling; d<issued>: that it is done

The first press that comes takes the telling; its own message, delivered again, may go on with it, and
another press of the same link may not. So the adopter is told once, and once more only where the
answer of its queue was lost. One item a recipient, so that a purge finds it by its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from heed.adapters.dynamodb.table import ConditionFailed, DynamoDBTable
from heed.override import override
from heed.use_cases.ports.opt_in import OptInNotifications
from heed.use_cases.ports.privacy import PurgeSubject

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOTIFICATION_PREFIX = "told#"
"""What the key of every item begins with: the role may touch no other."""

_KEPT = 30 * 24 * 60 * 60  # seconds: twice as long as a press can wait in its queues


class OptInNotificationsTable(OptInNotifications):
    """Serves the port Tellings from DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._table = DynamoDBTable(client, table)

    @override
    def begin(self, recipient: str, issued: int, press: str, now: int) -> bool:
        try:
            item = self._table.update(
                _key(recipient),
                "SET #press = :press, expires = :expires",
                condition=(
                    "attribute_not_exists(#press) OR (#press = :press AND attribute_not_exists(#done))"
                ),
                names={"#press": f"p{issued}", "#done": f"d{issued}"},
                values={":press": {"S": press}, ":expires": {"N": str(now // 1000 + _KEPT)}},
                returns="ALL_NEW",
            )
        except ConditionFailed:
            return False
        self._forget(recipient, _over(item, issued, now))
        return True

    @override
    def is_handed_on(self, recipient: str, issued: int) -> bool:
        return f"h{issued}" in (self._table.get(_key(recipient)) or {})

    @override
    def hand_on(self, recipient: str, issued: int, now: int) -> None:
        item = self._table.update(
            _key(recipient),
            "SET #handed = :yes, expires = :expires",
            names={"#handed": f"h{issued}"},
            values={":yes": {"BOOL": True}, ":expires": {"N": str(now // 1000 + _KEPT)}},
            returns="ALL_NEW",
        )
        self._forget(recipient, _over(item, issued, now))

    @override
    def finish(self, recipient: str, issued: int) -> None:
        """The condition keeps an item away that a purge has deleted meanwhile."""
        with suppress(ConditionFailed):
            self._table.update(
                _key(recipient),
                "SET #done = :yes",
                condition="attribute_exists(#press)",
                names={"#press": f"p{issued}", "#done": f"d{issued}"},
                values={":yes": {"BOOL": True}},
            )

    @override
    def clear(self, person: PurgeSubject) -> int:
        return int(bool(self._table.delete(_key(person.recipient), returns="ALL_OLD")))

    def _forget(self, recipient: str, over: list[str]) -> None:
        """Whoever confirms something every week has an item that does not end: it must not grow either."""
        if not over:
            return
        names = {f"#{name}": name for name in over}
        with suppress(ConditionFailed):
            self._table.update(
                _key(recipient),
                f"REMOVE {', '.join(names)}",
                condition="attribute_exists(pk)",
                names=names,
            )


def _key(recipient: str) -> dict[str, Any]:
    return {"pk": {"S": NOTIFICATION_PREFIX + recipient}}


def _over(item: Mapping[str, Any], issued: int, now: int) -> list[str]:
    """The attributes of other confirmations, asked for so long ago that nobody presses them any more."""
    return [
        name
        for name in sorted(item)
        if _names_a_time(name) and int(name[1:]) != issued
        if int(name[1:]) < now - _KEPT * 1000
    ]


def _names_a_time(name: str) -> bool:
    """Whether an attribute is one of a confirmation; another hand may have put others there."""
    written = name[1:]
    return name[:1] in ("h", "p", "d") and written.isascii() and written.isdecimal() and len(written) < 16
