"""The implementations that each contract test runs against: memory, moto in this process, the emulator."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from heed.adapters.aws import CLIENT_CONFIG, client_factory
from heed.adapters.dynamodb.preferences import PreferencesTable
from heed.codec.record import decode_record
from heed.domain.errors import UnreadableRecord
from heed.domain.recipients.recipient import recipient_from_bytes
from heed.use_cases.ports.preferences import Preferences
from tests.support.clients import service_models
from tests.support.fakes import MemoryPreferences
from tests.support.template import table_definition
from tests.system.running import running_emulator

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TABLE = "Preferences"
_numbers = itertools.count(1)


def new_recipient() -> str:
    """Returns a recipient id that no other test uses."""
    return recipient_from_bytes(next(_numbers).to_bytes(16, "big"))


@dataclass
class Store:
    """A store under test. `put` writes an item as another version of Heed may write it."""

    preferences: Preferences
    put: Callable[[dict[str, Any]], object]


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of an emulator that only the tests of adapters use."""
    with running_emulator(tmp_path_factory.mktemp("emulator")) as url:
        yield url


@pytest.fixture(scope="module", params=["memory", "moto", pytest.param("emulator", marks=pytest.mark.system)])
def address(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """The URL of the AWS under test; "": memory; None: moto in this process."""
    if request.param == "memory":
        yield ""
    elif request.param == "emulator":
        yield request.getfixturevalue("emulator")
    else:
        with mock_aws():
            yield None


@pytest.fixture(scope="module", params=["memory", "moto", pytest.param("emulator", marks=pytest.mark.system)])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """Each implementation of the port Preferences."""
    if request.param == "memory":
        yield _memory()
    elif request.param == "moto":
        with mock_aws():
            yield _table(client_factory(service_models())("dynamodb"))
    else:
        url = request.getfixturevalue("emulator")
        yield _table(boto3.client("dynamodb", config=CLIENT_CONFIG, endpoint_url=url))


@pytest.fixture(scope="module", params=["moto", pytest.param("emulator", marks=pytest.mark.system)])
def dynamodb(request: pytest.FixtureRequest) -> Iterator[DynamoDBClient]:
    """A client with the deployed configuration, for an AWS that has the table."""
    if request.param == "moto":
        with mock_aws():
            yield _with_table(client_factory(service_models())("dynamodb"))
    else:
        url = request.getfixturevalue("emulator")
        yield _with_table(boto3.client("dynamodb", config=CLIENT_CONFIG, endpoint_url=url))


def _memory() -> Store:
    preferences = MemoryPreferences()

    def put(item: dict[str, Any]) -> None:
        try:
            preferences.records[item["id"]["S"]] = decode_record(item)
        except UnreadableRecord:
            preferences.make_unreadable(item["id"]["S"])

    return Store(preferences, put)


def _with_table(client: DynamoDBClient) -> DynamoDBClient:
    """Creates the table unless it exists. The client itself may have only the operations of the functions."""
    administrator = boto3.client("dynamodb", endpoint_url=client.meta.endpoint_url)
    if TABLE not in administrator.list_tables()["TableNames"]:
        administrator.create_table(TableName=TABLE, **table_definition("PreferencesTable"))
    return client


def _table(client: DynamoDBClient) -> Store:
    preferences = PreferencesTable(_with_table(client), TABLE, pause=lambda _: None)
    return Store(preferences, lambda item: client.put_item(TableName=TABLE, Item=item))
