"""How many confirmation mails each network causes, in the table `Control`.

    mails#network#<intent>#<network>   u: until when the network's room is used up, milliseconds

Each mail moves that time by its share of a day. A network that has asked for nothing is a day behind
the present: so many mails may go at once. From then on each has a time of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heed.adapters.dynamodb.table import ConditionFailed, DynamoDBTable
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.opt_in.mail_caps import CAP_WINDOW, MAX_WAIT, network_interval
from heed.override import override
from heed.use_cases.ports.opt_in import NetworkCaps

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NETWORK_CAP_PREFIX = "mails#network#"
"""What the key of every item begins with: the role of the form may touch no other of these."""

_PASSES = 2  # who lost the first place to another finds it taken at the second look


class NetworkCapsTable(NetworkCaps):
    """Serves the port NetworkRoom; `per_day` is the number of mails for the way back."""

    def __init__(self, client: DynamoDBClient, table: str, per_day: int) -> None:
        self._table = DynamoDBTable(client, table)
        self._per_day = per_day

    @override
    def take(self, network: str, intent: Intent, now: int) -> int | None:
        key, share = (
            f"{NETWORK_CAP_PREFIX}{intent}#{network}",
            network_interval(intent, self._per_day),
        )
        last = now + CAP_WINDOW + MAX_WAIT - share
        for _ in range(_PASSES):
            fresh = self._move(
                key,
                "SET u = :to, expires = :expires",
                "attribute_not_exists(u) OR u <= :now",
                {":to": now + share, ":now": now, ":expires": _expires(now)},
            )
            if fresh is not None:
                return now
            used = self._move(
                key,
                "SET u = u + :share, expires = :expires",
                "u > :now AND u <= :last",
                {":share": share, ":now": now, ":last": last, ":expires": _expires(now)},
            )
            if used is not None:
                return max(used - CAP_WINDOW, now)
        return None

    def _move(self, key: str, update: str, condition: str, values: dict[str, int]) -> int | None:
        """The time as it is then; None, where the condition does not hold."""
        try:
            changed = self._table.update(
                {"pk": {"S": key}},
                update,
                condition=condition,
                values={name: {"N": str(n)} for name, n in values.items()},
                returns="UPDATED_NEW",
            )
        except ConditionFailed:
            return None
        return int(changed["u"]["N"])


def _expires(now: int) -> int:
    """When nothing of it counts any more: seconds."""
    return (now + 2 * CAP_WINDOW + MAX_WAIT) // 1000
