"""The production stack that fails on purpose is removed with all that it keeps: on an AWS in this process."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest

from tests.account import creation
from tests.account.checking import Word
from tests.account.in_process import NAME, a_target, deploy, look
from tests.account.target import Wishes

if TYPE_CHECKING:
    from mypy_boto3_s3.literals import ObjectLockModeType

pytestmark = pytest.mark.usefixtures("aws")


def _deploy_locked(name: str) -> None:
    """With a bucket that has an Object Lock, which the CloudFormation of this process cannot make."""
    deploy(name)
    s3, bucket = boto3.client("s3"), _bucket(name)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"})


def test_the_broken_stack_is_removed_with_all_that_production_keeps_and_nothing_else() -> None:
    deploy(NAME)
    tables, buckets = boto3.client("dynamodb").list_tables, boto3.client("s3").list_buckets
    others = tables()["TableNames"], [one["Name"] for one in buckets()["Buckets"]]
    deploy(f"{NAME}-broken")

    creation.remove(a_target(), f"{NAME}-broken")

    assert (tables()["TableNames"], [one["Name"] for one in buckets()["Buckets"]]) == others
    kms = boto3.client("kms")
    keys = [kms.describe_key(KeyId=one["KeyId"]) for one in kms.list_keys()["Keys"]]
    assert sorted(key["KeyMetadata"]["KeyState"] for key in keys) == ["Enabled", "PendingDeletion"]


def _bucket(stack: str) -> str:
    of = boto3.client("cloudformation").list_stack_resources(StackName=stack)
    (name,) = (
        each["PhysicalResourceId"]
        for each in of["StackResourceSummaries"]
        if each["ResourceType"] == "AWS::S3::Bucket"
    )
    return name


def _table(name: str) -> None:
    boto3.client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


def test_its_tables_are_found_behind_a_hundred_others() -> None:
    others = [f"a-{n:03}" for n in range(100)]
    for name in others:
        _table(name)
    deploy(f"{NAME}-broken")

    creation.remove(a_target(), f"{NAME}-broken")

    pages = boto3.client("dynamodb").get_paginator("list_tables").paginate()
    assert [name for page in pages for name in page["TableNames"]] == others


def _lock(bucket: str, key: str, mode: ObjectLockModeType) -> None:
    """As the nightly seal is, until after the test."""
    boto3.client("s3").put_object(
        Bucket=bucket,
        Key=key,
        ObjectLockMode=mode,
        ObjectLockRetainUntilDate=datetime.now(UTC) + timedelta(days=2),
    )


def test_a_seal_that_was_written_meanwhile_goes_with_its_bucket() -> None:
    _deploy_locked(f"{NAME}-broken")
    for key in ("seals/1", "seals/1", "seals/2"):
        _lock(_bucket(f"{NAME}-broken"), key, "GOVERNANCE")
    boto3.client("s3").delete_object(Bucket=_bucket(f"{NAME}-broken"), Key="seals/2")

    creation.remove(a_target(), f"{NAME}-broken")

    assert boto3.client("s3").list_buckets()["Buckets"] == []


def test_what_cannot_be_removed_is_told_and_stops_nothing_behind_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _deploy_locked(f"{NAME}-broken")
    bucket = _bucket(f"{NAME}-broken")
    _lock(bucket, "seals/1", "COMPLIANCE")

    creation.remove(a_target(), f"{NAME}-broken")

    assert capsys.readouterr().out == f"stays    bucket {bucket}: BucketNotEmpty\n"
    kms = boto3.client("kms")
    (key,) = (kms.describe_key(KeyId=one["KeyId"]) for one in kms.list_keys()["Keys"])
    assert key["KeyMetadata"]["KeyState"] == "PendingDeletion"


def test_what_never_came_to_be_or_is_gone_already_is_no_failure(
    capsys: pytest.CaptureFixture[str],
) -> None:
    creation.remove(a_target(), f"{NAME}-broken")
    _deploy_locked(f"{NAME}-broken")
    boto3.client("s3").delete_bucket(Bucket=_bucket(f"{NAME}-broken"))

    creation.remove(a_target(), f"{NAME}-broken")

    assert capsys.readouterr().out == ""


def test_without_a_build_nothing_is_deployed_and_nothing_is_left_to_remove(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(creation, "ROOT", tmp_path)
    target = a_target(Wishes(break_a_creation=True))

    result = look(creation.a_production_creation_that_fails_is_mended_in_place, target)

    assert result.word is Word.SKIPPED
    target.end.close()


def test_a_stack_that_was_there_before_is_not_taken_for_the_broken_one() -> None:
    deploy(f"{NAME}-broken")
    target = a_target(Wishes(break_a_creation=True))

    result = look(creation.a_production_creation_that_fails_is_mended_in_place, target)

    assert result.word is Word.SKIPPED
    target.end.close()
    assert _status(f"{NAME}-broken") == "CREATE_COMPLETE"


def _status(name: str) -> str:
    return boto3.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
