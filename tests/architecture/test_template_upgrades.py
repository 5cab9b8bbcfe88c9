"""An update of a stack that is deployed: nothing is replaced, and nothing is asked that AWS refuses."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.support.iam_policies import RESOURCES

DEPLOYED = tomllib.loads((Path(__file__).parents[1] / "data" / "deployed.toml").read_text())
ROUTES = RESOURCES["HttpApi"]["Properties"]["RouteSettings"].keys()

# Of what cannot be made anew of the rest: what CloudFormation replaces the resource for.
_REPLACED_FOR = {
    "AWS::DynamoDB::Table": ("TableName", "KeySchema"),
    "AWS::KMS::Key": ("KeySpec", "KeyUsage", "MultiRegion"),
    "AWS::S3::Bucket": ("BucketName",),
    "AWS::Logs::LogGroup": ("LogGroupName",),
    "AWS::Events::EventBus": ("Name",),
    "AWS::SQS::Queue": ("QueueName", "FifoQueue"),
    "AWS::SNS::Topic": ("TopicName",),
    "AWS::SES::ConfigurationSet": ("Name",),
    "AWS::SES::EmailIdentity": ("EmailIdentity",),
    "AWS::Serverless::LayerVersion": ("LayerName",),
}
FIXED: dict[str, dict[str, Any]] = {
    name: {
        "Type": resource["Type"],
        **{
            each: resource["Properties"][each]
            for each in _REPLACED_FOR[resource["Type"]]
            if each in resource.get("Properties", {})
        },
    }
    for name, resource in RESOURCES.items()
    if resource["Type"] in _REPLACED_FOR
}


def _indexes(table: str) -> dict[str, Any]:
    made: list[dict[str, Any]] = RESOURCES[table]["Properties"].get("GlobalSecondaryIndexes", [])
    return {
        each["IndexName"]: {part: each[part] for part in ("KeySchema", "Projection")}
        for each in made
    }


def test_a_route_with_a_throttle_of_its_own_is_never_renamed_or_removed() -> None:
    assert set(DEPLOYED["throttled"]) - ROUTES == set()


def test_a_throttle_that_is_added_is_held_from_then_on() -> None:
    assert ROUTES - set(DEPLOYED["throttled"]) == set(), "add it to tests/data/deployed.toml"


@pytest.mark.parametrize("name", DEPLOYED["resources"])
def test_what_holds_something_is_updated_and_never_replaced(name: str) -> None:
    assert FIXED.get(name) == DEPLOYED["resources"][name]


def test_what_is_added_to_hold_something_is_held_to_its_name_from_then_on() -> None:
    assert FIXED.keys() - DEPLOYED["resources"].keys() == set(), (
        "add it to tests/data/deployed.toml"
    )


@pytest.mark.parametrize("table", DEPLOYED["indexes"])
def test_an_index_stays_with_its_keys_and_its_projection(table: str) -> None:
    """CloudFormation updates neither, and refuses the update of the whole stack."""
    made = _indexes(table)
    for name, deployed in DEPLOYED["indexes"][table].items():
        assert made.get(name) == deployed, "another projection is an index of another name"


def test_a_release_adds_one_index_to_a_table_at_most() -> None:
    tables = [name for name, each in FIXED.items() if each["Type"] == "AWS::DynamoDB::Table"]
    for table in tables:
        added = _indexes(table).keys() - DEPLOYED["indexes"].get(table, {}).keys()
        assert len(added) <= 1, "DynamoDB makes one in an update"
