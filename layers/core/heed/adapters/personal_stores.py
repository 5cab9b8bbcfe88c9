"""What a purge clears: one class a store, each by the names under which the person may be in it.

`NAMES` and the inventory (heed.domain.inventory) name the same stores; a test compares.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heed.actions.ports_ledger import Ledger
from heed.actions.ports_privacy import Person
from heed.adapters import mail_caps
from heed.adapters.aws import FAILURES, unavailable
from heed.domain.confirm_token import Intent

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class LedgerEvidence:
    """The evidence beside the entries of the ledger; the entries stay, and are nobody's.

    What is counted are the entries: they are the same number however often a purge is begun again.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def clear(self, person: Person) -> int:
        """See the port PersonalStore."""
        return self._ledger.erase(person.subject) if person.subject else 0


class MailCaps:
    """How many confirmation mails the address was sent, in the table `Control`."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def clear(self, person: Person) -> int:
        """See the port PersonalStore."""
        cleared = 0
        for intent in Intent:
            key = f"{mail_caps.PREFIX}{intent}#{person.recipient}"
            try:
                answer = self._client.delete_item(
                    TableName=self._table, Key={"pk": {"S": key}}, ReturnValues="ALL_OLD"
                )
            except FAILURES as error:
                raise unavailable(error) from error
            cleared += 1 if answer.get("Attributes") else 0
        return cleared
