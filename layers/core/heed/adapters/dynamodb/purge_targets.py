"""What a purge clears: one class a store, each by the names under which the person may be in it.

`NAMES` and the inventory (tests.privacy.inventory) name the same stores; a test compares.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heed.adapters.aws import FAILURES, get_item, unavailable
from heed.adapters.dynamodb import mail_caps
from heed.codec.attributes import Item, of_our_form, text
from heed.domain.opt_in.confirmation_token import Intent
from heed.use_cases.ports.ledger import Ledger
from heed.use_cases.ports.privacy import Person

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
    """How many confirmation mails the address was sent, in the table `Control`.

    They are counted by mailbox, which other addresses may share: of those it is forgotten with them.
    """

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def clear(self, person: Person) -> int:
        """See the port PersonalStore. What names the mailbox goes last: begun again, it finds the rest."""
        where = mail_caps.mailbox_key(person.recipient)
        named = self._named(where)
        if named is None:
            return 0
        cleared = sum(
            self._delete({"pk": {"S": mail_caps.tries_key(intent, named)}}) for intent in Intent
        )
        self._delete(where)
        return cleared

    def _named(self, where: dict[str, Any]) -> str | None:
        """The mailbox, if there is one."""
        item = get_item(self._client, self._table, where)
        return _box(item) if item else None

    def _delete(self, key: dict[str, Any]) -> bool:
        """Whether it was there."""
        try:
            answer = self._client.delete_item(
                TableName=self._table, Key=key, ReturnValues="ALL_OLD"
            )
        except FAILURES as error:
            raise unavailable(error) from error
        return bool(answer.get("Attributes"))


@of_our_form
def _box(item: Item) -> str:
    return text(item, "box")
