"""A production stack whose creation fails on purpose, is mended in place, and is removed with all it keeps.

It reserves more concurrency than any account has, which AWS refuses late: the tables, which are protected
from deletion, stand by then. Without `disable_rollback`, which samconfig.toml has for production, the stack
would end in ROLLBACK_FAILED.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterable
from typing import Any

from heed.adapters.aws import FAILURES, error_code
from heed.adapters.stack import stack_outputs
from heed.domain.errors import NotFound
from local.places import ROOT
from tests.account.checking import Check, Skipped, Unexpected, check
from tests.account.target import Target

TOO_MUCH = 100_000
_DAYS = 7  # the shortest that a key waits for its deletion
_GONE = ("ResourceNotFoundException", "NoSuchBucket", "NotFoundException")

Resources = list[dict[str, Any]]


@check(
    "CREATE_FAILED, then CREATE_COMPLETE or UPDATE_COMPLETE by a second deployment, and an Object Lock",
    only_in_an_account="the emulator neither rolls back nor locks",
)
def a_production_creation_that_fails_is_mended_in_place(target: Target) -> str:
    """Asked for by --break-a-creation; five more keys wait seven days for their deletion behind it."""
    if not target.wishes.break_a_creation:
        raise Skipped("it makes a production stack for half an hour: --break-a-creation")
    name = f"{target.name}-broken"
    try:
        stack_outputs(target.access, name)
    except NotFound:
        pass
    else:
        raise Skipped(f"there is a stack {name} already; this check makes and removes one")
    if not (ROOT / ".aws-sam/build/template.yaml").exists():
        raise Skipped("nothing is built that could be deployed: make build")
    target.end.callback(remove, target, name)
    region = target.client("cloudformation").meta.region_name
    _deploy(name, region, TOO_MUCH)
    first = _status(target, name)
    if first != "CREATE_FAILED":
        raise Unexpected(first)
    _deploy(name, region, 0)
    second = _status(target, name)
    if second not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise Unexpected(f"{first}, then {second}")
    bucket = stack_outputs(target.access, name)["LedgerBucket"]
    lock = target.client("s3").get_object_lock_configuration(Bucket=bucket)
    return f"{first}, then {second}, {lock['ObjectLockConfiguration']['Rule']['DefaultRetention']}"


def _deploy(name: str, region: str, reserved: int) -> None:
    """Deploy what `make deploy` has built; its exit code says less than the stack's status."""
    shell = os.environ  # noqa: TID251 - sam reads the AWS settings of this shell
    environment = {name: value for name, value in shell.items() if name != "PYTHONPATH"}
    subprocess.run(
        [
            ROOT / ".tools/sam/bin/sam",
            "deploy",
            *("--config-env", "trial", "--stack-name", name, "--region", region),
            *("--disable-rollback", "--no-confirm-changeset"),
            *("--parameter-overrides", "Environment=production", f"ReservedForOptOuts={reserved}"),
        ],
        cwd=ROOT,
        env={**environment, "SAM_CLI_TELEMETRY": "0"},
        check=False,
    )


def _status(target: Target, name: str) -> str:
    stacks = target.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    return str(stacks[0]["StackStatus"])


def remove(target: Target, name: str) -> None:
    """Remove that stack, and what production keeps of one: tables, bucket and keys; say what stays."""
    try:
        stack_outputs(target.access, name)
    except NotFound:
        return  # it never came to be
    cloudformation = target.client("cloudformation")
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
    resources = [each for page in pages for each in page["StackResourceSummaries"]]
    tables = _names(resources, "AWS::DynamoDB::Table")
    for table in tables:
        _or_say(f"the protection of {table}", _unprotect, target, table)
    _or_say(f"the stack {name}", _delete, target, name)
    for table in tables:
        _or_say(f"table {table}", _delete_table, target, table)
    for bucket in _names(resources, "AWS::S3::Bucket"):
        _or_say(f"bucket {bucket}", _empty_and_delete, target, bucket)
    for key in _names(resources, "AWS::KMS::Key"):
        _or_say(f"key {key}", _let_expire, target, key)


def _or_say(what: str, take_away: Callable[[Target, str], None], target: Target, name: str) -> None:
    """Take it away, if it is there still; what cannot be is told, and stops nothing behind it."""
    try:
        take_away(target, name)
    except FAILURES as error:
        if error_code(error) not in _GONE:
            print(f"stays    {what}: {error_code(error)}", flush=True)


def _unprotect(target: Target, table: str) -> None:
    dynamodb = target.client("dynamodb")
    dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)
    dynamodb.get_waiter("table_exists").wait(TableName=table)


def _delete(target: Target, stack: str) -> None:
    cloudformation = target.client("cloudformation")
    cloudformation.delete_stack(StackName=stack)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack)


def _delete_table(target: Target, table: str) -> None:
    target.client("dynamodb").delete_table(TableName=table)


def _empty_and_delete(target: Target, bucket: str) -> None:
    """Around 02:00 UTC a seal stands in it, under a lock that whoever may bypass it takes away."""
    s3 = target.client("s3")
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        versions = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]
        if versions:
            s3.delete_objects(Bucket=bucket, Delete={"Objects": versions}, BypassGovernanceRetention=True)
    s3.delete_bucket(Bucket=bucket)


def _let_expire(target: Target, key: str) -> None:
    kms = target.client("kms")
    if kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] != "PendingDeletion":
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=_DAYS)


def _names(resources: Iterable[dict[str, Any]], kind: str) -> list[str]:
    return [
        each["PhysicalResourceId"]
        for each in resources
        if each["ResourceType"] == kind and each.get("PhysicalResourceId")
    ]


CHECKS: tuple[Check, ...] = (a_production_creation_that_fails_is_mended_in_place,)
