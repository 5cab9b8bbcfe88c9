"""The sessions of the desk, in the table `Control`. DynamoDB deletes the item of a session that is too old.

DynamoDB may delete it days late, so a reader checks the times of the session.
"""

from __future__ import annotations

from typing import Any

from heed.adapters.dynamodb.table import ConditionFailed, TableAdapter
from heed.codec.attributes import (
    Item,
    read_brands,
    read_number,
    read_optional_instant,
    read_text,
    strict_reader,
)
from heed.domain.desk.session import SESSION_LIMIT, DeskRole, DeskSession
from heed.domain.errors import UnreadableRecord
from heed.domain.milliseconds import Millis
from heed.domain.preferences.brand_access import BrandAccess
from heed.override import override
from heed.use_cases.ports.desk import DeskSessions

DESK_SESSION_PREFIX = "desk#"
TOUCH_INTERVAL = Millis(60_000)
"""The time of a request is stored at most once in this time, milliseconds."""


class DeskSessionsTable(TableAdapter, DeskSessions):
    """Implements the port DeskSessions with DynamoDB."""

    @override
    def find(self, session_hash: str) -> DeskSession | None:
        item = self._table.get(_key(session_hash))
        try:
            return None if item is None else _to_session(item)
        except UnreadableRecord:
            return None  # the person signs in again

    @override
    def create(self, session: DeskSession) -> None:
        item: dict[str, Any] = {
            **_key(session.hash),
            "key": {"S": session.key},
            "agent": {"S": session.agent},
            "started": {"N": str(session.started_at)},
            "used": {"N": str(session.used_at)},
            "signed_in": {"N": str(session.signed_in_at)},
            **_renewed(session),
            "expires": {"N": str((session.started_at + SESSION_LIMIT) // 1000)},
        }
        self._table.put(item, condition="attribute_not_exists(pk)")

    @override
    def touch(self, session: DeskSession, now: Millis) -> None:
        if now < session.used_at + TOUCH_INTERVAL:
            return
        # A session that has ended does not come back. A concurrent request may have stored a later time.
        self._table.try_update(
            _key(session.hash),
            "SET used = :now",
            condition="attribute_exists(pk) AND used < :now",
            values={":now": {"N": str(now)}},
        )

    @override
    def renew(self, session: DeskSession) -> bool:
        renewed = _renewed(session)
        update = "SET " + ", ".join(f"#{name} = :{name}" for name in renewed)
        return self._table.try_update(
            _key(session.hash),
            update if "brands" in renewed else f"{update} REMOVE #brands",
            condition="attribute_exists(pk)",
            names={f"#{name}": name for name in (*renewed, "brands")},
            values={f":{name}": value for name, value in renewed.items()},
        )

    @override
    def end(self, session_hash: str) -> None:
        self._table.delete(_key(session_hash))

    @override
    def end_all_of(self, who: str) -> int:
        ended = 0
        items = self._table.scan(
            filter="begins_with(pk, :prefix) AND (#key = :who OR #agent = :who)",
            names={"#key": "key", "#agent": "agent"},
            values={":prefix": {"S": DESK_SESSION_PREFIX}, ":who": {"S": who}},
            projection="pk",
            consistent=True,
        )
        for item in items:
            try:
                self._table.delete({"pk": item["pk"]}, condition="attribute_exists(pk)")
            except ConditionFailed:
                continue  # the person has signed out meanwhile
            ended += 1
        return ended


def _renewed(session: DeskSession) -> dict[str, Any]:
    """Returns the attributes that change when the issuer confirms a role."""
    renewed: dict[str, Any] = {"role": {"S": session.role.value}, "refresh": {"S": session.refresh_token}}
    if session.brands.brands is not None:
        renewed["brands"] = {"NS": sorted(map(str, session.brands.brands))}
    if session.role_read_at is not None:
        renewed["role_read"] = {"N": str(session.role_read_at)}
    return renewed


def _key(session_hash: str) -> dict[str, Any]:
    return {"pk": {"S": DESK_SESSION_PREFIX + session_hash}}


@strict_reader
def _to_session(item: Item) -> DeskSession:
    return DeskSession(
        hash=read_text(item, "pk").removeprefix(DESK_SESSION_PREFIX),
        key=read_text(item, "key"),
        agent=read_text(item, "agent"),
        role=DeskRole(read_text(item, "role")),
        started_at=Millis(read_number(item, "started")),
        used_at=Millis(read_number(item, "used")),
        signed_in_at=Millis(read_number(item, "signed_in")),
        role_read_at=read_optional_instant(item, "role_read"),
        refresh_token=read_text(item, "refresh") if "refresh" in item else "",
        brands=BrandAccess(read_brands(item)),
    )
