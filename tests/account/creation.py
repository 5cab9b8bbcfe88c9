"""Creates a production stack that fails on purpose, repairs it, and removes it with everything that it keeps.

The stack reserves more concurrency than any account has. AWS refuses that late: the tables, which are
protected from deletion, exist already. Without `disable_rollback`, which samconfig.toml sets for production,
the stack would end in ROLLBACK_FAILED.
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
_KEY_DELETION_DAYS = 7  # the minimum of KMS
_GONE = ("ResourceNotFoundException", "NoSuchBucket", "NotFoundException")

Resources = list[dict[str, Any]]


@check(
    "CREATE_FAILED, then CREATE_COMPLETE or UPDATE_COMPLETE by a second deployment, and an Object Lock",
    only_in_an_account="the emulator has neither rollback nor Object Lock",
)
def a_failed_production_deployment_is_repaired(target: Target) -> str:
    """Runs with --break-a-creation. Afterwards five keys wait seven days for their deletion."""
    if not target.options.break_a_creation:
        raise Skipped("it creates a production stack for half an hour: --break-a-creation")
    name = f"{target.name}-broken"
    try:
        stack_outputs(target.access, name)
    except NotFound:
        pass
    else:
        raise Skipped(f"the stack {name} exists already; this check would create and remove it")
    if not (ROOT / ".aws-sam/build/template.yaml").exists():
        raise Skipped("there is no build to deploy: make build")
    target.cleanup.callback(remove_stack, target, name)
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
    """Deploys the build of `make deploy`. The exit code is ignored, because the stack's status says more."""
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


def remove_stack(target: Target, name: str) -> None:
    """Removes the stack and what production keeps: tables, bucket and keys. Prints what cannot be removed."""
    try:
        stack_outputs(target.access, name)
    except NotFound:
        return  # the stack was never created
    cloudformation = target.client("cloudformation")
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
    resources = [item for page in pages for item in page["StackResourceSummaries"]]
    tables = _physical_names(resources, "AWS::DynamoDB::Table")
    for table in tables:
        _try_to_remove(f"the protection of {table}", _unprotect, target, table)
    _try_to_remove(f"the stack {name}", _delete, target, name)
    for table in tables:
        _try_to_remove(f"table {table}", _delete_table, target, table)
    for bucket in _physical_names(resources, "AWS::S3::Bucket"):
        _try_to_remove(f"bucket {bucket}", _empty_and_delete, target, bucket)
    for key in _physical_names(resources, "AWS::KMS::Key"):
        _try_to_remove(f"key {key}", _schedule_deletion, target, key)


def _try_to_remove(label: str, remove_one: Callable[[Target, str], None], target: Target, name: str) -> None:
    """Removes a resource if it exists. A failure is printed and does not stop the next removals."""
    try:
        remove_one(target, name)
    except FAILURES as error:
        if error_code(error) not in _GONE:
            print(f"stays    {label}: {error_code(error)}", flush=True)


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
    """Around 02:00 UTC the bucket may contain a locked seal. This bypasses the lock, if your identity may."""
    s3 = target.client("s3")
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        items = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        versions = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in items]
        if versions:
            s3.delete_objects(Bucket=bucket, Delete={"Objects": versions}, BypassGovernanceRetention=True)
    s3.delete_bucket(Bucket=bucket)


def _schedule_deletion(target: Target, key: str) -> None:
    kms = target.client("kms")
    if kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] != "PendingDeletion":
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=_KEY_DELETION_DAYS)


def _physical_names(resources: Iterable[dict[str, Any]], kind: str) -> list[str]:
    return [
        resource["PhysicalResourceId"]
        for resource in resources
        if resource["ResourceType"] == kind and resource.get("PhysicalResourceId")
    ]


CHECKS: tuple[Check, ...] = (a_failed_production_deployment_is_repaired,)
