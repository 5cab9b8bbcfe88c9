"""Cases, in the table `Control`. A sparse index has those that are not decided, in order of the due date.

`case#<id>` has the kind, the times and the recipient id. The decision adds its ruling. When it is carried
out, the item loses its recipient and its place in the index, and expires.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from heed.adapters.dynamodb.table import ConditionFailed, DynamoDBTable
from heed.codec.attributes import Item, read_number, read_text, strict_reader
from heed.domain.errors import UnreadableRecord
from heed.domain.mailbox.case import (
    CLOSED_BY_PURGE,
    Case,
    CaseDecision,
    CaseKind,
    CaseState,
    Ruling,
    UnreadableCase,
    ruling_of_purge,
)
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import DAY_MS, MAX_SCOPES, ScopeNumber
from heed.domain.privacy.retention import DECIDED_CASE_DAYS
from heed.override import override
from heed.use_cases.ports.cases import CaseMails, CasePosition, Cases
from heed.use_cases.ports.privacy import PurgedPerson, PurgeTarget

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CASE_PREFIX = "case#"
_INDEX = "Lists"
_LIST, _PLACE = "list", "place"  # the keys of the index
_OPEN = {"S": "cases"}  # all open cases are in one list


class CasesTable(Cases):
    """Implements the port Cases with DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._table = DynamoDBTable(client, table)

    @override
    def add(self, case: Case) -> None:
        self._table.try_put(_to_item(case), condition="attribute_not_exists(pk)")

    @override
    def find(self, case_id: str) -> Case | None:
        item = self._table.get(_key(case_id))
        return _to_case(item) if item else None

    @override
    def open_cases(self, after: CasePosition | None = None) -> Iterator[Case | UnreadableCase]:
        for item in self._table.query(
            "#list = :open AND #place > :after",
            index=_INDEX,
            names={"#list": _LIST, "#place": _PLACE},
            values={":open": _OPEN, ":after": {"S": _place(*after) if after else "0"}},
        ):
            try:
                yield _to_case(item)
            except UnreadableRecord:
                yield UnreadableCase(item["pk"]["S"].removeprefix(CASE_PREFIX))

    @override
    def claim(self, case_id: str, ruling: Ruling) -> Case:
        """Stores the ruling. A retry after a lost response finds the same ruling."""
        try:
            item = self._table.update(
                _key(case_id),
                "SET #state = :deciding, #decision = :decision, #scope = :scope, #reason = :reason, "
                "#key = :key, #at = :at, #agent = :agent",
                condition="#state = :open",
                names={
                    name: name.removeprefix("#")
                    for name in ("#state", "#decision", "#scope", "#reason", "#key", "#agent")
                }
                | {"#at": "decided_at"},
                values={
                    ":open": {"S": CaseState.OPEN.value},
                    ":deciding": {"S": CaseState.DECIDING.value},
                    ":decision": {"S": ruling.decision.value},
                    ":scope": {"N": str(ruling.scope)},
                    ":reason": {"S": ruling.reason},
                    ":key": {"S": ruling.key},
                    ":at": {"N": str(ruling.at)},
                    ":agent": {"S": ruling.agent},
                },
                returns="ALL_NEW",
                returns_if_refused="ALL_OLD",
            )
        except ConditionFailed as failure:
            if not failure.current:  # the response was truncated, or the case expired meanwhile
                raise
            item = failure.current
        return _to_case(item)

    @override
    def close(self, case: Case) -> Case:
        expires = (case.ruling.at if case.ruling else case.due_at) + DECIDED_CASE_DAYS * DAY_MS
        self._table.try_update(
            _key(case.id),
            "SET #state = :decided, expires = :expires REMOVE recipient, #list, #place",
            condition="#state = :deciding",
            names={"#state": "state", "#list": _LIST, "#place": _PLACE},
            values={
                ":deciding": {"S": CaseState.DECIDING.value},
                ":decided": {"S": CaseState.DECIDED.value},
                ":expires": {"N": str(expires // 1000)},
            },
        )
        return replace(case, state=CaseState.DECIDED, recipient="")


class PurgedCases(PurgeTarget):
    """Implements the port PurgeTarget: closes the cases of an erased person, and deletes their mails."""

    def __init__(self, cases: Cases, mails: CaseMails) -> None:
        self._cases, self._mails = cases, mails

    @override
    def clear(self, person: PurgedPerson) -> int:
        """Clears the cases from before the erasure. Returns how many of them it closed.

        A case whose decision is not yet carried out loses its mail, and the caller of that decision closes
        it. A report of a child also loses its mail, and stays open: an erasure does not say whether the
        person is a child.
        """
        closed = 0
        for case in self._cases.open_cases():
            if isinstance(case, UnreadableCase):
                continue
            erased_at = case.received_at if person.erased_at is None else person.erased_at
            if case.recipient != person.recipient or case.received_at > erased_at:
                continue
            self._mails.delete(case.id)
            if case.kind is CaseKind.CHILD_REPORT:
                continue
            case = self._cases.claim(case.id, ruling_of_purge(erased_at))
            if case.ruling is not None and case.ruling.key == CLOSED_BY_PURGE:
                self._cases.close(case)
                closed += 1
        return closed


def _key(case_id: str) -> dict[str, Any]:
    return {"pk": {"S": CASE_PREFIX + case_id}}


def _place(due_at: Millis, case_id: str) -> str:
    """Returns the place of a case in the list, as a text that sorts by due date and id."""
    return f"{due_at:015d}#{case_id}"


def _to_item(case: Case) -> dict[str, Any]:
    item: dict[str, Any] = {
        **_key(case.id),
        "state": {"S": case.state.value},
        "kind": {"S": case.kind.value},
        "received_at": {"N": str(case.received_at)},
        "due_at": {"N": str(case.due_at)},
        _LIST: _OPEN,
        _PLACE: {"S": _place(case.due_at, case.id)},
    }
    if case.recipient:
        item["recipient"] = {"S": case.recipient}
    if case.names_other:
        item["names_other"] = {"BOOL": True}
    return item


@strict_reader
def _to_case(item: Item) -> Case:
    return Case(
        id=read_text(item, "pk").removeprefix(CASE_PREFIX),
        kind=CaseKind(read_text(item, "kind")),
        recipient=read_text(item, "recipient") if "recipient" in item else "",
        received_at=Millis(read_number(item, "received_at")),
        due_at=Millis(read_number(item, "due_at")),
        state=CaseState(read_text(item, "state")),
        ruling=_to_ruling(item) if "decision" in item else None,
        names_other="names_other" in item,
    )


def _to_ruling(item: Item) -> Ruling:
    return Ruling(
        decision=CaseDecision(read_text(item, "decision")),
        scope=ScopeNumber(read_number(item, "scope", MAX_SCOPES)),
        reason=read_text(item, "reason"),
        key=read_text(item, "key"),
        at=Millis(read_number(item, "decided_at")),
        agent=read_text(item, "agent") if "agent" in item else "",
    )
