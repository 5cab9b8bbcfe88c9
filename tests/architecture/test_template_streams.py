"""Streams, schedules and the ledger's bucket in template.yaml: nothing is skipped, nothing blocks."""

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
def test_one_record_that_fails_blocks_no_other(function: str) -> None:
    event = STREAMS[function]
    assert event["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert event["BisectBatchOnFunctionError"] is True
    assert event["MaximumRetryAttempts"] > 0
    assert event["StartingPosition"] == "TRIM_HORIZON", "what was written before it was deployed too"


@pytest.mark.parametrize("function", STREAMS)
def test_what_is_given_up_leaves_its_place_and_nothing_of_its_content(function: str) -> None:
    given_up = STREAMS[function]["DestinationConfig"]["OnFailure"]
    assert given_up["Type"] == "SQS", "S3 would get the record itself"
    queue = given_up["Destination"]["Fn::GetAtt"][0]
    assert RESOURCES[queue]["Type"] == "AWS::SQS::Queue"


def test_the_ledger_is_told_of_a_change_within_a_second_or_so() -> None:
    assert STREAMS["LedgerFunction"]["MaximumBatchingWindowInSeconds"] <= 1


def test_the_ledger_gives_up_before_the_stream_forgets() -> None:
    assert STREAMS["LedgerFunction"]["MaximumRecordAgeInSeconds"] < 24 * 60 * 60
    assert STREAMS["LedgerFunction"]["MaximumRetryAttempts"] == 10_000, "no number ends it sooner"


def test_no_schedule_has_a_name_that_a_second_stack_would_have_too() -> None:
    assert all(event["OmitName"] is True for event in _events("ScheduleV2").values())


def test_a_day_is_sealed_two_hours_after_its_end() -> None:
    (event,) = FUNCTIONS["SealFunction"]["Events"].values()
    assert event["Properties"]["ScheduleExpression"] == "cron(0 2 * * ? *)"
    assert event["Properties"]["ScheduleExpressionTimezone"] == "UTC"


def test_hashes_and_seals_are_locked_in_production_and_a_trial_can_be_deleted() -> None:
    properties = _BUCKET["Properties"]
    nothing = {"Ref": "AWS::NoValue"}
    assert properties["ObjectLockEnabled"] == {"Fn::If": ["Production", True, nothing]}
    condition, locked, unlocked = properties["ObjectLockConfiguration"]["Fn::If"]
    assert (condition, unlocked) == ("Production", nothing)
    retention = locked["Rule"]["DefaultRetention"]
    assert retention == {"Mode": "GOVERNANCE", "Years": {"Ref": "SealYears"}}
    assert properties["VersioningConfiguration"]["Fn::If"][1] == {"Status": "Enabled"}


def test_the_bucket_of_hashes_is_nobody_elses_and_outlives_every_key() -> None:
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


def test_the_reconciler_keeps_its_place_beside_the_api_keys_and_touches_none() -> None:
    role = RESOURCES["ReconcileRole"]["Properties"]["Policies"][0]["PolicyDocument"]
    (statement,) = (s for s in role["Statement"] if "ControlTable" in str(s["Resource"]))
    assert statement["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": "reconcile"}}


def test_the_ledger_is_one_item_an_entry_without_an_index_and_without_an_end() -> None:
    table = RESOURCES["LedgerTable"]["Properties"]
    assert [key["AttributeName"] for key in table["KeySchema"]] == ["subject", "id"]
    assert not {"GlobalSecondaryIndexes", "TimeToLiveSpecification"} & table.keys()
    assert table["SSESpecification"]["KMSMasterKeyId"] == {"Fn::GetAtt": ["DataKey", "Arn"]}
    assert table["PointInTimeRecoverySpecification"]["RecoveryPeriodInDays"] == 7
