"""The checks of a stack's resources on an emulated AWS, and of its parameters."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version
from typing import Any
from unittest.mock import Mock

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from heed.adapters.stack import AwsAccess, stack_resources
from heed.adapters.stack_activity import SWITCHED, is_on, read_unreserved_concurrency
from heed.doctor.findings import CheckName, CheckOutcome
from heed.doctor.stack_guard import guarded
from heed.doctor.stack_resources import (
    LINK_ROUTES,
    REQUEST_SECONDS,
    check_active_alarms,
    check_alarms,
    check_concurrency,
    check_functions,
    check_keys,
    check_object_lock,
    check_parameters,
    check_recovery,
    check_version,
)
from heed.domain.errors import DependencyUnavailable
from heed.domain.recipients.recipient import DOCTOR_RECIPIENT, recipient_from_bytes
from heed.entrypoints.cli.stack import Stack
from tests.load.assumptions import RunTimes
from tests.support.deployment import ROOT
from tests.support.doctor_servers import json_answer, web_server
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

    ((kind, key),) = stack_resources(AwsAccess(), "heed", "AWS::KMS::Key").values()

    assert kind == "AWS::KMS::Key"
    assert boto3.client("kms").describe_key(KeyId=key)["KeyMetadata"]["Enabled"]


def _create_function() -> str:
    """Creates a function and returns its name."""
    role = boto3.client("iam").create_role(RoleName="role", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("app.py", "pass")
    boto3.client("lambda").create_function(
        FunctionName="function",
        Role=role,
        Runtime="python3.13",
        Handler="app.handler",
        Code={"ZipFile": code.getvalue()},
    )
    return "function"


def _deploy(monkeypatch: pytest.MonkeyPatch, resources: Mapping[str, tuple[str, str]]) -> None:
    """Makes a stack of these resources. The emulator's CloudFormation does not have all of their types."""
    monkeypatch.setattr(
        "heed.doctor.stack_resources.stack_resources",
        lambda _, stack, *kinds: {
            name: found for name, found in resources.items() if found[0] in kinds and stack == "heed"
        },
    )


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A stack with a part of each type that can be switched off. Returns their ids."""
    queue = boto3.client("sqs").create_queue(QueueName="queue")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:123456789012:{queue.rpartition('/')[2]}"
    topic = boto3.client("sns").create_topic(Name="topic")["TopicArn"]
    function, events = _create_function(), boto3.client("events")
    events.create_event_bus(Name="people")
    for bus in ("default", "people"):
        events.put_rule(Name=f"rule-{bus}", EventBusName=bus, EventPattern='{"source": ["heed"]}')
    boto3.client("scheduler").create_schedule(Name="nightly", **SCHEDULE)
    mapping = boto3.client("lambda").create_event_source_mapping(EventSourceArn=arn, FunctionName=function)
    delivery = boto3.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    resources = {
        "LedgerFunction": ("AWS::Lambda::Function", function),
        "Reader": ("AWS::Lambda::EventSourceMapping", mapping["UUID"]),
        "Delivery": ("AWS::SNS::Subscription", delivery["SubscriptionArn"]),
        "Bus": ("AWS::Events::EventBus", "people"),
        "Rule": ("AWS::Events::Rule", "rule-default"),
        "RuleOfBus": ("AWS::Events::Rule", "people|rule-people"),
        "RuleOfUnnamedBus": ("AWS::Events::Rule", "rule-people"),
        "Nightly": ("AWS::Scheduler::Schedule", "nightly"),
    }
    assert {kind for kind, _ in resources.values()} == {*SWITCHED, "AWS::Events::EventBus"}
    _deploy(monkeypatch, resources)
    return {name: identifier for name, (kind, identifier) in resources.items() if kind in SWITCHED}


SCHEDULE: Any = {
    "ScheduleExpression": "rate(1 day)",
    "FlexibleTimeWindow": {"Mode": "OFF"},
    "Target": {"Arn": "arn:aws:lambda:us-east-1:1:function:f", "RoleArn": "arn:aws:iam::1:role/r"},
}


def test_a_stack_all_of_whose_parts_are_on_passes(parts: dict[str, str]) -> None:
    finding = check_functions(AwsAccess(), "heed")

    assert (finding.result, finding.seen) == (OK, f"{len(parts)} functions and what starts them are on")


BREAK: dict[str, Callable[[str], object]] = {
    "LedgerFunction": lambda name: boto3.client("lambda").put_function_concurrency(
        FunctionName=name, ReservedConcurrentExecutions=0
    ),
    "Reader": lambda uuid: boto3.client("lambda").update_event_source_mapping(UUID=uuid, Enabled=False),
    "Delivery": lambda arn: boto3.client("sns").unsubscribe(SubscriptionArn=arn),
    "Rule": lambda name: boto3.client("events").disable_rule(Name=name),
    "Nightly": lambda name: boto3.client("scheduler").update_schedule(
        Name=name, State="DISABLED", **SCHEDULE
    ),
}


@pytest.mark.parametrize("part", BREAK)
def test_a_part_that_is_switched_off_or_gone_is_a_fault(parts: dict[str, str], part: str) -> None:
    BREAK[part](parts[part])

    finding = check_functions(AwsAccess(), "heed")

    assert (finding.result, finding.seen) == (FAULT, f"off or gone: {part}")


def test_a_rule_of_a_bus_is_found_whether_or_not_its_id_names_the_bus(parts: dict[str, str]) -> None:
    boto3.client("events").disable_rule(Name="rule-people", EventBusName="people")

    assert check_functions(AwsAccess(), "heed").seen == "off or gone: RuleOfBus, RuleOfUnnamedBus"


def test_a_subscription_that_is_not_confirmed_yet_is_a_matter_of_the_alarms() -> None:
    assert is_on(AwsAccess(), "AWS::SNS::Subscription", "pending confirmation")


def test_a_refusal_of_aws_is_not_a_part_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    denied = ClientError({"Error": {"Code": "AccessDenied"}}, "GetFunctionConcurrency")
    monkeypatch.setitem(SWITCHED, "AWS::Lambda::Function", Mock(side_effect=denied))

    with pytest.raises(DependencyUnavailable, match="AccessDenied"):
        is_on(AwsAccess(), "AWS::Lambda::Function", "f")


ROUTES = template()["Resources"]["HttpApi"]["Properties"]["RouteSettings"]


def _deploy_links(
    monkeypatch: pytest.MonkeyPatch, unreserved: int, routes: Mapping[str, Mapping[str, int]] = ROUTES
) -> None:
    """Deploys the function for links and its routes, in an account with so many executions."""
    api = boto3.client("apigatewayv2").create_api(Name="heed", ProtocolType="HTTP")["ApiId"]
    boto3.client("apigatewayv2").create_stage(ApiId=api, StageName="$default", RouteSettings=routes)
    _deploy(
        monkeypatch,
        {
            "UnsubscribeFunction": ("AWS::Lambda::Function", _create_function()),
            "HttpApi": ("AWS::ApiGatewayV2::Api", api),
        },
    )
    limits = {"AccountLimit": {"ConcurrentExecutions": 1_000, "UnreservedConcurrentExecutions": unreserved}}
    answer = json_answer(limits)
    paths = ("GET /2016-08-19/account-settings", "GET /2016-08-19/account-settings/")
    with web_server(dict.fromkeys(paths, answer)) as server:
        account = AwsAccess(server.url.removesuffix("/u/token"), "us-east-1")
        count = read_unreserved_concurrency(account)
    # The emulator does not know the settings of an account.
    monkeypatch.setattr("heed.doctor.stack_resources.read_unreserved_concurrency", lambda _: count)


@pytest.mark.parametrize(
    ("unreserved", "result", "seen"),
    [
        (1_000, OK, "1,000 functions at once; links need 200"),
        (200, OK, "200 functions at once; links need 200"),
        (
            10,
            WARNING,
            "10 functions at once; the throttles of links admit 4,000 requests a second, which need 200",
        ),
    ],
)
def test_an_account_that_runs_fewer_functions_than_links_need_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, unreserved: int, result: CheckOutcome, seen: str
) -> None:
    _deploy_links(monkeypatch, unreserved)

    finding = check_concurrency(AwsAccess(), "heed")

    assert (finding.result, finding.seen) == (result, seen)


def test_a_reservation_counts_in_place_of_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    _deploy_links(monkeypatch, 10)

    def check(reserved: int) -> tuple[CheckOutcome, str]:
        boto3.client("lambda").put_function_concurrency(
            FunctionName="function", ReservedConcurrentExecutions=reserved
        )
        finding = check_concurrency(AwsAccess(), "heed")
        return finding.result, finding.seen.partition(";")[0]

    assert check(300) == (OK, "300 functions at once, reserved for links")
    assert check(50) == (WARNING, "50 functions at once, reserved for links")


def test_what_links_need_is_read_from_the_throttles_of_the_deployed_stage(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slow = {route: {"ThrottlingRateLimit": 100, "ThrottlingBurstLimit": 200} for route in LINK_ROUTES[1:]}
    _deploy_links(monkeypatch, 600, slow)

    # A route without a throttle of its own has that of the account.
    assert check_concurrency(AwsAccess(), "heed").seen == "600 functions at once; links need 510"


def test_a_stack_without_a_function_for_links_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    _deploy(monkeypatch, {})

    assert check_concurrency(AwsAccess(), "heed").result is FAULT


def test_a_request_takes_as_long_as_the_simulated_campaign_assumes() -> None:
    assert RunTimes().link == REQUEST_SECONDS
    assert set(LINK_ROUTES) <= ROUTES.keys()


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


def test_an_alarm_of_the_stack_that_is_on_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {
        "SealSilentAlarm": "heed-SealSilentAlarm-1A",
        "PurgeOverdueAlarm": "heed-PurgeOverdueAlarm-2B",
        "Other": "other-Alarm-3C",
    }
    cloudwatch = boto3.client("cloudwatch")
    for name in names.values():
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            Namespace="Heed/heed",
            MetricName="DaysSealed",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="LessThanThreshold",
        )
    _deploy(
        monkeypatch,
        {each: ("AWS::CloudWatch::Alarm", name) for each, name in names.items() if each != "Other"},
    )

    def check_after(alarm: str) -> tuple[CheckOutcome, str]:
        cloudwatch.set_alarm_state(AlarmName=names[alarm], StateValue="ALARM", StateReason="test")
        finding = check_active_alarms(AwsAccess(), "heed")
        return finding.result, finding.seen

    assert check_after("Other") == (OK, "none of 2 is on")
    assert check_after("SealSilentAlarm") == (WARNING, "on: SealSilentAlarm"), "as on each new stack"
    assert check_after("PurgeOverdueAlarm") == (FAULT, "on: PurgeOverdueAlarm, SealSilentAlarm")


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
