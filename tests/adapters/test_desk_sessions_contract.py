"""The contract of the port DeskSessions, in memory, on moto and on the emulator."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from heed.adapters.aws import CLIENT_CONFIG
from heed.adapters.dynamodb.desk_sessions import DeskSessionsTable
from heed.domain.desk.session import SESSION_LIMIT, DeskRole, DeskSession, hash_session_value
from heed.domain.milliseconds import Millis
from heed.domain.preferences.brand_access import BrandAccess
from heed.domain.preferences.register import ScopeNumber
from heed.use_cases.ports.desk import DeskSessions
from tests.support.deployment import NOW
from tests.support.fakes import MemoryDeskSessions
from tests.support.template import table_definition

MINUTE = 60_000
_numbers = itertools.count(1)


@pytest.fixture
def sessions(address: str | None) -> DeskSessions:
    """The sessions, in a store of their own."""
    if address == "":
        return MemoryDeskSessions()
    client = boto3.client("dynamodb", config=CLIENT_CONFIG, endpoint_url=address)
    name = f"Sessions{next(_numbers)}"
    client.create_table(TableName=name, **table_definition("ControlTable"))
    return DeskSessionsTable(client, name)


def limited(session: DeskSession, *brands: int) -> DeskSession:
    return replace(session, brands=BrandAccess(frozenset(map(ScopeNumber, brands))))


def make_session(value: str = "a", key: str = "oidc:0123456789abcdef", agent: str = "Ada") -> DeskSession:
    return DeskSession(hash_session_value(value), key, agent, DeskRole.AGENT, NOW, NOW, Millis(NOW - 1))


def after(milliseconds: int) -> Millis:
    return Millis(NOW + milliseconds)


@pytest.mark.parametrize(
    "session",
    [
        make_session(),
        replace(make_session(), role_read_at=after(7), refresh_token="sealed"),
        limited(make_session(), 1, 10),
    ],
    ids=["first", "renewed", "of two brands"],
)
def test_a_session_is_found_by_its_hash_alone(sessions: DeskSessions, session: DeskSession) -> None:
    sessions.create(session)
    assert sessions.find(session.hash) == session
    assert sessions.find(hash_session_value("b")) is None


def test_the_time_of_a_request_is_stored_about_once_a_minute(sessions: DeskSessions) -> None:
    session = make_session()
    sessions.create(session)
    sessions.touch(session, after(MINUTE - 1))
    assert sessions.find(session.hash) == session
    sessions.touch(session, after(MINUTE))
    assert sessions.find(session.hash) == replace(session, used_at=after(MINUTE))


def test_an_older_request_does_not_move_the_time_back(sessions: DeskSessions) -> None:
    session = make_session()
    sessions.create(session)
    sessions.touch(session, after(3 * MINUTE))
    sessions.touch(session, after(2 * MINUTE))
    assert sessions.find(session.hash) == replace(session, used_at=after(3 * MINUTE))


def test_neither_a_request_nor_a_renewal_brings_an_ended_session_back(sessions: DeskSessions) -> None:
    session = make_session()
    sessions.create(session)
    for _ in range(2):
        sessions.end(session.hash)
    sessions.touch(session, after(MINUTE))
    assert not sessions.renew(replace(session, role_read_at=after(MINUTE)))
    assert sessions.find(session.hash) is None


def test_a_renewal_stores_role_time_and_token_and_keeps_the_rest(sessions: DeskSessions) -> None:
    session = make_session()
    sessions.create(session)
    sessions.touch(session, after(MINUTE))
    renewed = replace(session, role=DeskRole.PRIVACY, role_read_at=after(5), refresh_token="sealed")
    assert sessions.renew(renewed)
    assert sessions.find(session.hash) == replace(renewed, used_at=after(MINUTE))


def test_a_renewal_stores_the_brands_and_removes_a_limit_that_ended(sessions: DeskSessions) -> None:
    session = limited(make_session(), 1)
    sessions.create(session)
    for renewed in (limited(session, 10), make_session(), limited(session, 1, 10)):
        assert sessions.renew(renewed)
        assert sessions.find(session.hash) == renewed


@pytest.mark.parametrize("who", ["oidc:0123456789abcdef", "Ada"])
def test_all_sessions_of_a_person_end_by_key_or_name(sessions: DeskSessions, who: str) -> None:
    other = make_session("c", key="oidc:fedcba9876543210", agent="Grace")
    for session in (make_session("a"), make_session("b"), other):
        sessions.create(session)
    assert sessions.end_all_of(who) == 2
    assert sessions.end_all_of(who) == 0
    assert [sessions.find(hash_session_value(value)) for value in "abc"] == [None, None, other]


def test_the_item_expires_with_the_session_and_has_no_cookie() -> None:
    with mock_aws():
        client = boto3.client("dynamodb", config=CLIENT_CONFIG)
        client.create_table(TableName="Sessions", **table_definition("ControlTable"))
        DeskSessionsTable(client, "Sessions").create(make_session("the value in the cookie"))
        (item,) = client.scan(TableName="Sessions")["Items"]
    assert item["expires"] == {"N": str((NOW + SESSION_LIMIT) // 1000)}
    assert "the value in the cookie" not in str(item)


@pytest.mark.parametrize(
    ("name", "value"),
    [("role", {"S": "of a later version"}), ("brands", {"NS": ["70000"]}), ("brands", {"SS": ["1"]})],
)
def test_a_session_that_cannot_be_read_is_none(name: str, value: Any) -> None:
    # Tables of their own: the AWS of the fixture of the stores may still be there.
    table = "-".join(("Sessions", name, *value))
    with mock_aws():
        client = boto3.client("dynamodb", config=CLIENT_CONFIG)
        client.create_table(TableName=table, **table_definition("ControlTable"))
        sessions, session = DeskSessionsTable(client, table), make_session()
        sessions.create(session)
        client.update_item(
            TableName=table,
            Key={"pk": {"S": f"desk#{session.hash}"}},
            UpdateExpression="SET #name = :value",
            ExpressionAttributeNames={"#name": name},
            ExpressionAttributeValues={":value": value},
        )
        assert sessions.find(session.hash) is None
