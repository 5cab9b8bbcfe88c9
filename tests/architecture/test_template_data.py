"""Tables and keys of template.yaml, and what remains of them after a stack is deleted."""

from __future__ import annotations

import boto3
import pytest

from tests.support.iam_policies import RESOURCES
from tests.support.template import PATH, table_definition, template

TABLES = ("PreferencesTable", "ControlTable")
MAC_KEYS = ("IdentityKey", "LinksKey", "ConfirmationKey")
DATA_KEYS = ("DataKey", "AddressKey")
SIGNING_KEYS = ("SnapshotKey",)
_PRODUCTION_KEEPS = {"Fn::If": ["Production", "RetainExceptOnCreate", "Delete"]}


@pytest.mark.parametrize("table", TABLES)
def test_a_table_is_encrypted_recoverable_and_has_a_time_to_live(table: str) -> None:
    properties = RESOURCES[table]["Properties"]
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["SSESpecification"]["KMSMasterKeyId"] == {"Fn::GetAtt": ["DataKey", "Arn"]}
    assert properties["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}
    assert properties["PointInTimeRecoverySpecification"] == {
        "PointInTimeRecoveryEnabled": True,
        "RecoveryPeriodInDays": 7,
    }
    assert properties["DeletionProtectionEnabled"] == {"Fn::If": ["Production", True, False]}


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.usefixtures("aws")
def test_a_table_of_the_template_can_be_created(table: str) -> None:
    client = boto3.client("dynamodb")
    client.create_table(TableName=table, **table_definition(table))
    assert client.describe_table(TableName=table)["Table"]["TableStatus"] == "ACTIVE"


def test_the_stream_of_preferences_has_old_and_new_images() -> None:
    stream = RESOURCES["PreferencesTable"]["Properties"]["StreamSpecification"]
    assert stream == {"StreamViewType": "NEW_AND_OLD_IMAGES"}


def test_the_indexes_contain_only_keys_and_the_purge_marker() -> None:
    indexes = RESOURCES["PreferencesTable"]["Properties"]["GlobalSecondaryIndexes"]
    keys = {i["IndexName"]: [k["AttributeName"] for k in i["KeySchema"]] for i in indexes}
    assert keys == {"Changes": ["chg_shard", "chg_at"], "Due": ["due_shard", "due"]}
    projections = {index["IndexName"]: index["Projection"] for index in indexes}
    assert projections == {
        "Changes": {"ProjectionType": "KEYS_ONLY"},
        "Due": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["purge"]},
    }


@pytest.mark.parametrize("key", MAC_KEYS)
def test_a_mac_key_is_hmac_with_30_days_before_deletion(key: str) -> None:
    properties = RESOURCES[key]["Properties"]
    assert properties["KeySpec"] == "HMAC_256"
    assert properties["KeyUsage"] == "GENERATE_VERIFY_MAC"
    assert properties["PendingWindowInDays"] == 30


def test_the_identity_key_is_a_multi_region_key() -> None:
    assert RESOURCES["IdentityKey"]["Properties"]["MultiRegion"] is True


@pytest.mark.parametrize("key", SIGNING_KEYS)
def test_a_signing_key_makes_es256_signatures_with_30_days_before_deletion(key: str) -> None:
    properties = RESOURCES[key]["Properties"]
    assert (properties["KeySpec"], properties["KeyUsage"]) == ("ECC_NIST_P256", "SIGN_VERIFY")
    assert properties["PendingWindowInDays"] == 30


@pytest.mark.parametrize("key", DATA_KEYS)
def test_an_encryption_key_rotates(key: str) -> None:
    assert RESOURCES[key]["Properties"]["EnableKeyRotation"] is True


@pytest.mark.parametrize(
    "name",
    [
        *TABLES,
        "LedgerTable",
        "LedgerBucket",
        *MAC_KEYS,
        *DATA_KEYS,
        *SIGNING_KEYS,
        "MailIdentity",
        "MailConfigurationSet",
    ],
)
def test_production_keeps_the_resource_and_a_trial_deletes_it(name: str) -> None:
    assert RESOURCES[name]["DeletionPolicy"] == _PRODUCTION_KEEPS
    assert RESOURCES[name]["UpdateReplacePolicy"] == {"Fn::If": ["Production", "Retain", "Delete"]}


def test_the_default_configuration_set_is_kept_with_the_identity() -> None:
    """SES refuses each mail of an identity whose default configuration set does not exist."""
    identity = RESOURCES["MailIdentity"]
    default = identity["Properties"]["ConfigurationSetAttributes"]
    sets = [
        resource
        for name, resource in RESOURCES.items()
        if resource["Type"] == "AWS::SES::ConfigurationSet" and f"{{'Ref': '{name}'}}" in str(default)
    ]
    assert [each["DeletionPolicy"] for each in sets] == [identity["DeletionPolicy"]]
    assert [each["UpdateReplacePolicy"] for each in sets] == [identity["UpdateReplacePolicy"]]


def test_each_table_and_key_is_listed_in_this_test() -> None:
    kinds = ("AWS::DynamoDB::Table", "AWS::KMS::Key")
    found = {name for name, resource in RESOURCES.items() if resource["Type"] in kinds}
    assert found == {*TABLES, "LedgerTable", *MAC_KEYS, *DATA_KEYS, *SIGNING_KEYS}


@pytest.mark.threat(
    "T16",
    "A key is stolen from its storage.",
    "No key is stored. IAM decides who may derive a key, separately for each purpose.",
)
def test_each_key_for_platforms_has_its_own_policy() -> None:
    for key in ("IdentityKey", "LinksKey"):
        policy = RESOURCES[f"{key}Policy"]["Properties"]["PolicyDocument"]
        assert policy["Statement"] == [
            {
                "Effect": "Allow",
                "Action": "kms:GenerateMac",
                "Resource": {"Fn::GetAtt": [key, "Arn"]},
            }
        ]
        assert f"{key}PolicyArn" in template()["Outputs"]


# Actions without resources in IAM: the metrics, and the suppression list of SES, belong to the account.
_WITHOUT_RESOURCE = {
    "BulkRole": ["cloudwatch:GetMetricStatistics"],
    "SesListRole": [["ses:DeleteSuppressedDestination", "ses:ListSuppressedDestinations"]],
}


def test_a_resource_is_a_star_only_in_key_policies_and_for_actions_without_resources() -> None:
    holders = {name for name, resource in RESOURCES.items() if "'Resource': '*'" in str(resource)}
    assert holders == {"DataKey", *_WITHOUT_RESOURCE}
    for role, actions in _WITHOUT_RESOURCE.items():
        (policy,) = RESOURCES[role]["Properties"]["Policies"]
        statements = policy["PolicyDocument"]["Statement"]
        assert [s["Action"] for s in statements if s["Resource"] == "*"] == actions
    of_the_key = RESOURCES["DataKey"]["Properties"]["KeyPolicy"]["Statement"]
    assert PATH.read_text().count('Resource: "*"') == len(of_the_key) + len(_WITHOUT_RESOURCE)
