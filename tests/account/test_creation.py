"""The removal of the production stack that fails on purpose, with an AWS mock in this process."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest

from tests.account import creation
from tests.account.checking import Outcome
from tests.account.in_process import NAME, deploy, make_target, run_check
from tests.account.target import Options

if TYPE_CHECKING:
    from mypy_boto3_s3.literals import ObjectLockModeType

pytestmark = pytest.mark.usefixtures("aws")


def _deploy_locked(name: str) -> None:
    """Deploys a stack and enables Object Lock, which the CloudFormation mock cannot do."""
    deploy(name)
    s3, bucket = boto3.client("s3"), _bucket_name(name)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"})


def test_the_broken_stack_is_removed_with_its_retained_resources_only() -> None:
    deploy(NAME)
    tables, buckets = boto3.client("dynamodb").list_tables, boto3.client("s3").list_buckets
    others = tables()["TableNames"], [bucket["Name"] for bucket in buckets()["Buckets"]]
    deploy(f"{NAME}-broken")

    creation.remove_stack(make_target(), f"{NAME}-broken")

    assert (tables()["TableNames"], [bucket["Name"] for bucket in buckets()["Buckets"]]) == others
    kms = boto3.client("kms")
    keys = [kms.describe_key(KeyId=key["KeyId"]) for key in kms.list_keys()["Keys"]]
    assert sorted(key["KeyMetadata"]["KeyState"] for key in keys) == ["Enabled", "PendingDeletion"]


def _bucket_name(stack: str) -> str:
    resources = boto3.client("cloudformation").list_stack_resources(StackName=stack)
    (name,) = (
        resource["PhysicalResourceId"]
        for resource in resources["StackResourceSummaries"]
        if resource["ResourceType"] == "AWS::S3::Bucket"
    )
    return name


def _create_table(name: str) -> None:
    boto3.client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


def test_its_tables_are_found_after_a_hundred_other_tables() -> None:
    others = [f"a-{number:03}" for number in range(100)]
    for name in others:
        _create_table(name)
    deploy(f"{NAME}-broken")

    creation.remove_stack(make_target(), f"{NAME}-broken")

    pages = boto3.client("dynamodb").get_paginator("list_tables").paginate()
    assert [name for page in pages for name in page["TableNames"]] == others


def _put_locked(bucket: str, key: str, mode: ObjectLockModeType) -> None:
    """Stores an object that is locked like the nightly seal, until after the test."""
    boto3.client("s3").put_object(
        Bucket=bucket,
        Key=key,
        ObjectLockMode=mode,
        ObjectLockRetainUntilDate=datetime.now(UTC) + timedelta(days=2),
    )


def test_a_locked_seal_is_removed_with_its_bucket() -> None:
    _deploy_locked(f"{NAME}-broken")
    for key in ("seals/1", "seals/1", "seals/2"):
        _put_locked(_bucket_name(f"{NAME}-broken"), key, "GOVERNANCE")
    boto3.client("s3").delete_object(Bucket=_bucket_name(f"{NAME}-broken"), Key="seals/2")

    creation.remove_stack(make_target(), f"{NAME}-broken")

    assert boto3.client("s3").list_buckets()["Buckets"] == []


def test_a_failed_removal_is_printed_and_does_not_stop_the_others(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _deploy_locked(f"{NAME}-broken")
    bucket = _bucket_name(f"{NAME}-broken")
    _put_locked(bucket, "seals/1", "COMPLIANCE")

    creation.remove_stack(make_target(), f"{NAME}-broken")

    assert capsys.readouterr().out == f"stays    bucket {bucket}: BucketNotEmpty\n"
    kms = boto3.client("kms")
    (key,) = (kms.describe_key(KeyId=key["KeyId"]) for key in kms.list_keys()["Keys"])
    assert key["KeyMetadata"]["KeyState"] == "PendingDeletion"


def test_a_missing_stack_or_resource_is_not_a_failure(
    capsys: pytest.CaptureFixture[str],
) -> None:
    creation.remove_stack(make_target(), f"{NAME}-broken")
    _deploy_locked(f"{NAME}-broken")
    boto3.client("s3").delete_bucket(Bucket=_bucket_name(f"{NAME}-broken"))

    creation.remove_stack(make_target(), f"{NAME}-broken")

    assert capsys.readouterr().out == ""


def test_without_a_build_nothing_is_deployed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(creation, "ROOT", tmp_path)
    target = make_target(Options(break_a_creation=True))

    result = run_check(creation.a_failed_production_deployment_is_repaired, target)

    assert result.outcome is Outcome.SKIPPED
    target.cleanup.close()


def test_an_existing_stack_is_not_changed() -> None:
    deploy(f"{NAME}-broken")
    target = make_target(Options(break_a_creation=True))

    result = run_check(creation.a_failed_production_deployment_is_repaired, target)

    assert result.outcome is Outcome.SKIPPED
    target.cleanup.close()
    assert _status(f"{NAME}-broken") == "CREATE_COMPLETE"


def _status(name: str) -> str:
    return boto3.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
