"""The caps of confirmation mails per API key and of all API keys, in the table `Control`. Each item expires.

    `mails#key#<intent>#<key id>#<day>`   `n`: the number of mails of the key on a day (UTC)
    `mails#key#all#<day>`                 `n`: the number of mails of all keys, opt-ins and opt-outs

Each count grows by one conditional UpdateItem, and is never reduced. A mail that fits one cap but not the
other therefore wastes one mail of the first, and never exceeds a cap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heed.adapters.dynamodb.table import DynamoDBTable
from heed.domain.milliseconds import Millis
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.preferences.register import DAY_MS
from heed.override import override
from heed.use_cases.ports.opt_in import OriginCaps

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEY_CAP_PREFIX = "mails#key#"
"""The prefix of each key. The role of the API may access no other keys of the mail caps."""

_LIFETIME = 3 * DAY_MS // 1000  # seconds; a mail is counted on its day or on the day before


class KeyCapsTable(OriginCaps):
    """Implements the port OriginCaps for API keys, with DynamoDB.

    The mails of the current day may go at once. Further mails are spread over the next day, and use the caps
    of that day.

    Args:
        client: DynamoDB client.
        table: Name of the table `Control`.
        per_key: Daily cap (UTC) of the mails of one key, for each intent.
        all_keys: Daily cap (UTC) of the mails of all keys, for both intents together.
    """

    def __init__(self, client: DynamoDBClient, table: str, per_key: int, all_keys: int) -> None:
        self._table = DynamoDBTable(client, table)
        self._per_key, self._all_keys = per_key, all_keys

    @override
    def reserve(self, origin: str, intent: Intent, now: Millis) -> Millis | None:
        today = now // DAY_MS
        for day in (today, today + 1):
            # The key is first: a key above its own cap must use nothing of the cap that it shares.
            if self._count_mail(f"{intent}#{origin}#{day}", self._per_key, now) is None:
                continue
            number = self._count_mail(f"all#{day}", self._all_keys, now)
            if number is not None:
                return now if day == today else Millis(day * DAY_MS + (number - 1) * DAY_MS // self._all_keys)
        return None

    def _count_mail(self, name: str, cap: int, now: Millis) -> int | None:
        """Counts a mail. Returns its number on the day, or None if the cap is reached."""
        values = {":one": 1, ":cap": cap, ":expires": now // 1000 + _LIFETIME}
        key = {"pk": {"S": f"{KEY_CAP_PREFIX}{name}"}}
        condition = "attribute_not_exists(n) OR n < :cap"
        return self._table.try_update_number(key, "SET expires = :expires ADD n :one", condition, values, "n")
