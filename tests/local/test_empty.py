"""What is emptied before a stack is deleted."""

from __future__ import annotations

import json
from pathlib import Path

import boto3
import pytest

from local.empty import Deployed, deployed, empty

pytestmark = pytest.mark.usefixtures("aws")
_TEMPLATE = json.dumps(
    {
        "Parameters": {"Environment": {"Type": "String"}},
        "Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}},
    }
)
_HERE = Deployed("heed", "us-east-1", None)
_ELSEWHERE = Deployed("heed", "eu-central-1", None)


def stack(environment: str, where: Deployed = _HERE) -> str:
    """A stack with a bucket that holds two versions of an object; the bucket's name."""
    cloudformation = boto3.client("cloudformation", region_name=where.region)
    cloudformation.create_stack(
        StackName=where.stack,
        TemplateBody=_TEMPLATE,
        Parameters=[{"ParameterKey": "Environment", "ParameterValue": environment}],
    )
    found = cloudformation.list_stack_resources(StackName=where.stack)["StackResourceSummaries"]
    bucket = found[0]["PhysicalResourceId"]
    boto3.client("s3").put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"1", b"2"):
        boto3.client("s3").put_object(Bucket=bucket, Key="hashes/1", Body=body)
    return bucket


def versions(bucket: str) -> int:
    return len(boto3.client("s3").list_object_versions(Bucket=bucket).get("Versions", []))


def samconfig(folder: Path, text: str) -> Path:
    path = folder / "samconfig.toml"
    path.write_text(text)
    return path


def test_a_trials_bucket_is_emptied_of_every_version() -> None:
    bucket = stack("trial")
    assert list(empty(_HERE)) == [f"Emptied {bucket}"]
    assert versions(bucket) == 0


def test_what_is_in_a_bucket_of_production_stays_and_it_is_said() -> None:
    bucket = stack("production")
    assert list(empty(_HERE)) == ["heed is no trial: its buckets stay as they are"]
    assert versions(bucket) == 2


def test_where_there_is_no_such_stack_it_is_said_with_the_region() -> None:
    stack("trial", _ELSEWHERE)
    assert list(empty(_HERE)) == ["There is no stack heed in us-east-1: nothing to empty"]


def test_the_stack_is_looked_for_in_the_region_of_samconfig_whatever_the_shell_says() -> None:
    bucket = stack("trial", _ELSEWHERE)
    assert list(empty(_ELSEWHERE)) == [f"Emptied {bucket}"]


def test_the_profile_of_samconfig_is_the_one_that_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A profile names a region too, which counts where samconfig.toml names none."""
    profiles = tmp_path / "config"
    profiles.write_text(
        "[profile company]\nregion = eu-central-1\naws_access_key_id = a\naws_secret_access_key = b\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(profiles))
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    bucket = stack("trial", _ELSEWHERE)
    assert list(empty(Deployed("heed", None, "company"))) == [f"Emptied {bucket}"]


def test_what_sam_deploy_guided_has_written_is_read(tmp_path: Path) -> None:
    path = samconfig(
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
    assert deployed("trial", path) == Deployed("preferences", "eu-central-1", "company")


def test_without_a_region_and_a_profile_those_of_the_shell_count(tmp_path: Path) -> None:
    path = samconfig(tmp_path, '[trial.global.parameters]\nstack_name = "heed-trial"\n')
    assert deployed("trial", path) == Deployed("heed-trial", None, None)


@pytest.mark.parametrize(("environment", "name"), [("trial", "heed-trial"), ("production", "heed")])
def test_each_environment_of_our_own_samconfig_has_its_stack(environment: str, name: str) -> None:
    assert deployed(environment, Path("samconfig.toml")).stack == name
