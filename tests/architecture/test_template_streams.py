"""Streams, schedules and the ledger bucket in template.yaml: no record is skipped or blocks others."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.iam_policies import FUNCTIONS, RESOURCES


def _events(kind: str) -> dict[str, dict[str, Any]]:
    return {
        name: event["Properties"]
        for name, function in FUNCTIONS.items()
        for event in function.get("Events", {}).values()
        if event["Type"] == kind
    }


STREAMS = _events("DynamoDB")
SCHEDULED = set(_events("ScheduleV2"))
_BUCKET = RESOURCES["LedgerBucket"]


@pytest.mark.parametrize("function", STREAMS)
def test_a_failing_stream_record_does_not_block_others(function: str) -> None:
    event = STREAMS[function]
    assert event["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert event["BisectBatchOnFunctionError"] is True
    assert event["MaximumRetryAttempts"] > 0
    assert event["StartingPosition"] == "TRIM_HORIZON", "includes changes from before its deployment"


@pytest.mark.parametrize("function", STREAMS)
def test_a_dead_letter_has_the_position_of_a_stream_record_and_not_its_content(function: str) -> None:
    destination = STREAMS[function]["DestinationConfig"]["OnFailure"]
    assert destination["Type"] == "SQS", "S3 would get the content of the record"
    queue = destination["Destination"]["Fn::GetAtt"][0]
    assert RESOURCES[queue]["Type"] == "AWS::SQS::Queue"


def test_the_ledger_receives_a_change_within_about_a_second() -> None:
    assert STREAMS["LedgerFunction"]["MaximumBatchingWindowInSeconds"] <= 1


def test_the_ledger_stops_retrying_before_the_stream_deletes_a_record() -> None:
    assert STREAMS["LedgerFunction"]["MaximumRecordAgeInSeconds"] < 24 * 60 * 60
    assert STREAMS["LedgerFunction"]["MaximumRetryAttempts"] == 10_000, "retries end only by age"


def test_no_schedule_has_a_fixed_name() -> None:
    assert all(event["OmitName"] is True for event in _events("ScheduleV2").values())


def test_a_day_is_sealed_two_hours_after_its_end() -> None:
    (event,) = FUNCTIONS["SealFunction"]["Events"].values()
    assert event["Properties"]["ScheduleExpression"] == "cron(0 2 * * ? *)"
    assert event["Properties"]["ScheduleExpressionTimezone"] == "UTC"


def test_hashes_and_seals_are_locked_only_in_production() -> None:
    properties = _BUCKET["Properties"]
    nothing = {"Ref": "AWS::NoValue"}
    assert properties["ObjectLockEnabled"] == {"Fn::If": ["Production", True, nothing]}
    condition, locked, unlocked = properties["ObjectLockConfiguration"]["Fn::If"]
    assert (condition, unlocked) == ("Production", nothing)
    retention = locked["Rule"]["DefaultRetention"]
    assert retention == {"Mode": "GOVERNANCE", "Years": {"Ref": "SealYears"}}
    assert properties["VersioningConfiguration"]["Fn::If"][1] == {"Status": "Enabled"}


def test_the_ledger_bucket_is_private_and_needs_no_kms_key() -> None:
    properties = _BUCKET["Properties"]
    assert all(properties["PublicAccessBlockConfiguration"].values())
    assert "KMS" not in str(properties["BucketEncryption"])
    over_tls, once = RESOURCES["LedgerBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    for denied in (over_tls, once):
        assert (denied["Effect"], denied["Principal"]) == ("Deny", "*")
    assert over_tls["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert (once["Action"], once["Condition"]) == (
        "s3:PutObject",
        {"Null": {"s3:if-none-match": "true"}},
    )
    assert once["Resource"] == {"Fn::Sub": "${LedgerBucket.Arn}/*"}, "seals, leaves and hashes"


def test_the_reconciler_accesses_only_its_checkpoint_in_the_control_table() -> None:
    role = RESOURCES["ReconcileRole"]["Properties"]["Policies"][0]["PolicyDocument"]
    (statement,) = (s for s in role["Statement"] if "ControlTable" in str(s["Resource"]))
    assert statement["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": "reconcile"}}


def test_the_ledger_table_has_no_index_and_no_time_to_live() -> None:
    table = RESOURCES["LedgerTable"]["Properties"]
    assert [key["AttributeName"] for key in table["KeySchema"]] == ["subject", "id"]
    assert not {"GlobalSecondaryIndexes", "TimeToLiveSpecification"} & table.keys()
    assert table["SSESpecification"]["KMSMasterKeyId"] == {"Fn::GetAtt": ["DataKey", "Arn"]}
    assert table["PointInTimeRecoverySpecification"]["RecoveryPeriodInDays"] == 7
