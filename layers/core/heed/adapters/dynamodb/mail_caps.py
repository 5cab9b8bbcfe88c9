"""How many mails went where, in the table `Control`, each item with its end.

    mails#in#<mailbox>       the tries of the last 24 hours, and a version; `out` likewise
                             waits: the moment for which somebody waits, or has waited
    mails#of#<recipient>     the mailbox of a recipient, so that a purge finds its tries
    mails#all                d: a day; n: the mails of that day; waits: when somebody last found it full

A mailbox is a name that nobody can turn back, as a network's is (heed.adapters.dynamodb.network_caps). The
number grows by one conditional UpdateItem, the tries by a PutItem on the condition that nobody else wrote in
between: so each cap holds however many ask at once. The number is taken first and is never given
back, so that what goes wrong in between costs a mail and never makes one too many.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from heed.adapters.dynamodb.table import DynamoDBTable
from heed.codec.attributes import MAX_COUNT, Item, read_number, read_text, strict_reader
from heed.domain.errors import WriteConflict
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.opt_in.mail_caps import (
    CapDecision,
    CappedRequest,
    SendAttempt,
    decide_mail,
    next_free_time,
    settle_attempt,
)
from heed.domain.preferences.register import DAY_MS
from heed.override import override
from heed.use_cases.ports.opt_in import MailCaps, MailClaim, MailDelayed, NoMailNeeded
from heed.use_cases.ports.privacy import PurgeSubject, PurgeTarget

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAIL_CAP_PREFIX = "mails#"
"""What the key of every item begins with: the role may touch no other."""

_ATTEMPTS = 16
_KEPT = 2 * DAY_MS // 1000  # seconds; the window and the day are long over then
_PATIENCE = 60 * 60 * 1000  # milliseconds; a line that nobody has looked after for so long stops nobody
_ALL = {"pk": {"S": f"{MAIL_CAP_PREFIX}all"}}


class _Mailbox(NamedTuple):
    """What is kept of a mailbox, for one intent."""

    attempts: tuple[SendAttempt, ...] = ()
    version: int = 0
    waits: int = 0


class MailCapsTable(MailCaps, PurgeTarget):
    """Serves the port MailCaps from DynamoDB.

    Args:
        client: of DynamoDB.
        table: name of the table `Control`.
        per_day: the number of all mails of a day (UTC); whoever only clears sends none.
    """

    def __init__(self, client: DynamoDBClient, table: str, per_day: int = 0) -> None:
        self._table = DynamoDBTable(client, table)
        self._per_day = per_day

    @override
    def claim(self, claim: MailClaim, now: int, *, in_turn: bool) -> NoMailNeeded | MailDelayed | None:
        key = tries_key(claim.intent, claim.mailbox)
        asked = CappedRequest(claim.request, claim.recipient, claim.what, claim.at)
        is_counted = False
        for _ in range(_ATTEMPTS):
            held = self._read(key)
            others_wait = held.waits > now - _PATIENCE
            verdict, after = decide_mail(
                held.attempts, asked, claim.since, now, is_scarce=in_turn or others_wait
            )
            if verdict is CapDecision.DONE:
                return NoMailNeeded.REPEATED
            if verdict is CapDecision.REPEATS:
                return NoMailNeeded.CAPPED
            if verdict is CapDecision.WAITS:
                due = next_free_time(after, claim.request, now)
                if due <= held.waits or self._write(key, after, held.version, due):
                    return MailDelayed(due)
                continue
            if verdict is CapDecision.SEND and not is_counted:
                if others_wait and not in_turn:
                    return MailDelayed(now)
                if not self._count(now, in_turn=in_turn):
                    return MailDelayed(None)
                self._note(claim, now)
                is_counted = True
            if self._write(key, after, held.version, held.waits):
                return None
        raise WriteConflict("the tries changed under every attempt")

    @override
    def settle(self, claim: MailClaim, *, sent: bool) -> None:
        key = tries_key(claim.intent, claim.mailbox)
        for _ in range(_ATTEMPTS):
            held = self._read(key)
            after = settle_attempt(held.attempts, claim.request, sent=sent)
            if self._write(key, after, held.version, held.waits):
                return
        raise WriteConflict("the tries changed under every attempt")

    @override
    def sent_today(self, now: int) -> int:
        item = self._table.get(_ALL) or {}
        return _of_day(item) if item.get("d") == {"N": str(now // DAY_MS)} else 0

    @override
    def note_line(self, now: int, *, stands: bool) -> None:
        if stands:
            self._day("SET waits = :now", "attribute_exists(pk)", {":now": now})
        else:
            self._table.try_update(_ALL, "REMOVE waits", condition="attribute_exists(waits)")

    @override
    def clear(self, person: PurgeSubject) -> int:
        """The tries are counted by mailbox, which other addresses may share: theirs are forgotten too.

        The item that names the mailbox is deleted last, so that a purge that begins again finds the rest.
        """
        where = mailbox_key(person.recipient)
        item = self._table.get(where)
        if not item:
            return 0
        keys = [{"pk": {"S": tries_key(intent, _box(item))}} for intent in Intent]
        cleared = sum(bool(self._table.delete(key, returns="ALL_OLD")) for key in keys)
        self._table.delete(where, returns="ALL_OLD")
        return cleared

    def _count(self, now: int, *, in_turn: bool) -> bool:
        """Whether there was room in the day, and one mail of it is taken."""
        may = "" if in_turn else " AND (attribute_not_exists(waits) OR waits < :stale)"
        values = {":day": now // DAY_MS, ":one": 1, ":expires": now // 1000 + _KEPT}
        if not in_turn:
            values[":stale"] = now - _PATIENCE
        another = (
            "SET expires = :expires ADD n :one",
            "d = :day AND n < :limit" + may,
            values | {":limit": self._per_day},
        )
        first = (
            "SET expires = :expires, d = :day, n = :one",
            "(attribute_not_exists(d) OR d < :day)" + may,
            values,
        )
        # Once more: somebody else may have been the first in between.
        if self._day(*another) or self._day(*first) or self._day(*another):
            return True
        full = {":now": now, ":day": now // DAY_MS, ":limit": self._per_day}
        self._day("SET waits = :now", "d = :day AND n >= :limit", full)
        return False

    def _day(self, update: str, condition: str, values: dict[str, int]) -> bool:
        numbers = {name: {"N": str(n)} for name, n in values.items()}
        return self._table.try_update(_ALL, update, condition=condition, values=numbers)

    def _note(self, claim: MailClaim, now: int) -> None:
        """Which mailbox is the recipient's: written before its tries, so that a purge finds all of them."""
        self._table.update(
            mailbox_key(claim.recipient),
            "SET box = :box, expires = :expires",
            values={
                ":box": {"S": claim.mailbox},
                ":expires": {"N": str(now // 1000 + _KEPT)},
            },
        )

    def _read(self, key: str) -> _Mailbox:
        item = self._table.get({"pk": {"S": key}})
        return _mailbox(item) if item else _Mailbox()

    def _write(self, key: str, attempts: Sequence[SendAttempt], version: int, waits: int) -> bool:
        """Whether nobody else wrote since that version."""
        latest = max((one.at for one in attempts), default=0)
        item = {
            "pk": {"S": key},
            "v": {"N": str(version + 1)},
            "tries": {"L": [{"M": _value(one)} for one in attempts]},
            "waits": {"N": str(waits)},
            "expires": {"N": str(latest // 1000 + _KEPT)},
        }
        return self._table.try_put(
            item,
            condition="v = :v" if version else "attribute_not_exists(pk)",
            values={":v": {"N": str(version)}} if version else {},
        )


def tries_key(intent: str, mailbox: str) -> str:
    """The key of a mailbox's tries."""
    return f"{MAIL_CAP_PREFIX}{intent}#{mailbox}"


def mailbox_key(recipient: str) -> dict[str, Any]:
    """The key of the item that names a recipient's mailbox."""
    return {"pk": {"S": f"{MAIL_CAP_PREFIX}of#{recipient}"}}


def _value(one: SendAttempt) -> dict[str, Any]:
    return {
        "request": {"S": one.asked.request},
        "recipient": {"S": one.asked.recipient},
        "what": {"S": one.asked.what},
        "asked": {"N": str(one.asked.at)},
        "at": {"N": str(one.at)},
        "tries": {"N": str(one.tries)},
        "done": {"BOOL": one.done},
    }


@strict_reader
def _box(item: Item) -> str:
    return read_text(item, "box")


@strict_reader
def _of_day(item: Item) -> int:
    return read_number(item, "n", MAX_COUNT)


@strict_reader
def _mailbox(item: Item) -> _Mailbox:
    return _Mailbox(
        tuple(_attempt(one["M"]) for one in item["tries"]["L"]),
        read_number(item, "v", MAX_COUNT),
        read_number(item, "waits") if "waits" in item else 0,
    )


def _attempt(held: Item) -> SendAttempt:
    """A try; what the release before wrote says nothing of who asked for what, and is nobody's."""
    asked = CappedRequest(read_text(held, "request"), "", "", 0)
    if "what" in held:
        who, what = read_text(held, "recipient"), read_text(held, "what")
        asked = CappedRequest(asked.request, who, what, read_number(held, "asked"))
    return SendAttempt(
        asked,
        read_number(held, "at"),
        read_number(held, "tries", MAX_COUNT),
        held["done"]["BOOL"] is True,
    )
