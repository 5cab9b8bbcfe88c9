"""Retention: the code, the documents and the template agree, and each store is listed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from heed.adapters.dynamodb import purges
from heed.domain.privacy.purge import BACKUP_DAYS, SES_LIST_STORE
from heed.entrypoints.cli.retention import retention_table
from heed.entrypoints.cli.retention_rules import (
    DEFAULT_MINOR_DAYS,
    RETENTION_RULES,
    RetentionEnd,
    RetentionRule,
)
from tests.privacy.inventory import CONTROL, OUTSIDE, STORES, Cleared, Holds, Store
from tests.support.deployment import deployed, parts
from tests.support.iam_policies import RESOURCES
from tests.support.template import template

RETENTION = Path(__file__).parents[2] / "docs" / "reference" / "retention.md"
KINDS = {
    "AWS::DynamoDB::Table",
    "AWS::SQS::Queue",
    "AWS::S3::Bucket",
    "AWS::SNS::Topic",
    "AWS::Events::EventBus",
    "AWS::Events::Archive",
    "AWS::Logs::LogGroup",
    "AWS::Kinesis::Stream",
    "AWS::KinesisFirehose::DeliveryStream",
    "AWS::RDS::DBInstance",
    "AWS::ElastiCache::CacheCluster",
    "AWS::OpenSearchService::Domain",
    "AWS::EFS::FileSystem",
}
BY_NAME = {store.name: store for store in STORES}


def test_each_store_of_the_template_is_in_the_inventory_once() -> None:
    found = [name for name, resource in RESOURCES.items() if resource["Type"] in KINDS]
    assert sorted(found) == sorted(store.name for store in STORES)


@pytest.mark.parametrize("store", STORES, ids=lambda store: store.name)
def test_a_store_has_the_retention_of_the_inventory(store: Store) -> None:
    resource = RESOURCES[store.name]
    properties = resource.get("Properties", {})
    if resource["Type"] == "AWS::SQS::Queue":
        assert properties["MessageRetentionPeriod"] == (store.days or 0) * 86_400
    if resource["Type"] == "AWS::Logs::LogGroup":
        assert properties["RetentionInDays"] == store.days


@pytest.mark.parametrize("store", STORES, ids=lambda store: store.name)
def test_each_store_with_personal_data_is_cleared(store: Store) -> None:
    if store.holds is Holds.NOTHING:
        assert not store.steps
    elif store.cleared is Cleared.BY_PURGE:
        assert store.steps
    else:
        assert store.cleared is Cleared.AT_ONCE or store.days


@pytest.mark.parametrize("store", STORES, ids=lambda store: store.name)
def test_each_store_of_addresses_is_encrypted_and_has_a_short_retention(store: Store) -> None:
    if store.holds is Holds.ADDRESS:
        kind = RESOURCES[store.name]["Type"]
        assert store.days is not None
        assert store.days <= {"AWS::SQS::Queue": 14, "AWS::SNS::Topic": 23, "AWS::S3::Bucket": 45}[kind]
        assert re.search("KmsMasterKeyI[dD]|KMSMasterKeyID", str(RESOURCES[store.name]["Properties"]))


def test_the_purge_has_exactly_the_steps_of_the_inventory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with deployed(monkeypatch):
        steps = set(parts().purge_person.stores)
    assert steps == {step for store in STORES for step in store.steps}
    assert {step for store in OUTSIDE for step in store.steps} == {SES_LIST_STORE}, (
        "another function does this step"
    )


def test_each_kind_of_row_with_personal_data_is_cleared() -> None:
    for rows in CONTROL:
        if rows.cleared is Cleared.BY_PURGE:
            assert rows.step or rows.prefix == purges.PURGE_PREFIX
        else:
            assert rows.holds is Holds.NOTHING or rows.cleared is Cleared.BY_TIME


def test_no_backup_is_kept_longer_than_a_certificate_states() -> None:
    for resource in RESOURCES.values():
        backup = resource.get("Properties", {}).get("PointInTimeRecoverySpecification")
        assert backup is None or backup["RecoveryPeriodInDays"] <= BACKUP_DAYS


def test_the_record_of_a_minor_outlives_each_message_and_backup() -> None:
    parameter = template()["Parameters"]["MinorRecordDays"]
    assert parameter["Default"] == DEFAULT_MINOR_DAYS
    # A purge deletes what is in the other stores, so only those that end by time can bring data back.
    by_time = (store.days or 0 for store in STORES if store.cleared is not Cleared.BY_PURGE)
    longest = max(by_time) + BACKUP_DAYS
    assert parameter["MinValue"] == 45 > longest


def test_the_retention_table_of_the_page_is_that_of_the_command() -> None:
    table = [line for line in RETENTION.read_text().splitlines() if line.startswith("|")]
    assert table == list(retention_table(DEFAULT_MINOR_DAYS))


@pytest.mark.parametrize("rule", RETENTION_RULES, ids=lambda rule: rule.record)
def test_the_end_of_each_retention_rule_is_configured(rule: RetentionRule) -> None:
    if rule.store == "*Logs":
        return
    if rule.end is RetentionEnd.TTL:
        assert RESOURCES[rule.store]["Properties"]["TimeToLiveSpecification"]["Enabled"] is True
    if rule.store == "MailboxBucket":
        rules = RESOURCES[rule.store]["Properties"]["LifecycleConfiguration"]["Rules"]
        assert rule.days in [each["ExpirationInDays"] for each in rules if each["Status"] == "Enabled"]
    elif rule.store == "BulkBucket":
        files, incomplete = RESOURCES[rule.store]["Properties"]["LifecycleConfiguration"]["Rules"]
        assert (files["ExpirationInDays"], files["Status"], "Prefix" in files) == (
            rule.days,
            "Enabled",
            False,
        )
        assert incomplete["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    elif rule.end is RetentionEnd.SERVICE:
        assert BY_NAME[rule.store].days == rule.days


def test_each_store_has_a_retention_rule() -> None:
    ruled = {rule.store for rule in RETENTION_RULES}
    keeping = {store.name for store in STORES if RESOURCES[store.name]["Type"] not in _WITHOUT_STORAGE}
    assert keeping - ruled - {name for name in keeping if name.endswith("Logs")} == set()


_WITHOUT_STORAGE = {"AWS::SNS::Topic", "AWS::Events::EventBus"}  # they deliver messages and store nothing
