"""The cap of confirmation mails per network, in the table `Control`.

    `mails#network#<intent>#<network>`   `u`: the time until which the network has used its cap, milliseconds

Each mail moves that time forward by its share of a day. A network that has caused no mail may cause the mails
of a whole day at once. Each further mail gets its own send time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heed.adapters.dynamodb.table import DynamoDBTable
from heed.domain.milliseconds import Millis
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.opt_in.mail_caps import CAP_WINDOW, MAX_WAIT, network_interval
from heed.override import override
from heed.use_cases.ports.opt_in import OriginCaps

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NETWORK_CAP_PREFIX = "mails#network#"
"""The prefix of each key for a network. The role of the form may access no other keys of the mail caps."""

_MAX_WRITES = 2  # the second attempt succeeds if a concurrent request created the item


class NetworkCapsTable(OriginCaps):
    """Implements the port OriginCaps for networks, with DynamoDB.

    Args:
        client: DynamoDB client.
        table: Name of the table `Control`.
        per_day: Daily cap of opt-in confirmation mails per network.
    """

    def __init__(self, client: DynamoDBClient, table: str, per_day: int) -> None:
        self._table = DynamoDBTable(client, table)
        self._per_day = per_day

    @override
    def reserve(self, origin: str, intent: Intent, now: Millis) -> Millis | None:
        key, share = f"{NETWORK_CAP_PREFIX}{intent}#{origin}", network_interval(intent, self._per_day)
        last = now + CAP_WINDOW + MAX_WAIT - share
        for _ in range(_MAX_WRITES):
            unused = self._move_time(
                key,
                "SET u = :to, expires = :expires",
                "attribute_not_exists(u) OR u <= :now",
                {":to": now + share, ":now": now, ":expires": _expires(now)},
            )
            if unused is not None:
                return now
            used = self._move_time(
                key,
                "SET u = u + :share, expires = :expires",
                "u > :now AND u <= :last",
                {":share": share, ":now": now, ":last": last, ":expires": _expires(now)},
            )
            if used is not None:
                return Millis(max(used - CAP_WINDOW, now))
        return None

    def _move_time(self, key: str, update: str, condition: str, values: dict[str, int]) -> int | None:
        """Moves the time of a network. Returns the new time, or None if the condition does not hold."""
        return self._table.try_update_number({"pk": {"S": key}}, update, condition, values, "u")


def _expires(now: Millis) -> int:
    """Returns the time from which an item has no effect any more, seconds since the Unix epoch."""
    return (now + 2 * CAP_WINDOW + MAX_WAIT) // 1000
