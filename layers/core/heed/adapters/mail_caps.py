"""How many mails went where, in the table `Control`, each item with its end.

    mails#in#<recipient>           the tries of the last 24 hours, and a version
    mails#network#<day>#<network>  a number; the network is a name that nobody can turn back
    mails#all#<day>                a number

The numbers grow by one conditional UpdateItem, the tries by a PutItem on the condition that nobody else
wrote in between: so each cap holds however many ask at once. The two numbers are taken first and are
never given back, so that what goes wrong in between costs a mail and never makes one too many.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from heed.actions.mail_ports import Capped
from heed.adapters.attributes import COUNT_END, Item, number, of_our_form, text
from heed.adapters.aws import FAILURES, unavailable
from heed.domain.confirm_token import Intent
from heed.domain.errors import Contended
from heed.domain.mail_caps import Attempt, Verdict, settled, weigh
from heed.domain.times import write_day

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PREFIX = "mails#"
"""What the key of every item begins with: the role may touch no other."""

_ATTEMPTS = 16
_DAY = 86_400_000  # milliseconds
_KEPT = 2 * _DAY // 1000  # seconds; the window and the day are long over then


@dataclass(frozen=True, slots=True)
class Limits:
    """Mails a day (UTC) because of one network, and in all; of each intent as many.

    Whoever floods the way back leaves the way out open.
    """

    network: int
    all: int


class MailCapsTable:
    """Serves the port MailCaps."""

    def __init__(self, client: DynamoDBClient, table: str, limits: Limits) -> None:
        self._client = client
        self._table = table
        self._limits = limits

    def claim(
        self, recipient: str, intent: Intent, request: str, network: str, now: int
    ) -> Capped | None:
        """See the port."""
        key = f"{PREFIX}{intent}#{recipient}"
        is_counted = False
        for _ in range(_ATTEMPTS):
            attempts, version = self._read(key)
            verdict, after = weigh(attempts, request, now)
            if verdict is Verdict.DONE:
                return "ConfirmationRepeated"
            if verdict is Verdict.REFUSED:
                return "ConfirmationCapped"
            if verdict is Verdict.SEND and not is_counted:
                if capped := self._count(intent, network, now):
                    return capped
                is_counted = True
            if self._write(key, after, version):
                return None
        raise Contended("the tries changed under every attempt")

    def settle(self, recipient: str, intent: Intent, request: str, *, sent: bool) -> None:
        """See the port."""
        key = f"{PREFIX}{intent}#{recipient}"
        for _ in range(_ATTEMPTS):
            attempts, version = self._read(key)
            if self._write(key, settled(attempts, request, sent=sent), version):
                return
        raise Contended("the tries changed under every attempt")

    def _count(self, intent: Intent, network: str, now: int) -> Capped | None:
        day = f"{write_day(now // _DAY)}#{intent}"
        expires = now // 1000 + _KEPT
        if not self._grow(f"{PREFIX}network#{day}#{network}", self._limits.network, expires):
            return "ConfirmationCappedNetwork"
        if not self._grow(f"{PREFIX}all#{day}", self._limits.all, expires):
            return "ConfirmationCappedAll"
        return None

    def _grow(self, key: str, limit: int, expires: int) -> bool:
        """Whether the number was below its limit, and is one greater now."""
        return self._done(
            self._client.update_item,
            Key={"pk": {"S": key}},
            UpdateExpression="SET expires = :expires ADD n :one",
            ConditionExpression="attribute_not_exists(n) OR n < :limit",
            ExpressionAttributeValues={
                ":one": {"N": "1"},
                ":limit": {"N": str(limit)},
                ":expires": {"N": str(expires)},
            },
        )

    def _read(self, key: str) -> tuple[tuple[Attempt, ...], int]:
        try:
            answer = self._client.get_item(
                TableName=self._table, Key={"pk": {"S": key}}, ConsistentRead=True
            )
        except FAILURES as error:
            raise unavailable(error) from error
        item: dict[str, Any] = answer.get("Item", {})
        return _tries(item) if item else ((), 0)

    def _write(self, key: str, attempts: Sequence[Attempt], version: int) -> bool:
        """Whether nobody else wrote since that version."""
        latest = max((one.at for one in attempts), default=0)
        return self._done(
            self._client.put_item,
            Item={
                "pk": {"S": key},
                "v": {"N": str(version + 1)},
                "tries": {"L": [{"M": _value(one)} for one in attempts]},
                "expires": {"N": str(latest // 1000 + _KEPT)},
            },
            ConditionExpression="v = :v" if version else "attribute_not_exists(pk)",
            **({"ExpressionAttributeValues": {":v": {"N": str(version)}}} if version else {}),
        )

    def _done(self, call: Callable[..., object], **arguments: object) -> bool:
        try:
            call(TableName=self._table, **arguments)
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        except FAILURES as error:
            raise unavailable(error) from error
        return True


def _value(one: Attempt) -> dict[str, Any]:
    return {
        "request": {"S": one.request},
        "at": {"N": str(one.at)},
        "tries": {"N": str(one.tries)},
        "done": {"BOOL": one.done},
    }


@of_our_form
def _tries(item: Item) -> tuple[tuple[Attempt, ...], int]:
    """The tries of an address, and their version."""
    return tuple(_attempt(one["M"]) for one in item["tries"]["L"]), number(item, "v", COUNT_END)


def _attempt(held: Item) -> Attempt:
    return Attempt(
        text(held, "request"),
        number(held, "at"),
        number(held, "tries", COUNT_END),
        held["done"]["BOOL"] is True,
    )
