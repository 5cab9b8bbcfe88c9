"""Claims of the opt-in notifications to the adopter, in the table `Control`. Each recipient has one item.

    `notified#<recipient>`   `h<issued>`: a press of this confirmation is in the queue
                         `p<issued>`: the press that claimed the notification
                         `d<issued>`: the notification was sent

`<issued>` is the time when the confirmation link was issued. The first press claims the notification. A retry
of its message may continue. A second press of the same link must not continue. So the adopter gets one
notification, and a duplicate only if the response of the adopter's queue was lost. There is one item per
recipient, so that a purge finds it by its key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from heed.adapters.dynamodb.table import ConditionFailed, TableAdapter
from heed.domain.milliseconds import Millis
from heed.override import override
from heed.use_cases.ports.opt_in import OptInNotificationClaims
from heed.use_cases.ports.privacy import PurgedPerson

NOTIFICATION_PREFIX = "notified#"
"""The prefix of each key. The IAM role may access no other keys."""

_LIFETIME = 30 * 24 * 60 * 60  # seconds; twice the time that a press can wait in its queues


class OptInNotificationClaimsTable(TableAdapter, OptInNotificationClaims):
    """Implements the port OptInNotificationClaims with DynamoDB."""

    @override
    def claim(self, recipient: str, issued: Millis, press_id: str, now: Millis) -> bool:
        try:
            item = self._table.update(
                _key(recipient),
                "SET #press = :press, expires = :expires",
                condition=(
                    "attribute_not_exists(#press) OR (#press = :press AND attribute_not_exists(#done))"
                ),
                names={"#press": f"p{issued}", "#done": f"d{issued}"},
                values={":press": {"S": press_id}, ":expires": {"N": str(now // 1000 + _LIFETIME)}},
                returns="ALL_NEW",
            )
        except ConditionFailed:
            return False
        self._remove_attributes(recipient, _expired_attributes(item, issued, now))
        return True

    @override
    def is_queued(self, recipient: str, issued: Millis) -> bool:
        return f"h{issued}" in (self._table.get(_key(recipient)) or {})

    @override
    def mark_queued(self, recipient: str, issued: Millis, now: Millis) -> None:
        item = self._table.update(
            _key(recipient),
            "SET #handed = :yes, expires = :expires",
            names={"#handed": f"h{issued}"},
            values={":yes": {"BOOL": True}, ":expires": {"N": str(now // 1000 + _LIFETIME)}},
            returns="ALL_NEW",
        )
        self._remove_attributes(recipient, _expired_attributes(item, issued, now))

    @override
    def finish(self, recipient: str, issued: Millis) -> None:
        """Marks a notification as sent. The condition prevents that an item reappears after its purge."""
        self._table.try_update(
            _key(recipient),
            "SET #done = :yes",
            condition="attribute_exists(#press)",
            names={"#press": f"p{issued}", "#done": f"d{issued}"},
            values={":yes": {"BOOL": True}},
        )

    @override
    def clear(self, person: PurgedPerson) -> int:
        return int(bool(self._table.delete(_key(person.recipient), returns="ALL_OLD")))

    def _remove_attributes(self, recipient: str, expired: list[str]) -> None:
        """Removes expired attributes. The item of a person who confirms often never expires as a whole."""
        if not expired:
            return
        names = {f"#{name}": name for name in expired}
        self._table.try_update(
            _key(recipient),
            f"REMOVE {', '.join(names)}",
            condition="attribute_exists(pk)",
            names=names,
        )


def _key(recipient: str) -> dict[str, Any]:
    return {"pk": {"S": NOTIFICATION_PREFIX + recipient}}


def _expired_attributes(item: Mapping[str, Any], issued: Millis, now: Millis) -> list[str]:
    """Returns the attributes of other confirmations whose links have expired."""
    return [
        name
        for name in sorted(item)
        if _is_confirmation_attribute(name) and int(name[1:]) != issued
        if int(name[1:]) < now - _LIFETIME * 1000
    ]


def _is_confirmation_attribute(name: str) -> bool:
    """Returns whether an attribute belongs to a confirmation. An altered item may have other attributes."""
    time = name[1:]
    return name[:1] in ("h", "p", "d") and time.isascii() and time.isdecimal() and len(time) < 16
