"""Buckets are emptied before a trial is deleted."""

from __future__ import annotations

import json
from pathlib import Path

import boto3
import pytest

from local.empty import Environment, empty_buckets, read_environment

pytestmark = pytest.mark.usefixtures("aws")
_TEMPLATE = json.dumps(
    {
        "Parameters": {"Environment": {"Type": "String"}},
        "Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}},
    }
)
_HERE = Environment("heed", "us-east-1", None)
_ELSEWHERE = Environment("heed", "eu-central-1", None)


def create_stack(environment: str, place: Environment = _HERE, *, versioned: bool = True) -> str:
    """Creates a stack with a bucket, and stores an object in it twice. Returns the name of the bucket."""
    cloudformation = boto3.client("cloudformation", region_name=place.region)
    cloudformation.create_stack(
        StackName=place.stack,
        TemplateBody=_TEMPLATE,
        Parameters=[{"ParameterKey": "Environment", "ParameterValue": environment}],
    )
    resources = cloudformation.list_stack_resources(StackName=place.stack)["StackResourceSummaries"]
    bucket = resources[0]["PhysicalResourceId"]
    if versioned:
        boto3.client("s3").put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"1", b"2"):
        boto3.client("s3").put_object(Bucket=bucket, Key="hashes/1", Body=body)
    return bucket


def count_versions(bucket: str) -> int:
    return len(boto3.client("s3").list_object_versions(Bucket=bucket).get("Versions", []))


def write_samconfig(folder: Path, text: str) -> Path:
    path = folder / "samconfig.toml"
    path.write_text(text)
    return path


def test_all_versions_are_deleted_from_the_bucket_of_a_trial() -> None:
    bucket = create_stack("trial")
    assert list(empty_buckets(_HERE)) == [f"Emptied {bucket}"]
    assert count_versions(bucket) == 0


def test_a_bucket_without_versions_is_emptied() -> None:
    bucket = create_stack("trial", versioned=False)
    list(empty_buckets(_HERE))
    assert boto3.client("s3").list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_a_bucket_of_production_is_not_changed() -> None:
    bucket = create_stack("production")
    assert list(empty_buckets(_HERE)) == ["heed is not a trial: its buckets are not changed"]
    assert count_versions(bucket) == 2


def test_a_missing_stack_is_reported_with_the_region() -> None:
    create_stack("trial", _ELSEWHERE)
    assert list(empty_buckets(_HERE)) == ["There is no stack heed in us-east-1: nothing to empty"]


def test_the_region_of_samconfig_overrides_that_of_the_shell() -> None:
    bucket = create_stack("trial", _ELSEWHERE)
    assert list(empty_buckets(_ELSEWHERE)) == [f"Emptied {bucket}"]


def test_the_profile_of_samconfig_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The region of the profile is used because samconfig.toml names none."""
    profiles = tmp_path / "config"
    profiles.write_text(
        "[profile company]\nregion = eu-central-1\naws_access_key_id = a\naws_secret_access_key = b\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(profiles))
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    bucket = create_stack("trial", _ELSEWHERE)
    assert list(empty_buckets(Environment("heed", None, "company"))) == [f"Emptied {bucket}"]


def test_parameters_of_sam_deploy_guided_are_read(tmp_path: Path) -> None:
    path = write_samconfig(
        tmp_path,
        """
        [trial.global.parameters]
        stack_name = "heed-trial"
        [trial.deploy.parameters]
        stack_name = "preferences"
        region = "eu-central-1"
        profile = "company"
        """,
    )
    assert read_environment("trial", path) == Environment("preferences", "eu-central-1", "company")


def test_without_region_and_profile_those_of_the_shell_are_used(tmp_path: Path) -> None:
    path = write_samconfig(tmp_path, '[trial.global.parameters]\nstack_name = "heed-trial"\n')
    assert read_environment("trial", path) == Environment("heed-trial", None, None)


@pytest.mark.parametrize(("environment", "name"), [("trial", "heed-trial"), ("production", "heed")])
def test_each_environment_of_this_repository_has_its_stack(environment: str, name: str) -> None:
    assert read_environment(environment, Path("samconfig.toml")).stack == name
