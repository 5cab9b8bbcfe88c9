"""The caps of confirmation mails per network and per API key, in the table `Control`.

    `mails#network#<intent>#<network>`   `u`: the time until which the network has used its cap, milliseconds
    `mails#key#<intent>#<key id>`        the same for an API key
    `mails#key#all`                      the same for all API keys together, opt-ins and opt-outs

Each mail moves that time forward by its share of a day. For a network the time starts at the first mail, and
for keys at midnight UTC.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heed.adapters.dynamodb.table import ConditionFailed, DynamoDBTable
from heed.domain.milliseconds import Millis
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.opt_in.mail_caps import CAP_WINDOW, MAX_WAIT, key_interval, network_interval
from heed.override import override
from heed.use_cases.ports.opt_in import OriginCaps

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NETWORK_CAP_PREFIX = "mails#network#"
"""The prefix of each key for a network. The role of the form may access no other keys of the mail caps."""
KEY_CAP_PREFIX = "mails#key#"
"""The same for API keys, and for the role of the API."""

_ALL_KEYS = f"{KEY_CAP_PREFIX}all"
_MAX_WRITES = 2  # the second attempt succeeds if a concurrent request created the item


class NetworkCapsTable(OriginCaps):
    """Implements the port OriginCaps for networks, with DynamoDB.

    A network may cause the mails of a day at once. Each further mail gets its own send time.

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
        start = _use_share(self._table, key, share, now, start=now, last=now + CAP_WINDOW + MAX_WAIT - share)
        return None if start is None else Millis(max(start + share - CAP_WINDOW, now))


class KeyCapsTable(OriginCaps):
    """Implements the port OriginCaps for API keys, with DynamoDB.

    No day (UTC) has more mails than its cap, whatever the days before it had. The mails of the current day
    may go at once. Each further mail gets its own send time on a later day.

    Args:
        client: DynamoDB client.
        table: Name of the table `Control`.
        per_key: Daily cap (UTC) of the mails of one key, for each intent.
        all_keys: Daily cap (UTC) of the mails of all keys, for both intents.
    """

    def __init__(self, client: DynamoDBClient, table: str, per_key: int, all_keys: int) -> None:
        self._table = DynamoDBTable(client, table)
        self._per_key, self._all_keys = per_key, all_keys

    @override
    def reserve(self, origin: str, intent: Intent, now: Millis) -> Millis | None:
        # The key comes first: a key above its own cap must not use the cap of the other keys.
        own = self._reserve(f"{KEY_CAP_PREFIX}{intent}#{origin}", self._per_key, now)
        shared = None if own is None else self._reserve(_ALL_KEYS, self._all_keys, now)
        return None if own is None or shared is None else max(own, shared)

    def _reserve(self, key: str, per_day: int, now: Millis) -> Millis | None:
        midnight, share = now - now % CAP_WINDOW, key_interval(per_day)
        start = _use_share(self._table, key, share, now, start=midnight, last=now + MAX_WAIT)
        return None if start is None else now if start < midnight + CAP_WINDOW else Millis(start)


def _use_share(
    table: DynamoDBTable, key: str, share: int, now: Millis, *, start: int, last: int
) -> int | None:
    """Uses the next free share of an origin's time. All times are in milliseconds.

    Args:
        table: The table `Control`.
        key: The key of the origin's item.
        share: The time that one mail takes.
        now: The current time.
        start: The time at which an origin starts whose time lies before it.
        last: The latest time at which the share may begin.

    Returns:
        The time at which the share begins; None if that would be later than `last`.
    """
    expires = (now + 2 * CAP_WINDOW + MAX_WAIT) // 1000  # seconds; the item has no effect from then on
    for _ in range(_MAX_WRITES):
        if _move_time(
            table,
            key,
            "SET u = :to, expires = :expires",
            "attribute_not_exists(u) OR u <= :start",
            {":to": start + share, ":start": start, ":expires": expires},
        ):
            return start
        used = _move_time(
            table,
            key,
            "SET u = u + :share, expires = :expires",
            "u > :start AND u <= :last",
            {":share": share, ":start": start, ":last": last, ":expires": expires},
        )
        if used is not None:
            return used - share
    return None


def _move_time(
    table: DynamoDBTable, key: str, update: str, condition: str, values: dict[str, int]
) -> int | None:
    """Moves the time of an origin. Returns the new time, or None if the condition does not hold."""
    try:
        changed = table.update(
            {"pk": {"S": key}},
            update,
            condition=condition,
            values={name: {"N": str(value)} for name, value in values.items()},
            returns="UPDATED_NEW",
        )
    except ConditionFailed:
        return None
    return int(changed["u"]["N"])
