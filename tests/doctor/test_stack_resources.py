"""The checks of a stack's resources on an emulated AWS, and of its parameters."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib.metadata import version

import boto3
import pytest
from moto import mock_aws

from heed.adapters.stack import AwsAccess, stack_keys
from heed.doctor.findings import CheckName, CheckOutcome
from heed.doctor.stack_guard import guarded
from heed.doctor.stack_resources import (
    check_alarms,
    check_keys,
    check_object_lock,
    check_parameters,
    check_recovery,
    check_version,
)
from heed.domain.recipients.recipient import DOCTOR_RECIPIENT, recipient_from_bytes
from heed.entrypoints.cli.stack import Stack
from tests.support.deployment import ROOT
from tests.support.template import template

OK, WARNING, FAULT = CheckOutcome


@pytest.fixture(autouse=True)
def _emulated(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        yield


def make_stack(parameters: Mapping[str, str]) -> Stack:
    return Stack({}, dict, "", AwsAccess, lambda: parameters, "heed")


def test_keys_that_work_pass() -> None:
    kms = boto3.client("kms")
    key = kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["KeyId"]
    rotated = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.enable_key_rotation(KeyId=rotated)

    assert check_keys(AwsAccess(), [key, rotated]).result is OK


def test_a_key_that_is_disabled_or_to_be_deleted_is_a_fault() -> None:
    kms = boto3.client("kms")
    disabled, pending = (kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2))
    kms.disable_key(KeyId=disabled)
    kms.schedule_key_deletion(KeyId=pending)

    finding = check_keys(AwsAccess(), [disabled, pending])

    assert (finding.result, finding.seen) == (FAULT, "keys that do not work: Disabled, PendingDeletion")


def test_a_key_that_is_not_rotated_is_a_warning() -> None:
    key = boto3.client("kms").create_key()["KeyMetadata"]["KeyId"]

    assert check_keys(AwsAccess(), [key]).seen == "keys that are not rotated: 1"


def test_a_key_without_its_replica_is_a_warning() -> None:
    kms = boto3.client("kms")
    key = kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC", MultiRegion=True)

    finding = check_keys(AwsAccess(), [key["KeyMetadata"]["KeyId"]])

    assert (finding.result, finding.seen) == (WARNING, "keys without a replica in another region: 1")


def test_a_key_that_does_not_exist_is_not_checked() -> None:
    assert not guarded(CheckName.KEYS, lambda: check_keys(AwsAccess(), ["none"])).is_checked


def test_a_stack_without_keys_is_a_fault() -> None:
    assert check_keys(AwsAccess(), []).result is FAULT


def test_the_keys_of_a_stack_are_found_among_its_resources() -> None:
    key_resource = {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": json.dumps({"Statement": []})}}
    body = json.dumps({"Resources": {"Key": key_resource}})
    boto3.client("cloudformation").create_stack(StackName="heed", TemplateBody=body)

    (key,) = stack_keys(AwsAccess(), "heed")

    assert boto3.client("kms").describe_key(KeyId=key)["KeyMetadata"]["Enabled"]


def test_alarms_that_nobody_receives_are_a_fault() -> None:
    topic = boto3.client("sns").create_topic(Name="alarms")["TopicArn"]

    assert check_alarms(AwsAccess(), topic).result is FAULT

    boto3.client("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint="ops@example.com")
    assert check_alarms(AwsAccess(), topic).result is OK


def test_a_subscription_that_nobody_confirmed_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """The emulator confirms each subscription at once."""
    topic = boto3.client("sns").create_topic(Name="alarms")["TopicArn"]
    boto3.client("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint="ops@example.com")
    monkeypatch.setattr("moto.sns.responses.SNSResponse.list_subscriptions_by_topic", _pending)

    finding = check_alarms(AwsAccess(), topic)

    assert (finding.result, finding.seen) == (FAULT, "subscriptions that nobody confirmed: 1")


def _pending(_: object) -> str:
    member = "<member><SubscriptionArn>PendingConfirmation</SubscriptionArn></member>"
    return (
        '<ListSubscriptionsByTopicResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/">'
        f"<ListSubscriptionsByTopicResult><Subscriptions>{member}</Subscriptions>"
        "</ListSubscriptionsByTopicResult></ListSubscriptionsByTopicResponse>"
    )


def test_a_bucket_without_a_lock_is_a_fault_in_production_alone() -> None:
    boto3.client("s3").create_bucket(Bucket="ledger")

    assert check_object_lock(AwsAccess(), "ledger", "production").result is FAULT
    assert check_object_lock(AwsAccess(), "ledger", "trial").result is OK


def test_a_bucket_is_locked_only_with_a_default_retention() -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="ledger", ObjectLockEnabledForBucket=True)
    assert check_object_lock(AwsAccess(), "ledger", "production").result is FAULT

    rule = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}
    s3.put_object_lock_configuration(
        Bucket="ledger",
        ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule},  # type: ignore[typeddict-item]
    )
    assert check_object_lock(AwsAccess(), "ledger", "production").result is OK


def _make_table(name: str, *, recovers: bool) -> None:
    dynamodb = boto3.client("dynamodb")
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    recovery = {"PointInTimeRecoveryEnabled": recovers}
    dynamodb.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=recovery)  # type: ignore[arg-type]


def test_a_table_that_cannot_be_restored_is_a_fault() -> None:
    names = ("PreferencesTable", "ControlTable", "LedgerTable")
    for name in names:
        _make_table(name, recovers=name != "ControlTable")
    outputs = {name: name for name in names}

    finding = check_recovery(AwsAccess(), outputs)

    assert (finding.result, finding.seen) == (FAULT, "off for ControlTable")

    enabled = {"PointInTimeRecoveryEnabled": True}
    boto3.client("dynamodb").update_continuous_backups(
        TableName="ControlTable",
        PointInTimeRecoverySpecification=enabled,  # type: ignore[arg-type]
    )
    assert check_recovery(AwsAccess(), outputs).result is OK


@pytest.mark.parametrize(
    ("parameters", "result"),
    [
        ({}, OK),
        ({"MailDomain": "mail.example.com"}, WARNING),
        ({"ForwardTo": "office@example.com"}, FAULT),
        ({"ForwardTo": "office@example.com", "MailFrom": "p@example.com"}, OK),
        ({"MailDomain": "mail.example.com", "ReceiptRuleSet": "other"}, FAULT),
        ({"MailDomain": "other.example.com", "ReceiptRuleSet": "active"}, FAULT),
        ({"MailDomain": "mail.example.com", "ReceiptRuleSet": "active"}, OK),
        ({"Environment": "production"}, WARNING),
        ({"Environment": "production", "DomainName": "p.example.com"}, OK),
    ],
)
def test_parameters_that_contradict_each_other_or_the_account_are_found(
    parameters: dict[str, str], result: CheckOutcome
) -> None:
    ses = boto3.client("ses")
    ses.create_receipt_rule_set(RuleSetName="active")
    rule = {"Name": "mail", "Enabled": True, "Recipients": ["mail.example.com"]}
    ses.create_receipt_rule(RuleSetName="active", Rule=rule)
    ses.set_active_receipt_rule_set(RuleSetName="active")

    finding = check_parameters(make_stack(parameters))

    assert finding.result is result
    assert "@" not in finding.seen


def test_a_command_of_another_version_than_the_stack_is_a_warning() -> None:
    assert check_version({"Version": version("heed")}).result is OK
    assert check_version({"Version": "0.0.9"}).result is WARNING
    assert check_version({}).seen.startswith("the stack is older than 0.1.0")


def test_the_version_of_the_template_is_that_of_the_package() -> None:
    assert template()["Outputs"]["Version"]["Value"] == version("heed")


def test_the_recipient_of_the_doctor_is_the_hash_of_no_address_and_is_documented() -> None:
    assert recipient_from_bytes(b"heed:doctor:heed") == DOCTOR_RECIPIENT
    assert DOCTOR_RECIPIENT in (ROOT / "docs" / "operations.md").read_text("utf-8")
