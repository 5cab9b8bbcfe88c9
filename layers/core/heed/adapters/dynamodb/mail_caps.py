"""The caps of confirmation mails per mailbox and per day, in the table `Control`. Each item expires.

    `mails#in#<mailbox>`     `attempts`: the attempts of the last 24 hours
                             `v`: a version
                             `waits_until`: the latest time for which a request waits, or has waited
    `mails#out#<mailbox>`    the same for opt-outs
    `mails#of#<recipient>`   `mailbox`: the mailbox of a recipient, so that a purge finds its attempts
    `mails#all`              `d`: a day
                             `n`: the number of mails on that day
                             `waited_at`: when a request last had to wait because the day was full

A mailbox is stored as a keyed hash, as a network is (heed.adapters.dynamodb.origin_caps). The daily count
grows by one conditional UpdateItem. The attempts are stored by a PutItem whose condition fails if another
request wrote meanwhile. So each cap holds for any number of concurrent requests. A mail is counted before it
is sent and the count is never reduced. A failure in between therefore wastes one mail of the cap, and never
exceeds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from heed.adapters.dynamodb.table import DynamoDBTable
from heed.codec.attributes import MAX_COUNT, Item, read_number, read_text, strict_reader
from heed.domain.errors import WriteConflict
from heed.domain.milliseconds import Millis
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
from heed.use_cases.ports.opt_in import MailCaps, MailDelayed, MailReservation, ReservationResult
from heed.use_cases.ports.privacy import PurgedPerson, PurgeTarget

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAIL_CAP_PREFIX = "mails#"
"""The prefix of each key. The IAM role may access no other keys."""

_MAX_WRITES = 16  # attempts at one write
_LIFETIME = 2 * DAY_MS // 1000  # seconds; longer than the window of 24 hours and the day
_MAX_QUEUE_AGE = 60 * 60 * 1000  # milliseconds after which a waiting queue without updates holds nothing back
_DAY_KEY = {"pk": {"S": f"{MAIL_CAP_PREFIX}all"}}


class _Mailbox(NamedTuple):
    """The state of a mailbox for one intent.

    Attributes:
        attempts: The attempts of the last 24 hours.
        version: Number of writes of this item.
        waits_until: The latest time for which a request waits, milliseconds.
    """

    attempts: tuple[SendAttempt, ...] = ()
    version: int = 0
    waits_until: int = 0


class MailCapsTable(MailCaps, PurgeTarget):
    """Implements the ports MailCaps and PurgeTarget with DynamoDB.

    Args:
        client: DynamoDB client.
        table: Name of the table `Control`.
        per_day: Daily cap (UTC) of all mails. A purge does not send mail and can omit it.
    """

    def __init__(self, client: DynamoDBClient, table: str, per_day: int = 0) -> None:
        self._table = DynamoDBTable(client, table)
        self._per_day = per_day

    @override
    def reserve_mail(
        self, reservation: MailReservation, now: Millis, *, in_turn: bool
    ) -> ReservationResult | MailDelayed:
        key = attempts_key(reservation.intent, reservation.mailbox_hash)
        request = CappedRequest(
            reservation.request_id, reservation.recipient, reservation.scopes_hash, reservation.requested_at
        )
        is_counted = False
        for _ in range(_MAX_WRITES):
            mailbox = self._read(key)
            others_wait = mailbox.waits_until > now - _MAX_QUEUE_AGE
            decision, after = decide_mail(
                mailbox.attempts,
                request,
                reservation.record_changed_at,
                now,
                others_may_wait=in_turn or others_wait,
            )
            if decision is CapDecision.ALREADY_SENT:
                return ReservationResult.ALREADY_SENT
            if decision is CapDecision.DUPLICATE:
                return ReservationResult.DUPLICATE
            if decision is CapDecision.WAIT:
                due = next_free_time(after, reservation.request_id, now)
                if due <= mailbox.waits_until or self._write(key, after, mailbox.version, due):
                    return MailDelayed(due)
                continue
            if decision is CapDecision.SEND and not is_counted:
                if others_wait and not in_turn:
                    return MailDelayed(now)
                if not self._count_mail(now, in_turn=in_turn):
                    return MailDelayed(None)
                self._store_mailbox(reservation, now)
                is_counted = True
            if self._write(key, after, mailbox.version, mailbox.waits_until):
                return ReservationResult.RESERVED
        raise WriteConflict("the attempts changed under every write")

    @override
    def finish(self, reservation: MailReservation, *, sent: bool) -> None:
        key = attempts_key(reservation.intent, reservation.mailbox_hash)
        for _ in range(_MAX_WRITES):
            mailbox = self._read(key)
            after = settle_attempt(mailbox.attempts, reservation.request_id, sent=sent)
            if self._write(key, after, mailbox.version, mailbox.waits_until):
                return
        raise WriteConflict("the attempts changed under every write")

    @override
    def sent_today(self, now: Millis) -> int:
        item = self._table.get(_DAY_KEY) or {}
        return _read_day_count(item) if item.get("d") == {"N": str(now // DAY_MS)} else 0

    @override
    def save_waiting_state(self, now: Millis, *, is_waiting: bool) -> None:
        if is_waiting:
            self._update_day("SET waited_at = :now", "attribute_exists(pk)", {":now": now})
        else:
            self._table.try_update(_DAY_KEY, "REMOVE waited_at", condition="attribute_exists(waited_at)")

    @override
    def clear(self, person: PurgedPerson) -> int:
        """Deletes the attempts of the person's mailbox.

        Several addresses may share a mailbox. Their attempts are deleted as well. The item that names the
        mailbox is deleted last, so that a retry of the purge finds the other items.
        """
        mailbox_item_key = mailbox_key(person.recipient)
        item = self._table.get(mailbox_item_key)
        if not item:
            return 0
        keys = [{"pk": {"S": attempts_key(intent, _read_mailbox_name(item))}} for intent in Intent]
        cleared = sum(bool(self._table.delete(key, returns="ALL_OLD")) for key in keys)
        self._table.delete(mailbox_item_key, returns="ALL_OLD")
        return cleared

    def _count_mail(self, now: Millis, *, in_turn: bool) -> bool:
        """Counts one mail of the day. Returns False if the day is full, or if other requests wait."""
        none_waits = "" if in_turn else " AND (attribute_not_exists(waited_at) OR waited_at < :stale)"
        values = {":day": now // DAY_MS, ":one": 1, ":expires": now // 1000 + _LIFETIME}
        if not in_turn:
            values[":stale"] = now - _MAX_QUEUE_AGE
        next_mail = (
            "SET expires = :expires ADD n :one",
            "d = :day AND n < :limit" + none_waits,
            values | {":limit": self._per_day},
        )
        first_mail = (
            "SET expires = :expires, d = :day, n = :one",
            "(attribute_not_exists(d) OR d < :day)" + none_waits,
            values,
        )
        # The third update succeeds if a concurrent request counted the first mail of the day.
        if self._update_day(*next_mail) or self._update_day(*first_mail) or self._update_day(*next_mail):
            return True
        day_is_full = {":now": now, ":day": now // DAY_MS, ":limit": self._per_day}
        self._update_day("SET waited_at = :now", "d = :day AND n >= :limit", day_is_full)
        return False

    def _update_day(self, update: str, condition: str, values: dict[str, int]) -> bool:
        numbers = {name: {"N": str(value)} for name, value in values.items()}
        return self._table.try_update(_DAY_KEY, update, condition=condition, values=numbers)

    def _store_mailbox(self, reservation: MailReservation, now: Millis) -> None:
        """Stores the mailbox of the recipient before its attempts, so that a purge finds all of them."""
        self._table.update(
            mailbox_key(reservation.recipient),
            "SET mailbox = :mailbox, expires = :expires",
            values={
                ":mailbox": {"S": reservation.mailbox_hash},
                ":expires": {"N": str(now // 1000 + _LIFETIME)},
            },
        )

    def _read(self, key: str) -> _Mailbox:
        item = self._table.get({"pk": {"S": key}})
        return _decode_mailbox(item) if item else _Mailbox()

    def _write(self, key: str, attempts: Sequence[SendAttempt], version: int, waits_until: int) -> bool:
        """Writes a mailbox if its version is still `version`, and returns whether it was."""
        latest = max((attempt.at for attempt in attempts), default=0)
        item = {
            "pk": {"S": key},
            "v": {"N": str(version + 1)},
            "attempts": {"L": [{"M": _encode_attempt(attempt)} for attempt in attempts]},
            "waits_until": {"N": str(waits_until)},
            "expires": {"N": str(latest // 1000 + _LIFETIME)},
        }
        return self._table.try_put(
            item,
            condition="v = :v" if version else "attribute_not_exists(pk)",
            values={":v": {"N": str(version)}} if version else {},
        )


def attempts_key(intent: str, mailbox: str) -> str:
    """Returns the key of the item that holds the attempts of a mailbox."""
    return f"{MAIL_CAP_PREFIX}{intent}#{mailbox}"


def mailbox_key(recipient: str) -> dict[str, Any]:
    """Returns the key of the item that names the mailbox of a recipient."""
    return {"pk": {"S": f"{MAIL_CAP_PREFIX}of#{recipient}"}}


def _encode_attempt(attempt: SendAttempt) -> dict[str, Any]:
    return {
        "request": {"S": attempt.request.request_id},
        "recipient": {"S": attempt.request.recipient},
        "scopes_hash": {"S": attempt.request.scopes_hash},
        "requested_at": {"N": str(attempt.request.at)},
        "at": {"N": str(attempt.at)},
        "mail_count": {"N": str(attempt.mail_count)},
        "is_sent": {"BOOL": attempt.is_sent},
    }


@strict_reader
def _read_mailbox_name(item: Item) -> str:
    return read_text(item, "mailbox")


@strict_reader
def _read_day_count(item: Item) -> int:
    return read_number(item, "n", MAX_COUNT)


@strict_reader
def _decode_mailbox(item: Item) -> _Mailbox:
    return _Mailbox(
        tuple(_decode_attempt(attempt["M"]) for attempt in item["attempts"]["L"]),
        read_number(item, "v", MAX_COUNT),
        read_number(item, "waits_until"),
    )


def _decode_attempt(item: Item) -> SendAttempt:
    request = CappedRequest(
        read_text(item, "request"),
        read_text(item, "recipient"),
        read_text(item, "scopes_hash"),
        Millis(read_number(item, "requested_at")),
    )
    return SendAttempt(
        request,
        Millis(read_number(item, "at")),
        read_number(item, "mail_count", MAX_COUNT),
        item["is_sent"]["BOOL"] is True,
    )
