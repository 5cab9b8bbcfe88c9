"""The health of the parts of a stack, for the command line. Only `send_test_mail` changes anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from heed.adapters.aws import FAILURES, error_code, failures_as, required_member
from heed.adapters.stack import AwsAccess
from heed.domain.errors import DependencyUnavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sns import SNSClient

T = TypeVar("T")

_PENDING = "PendingConfirmation"
_SYMMETRIC = "SYMMETRIC_DEFAULT"  # the only keys that KMS rotates


@dataclass(frozen=True, slots=True)
class IdentityHealth:
    """An identity of SES.

    Attributes:
        is_verified: whether SES sends for it.
        dkim: the state of DKIM, such as SUCCESS.
        mail_from: the state of its own MAIL FROM domain, or "" if it has none.
    """

    is_verified: bool
    dkim: str
    mail_from: str


@dataclass(frozen=True, slots=True)
class SendingHealth:
    """SES in this account and region.

    Attributes:
        is_production: whether it is out of the sandbox.
        is_enabled: whether it sends at all.
        enforcement: HEALTHY, PROBATION or SHUTDOWN.
        quota: the number of mails that it sends in 24 hours.
        sent: the number that it has sent in the last 24 hours.
    """

    is_production: bool
    is_enabled: bool
    enforcement: str
    quota: int
    sent: int


@dataclass(frozen=True, slots=True)
class KeyHealth:
    """A key of KMS.

    Attributes:
        state: such as Enabled.
        is_rotated: whether KMS rotates it; None if KMS cannot.
        replicas: the number of its replicas in other regions; None if it cannot have any.
    """

    state: str
    is_rotated: bool | None
    replicas: int | None


@dataclass(frozen=True, slots=True)
class ReceiptHealth:
    """How SES receives mail in this region.

    Attributes:
        rule_set: the name of the active receipt rule set, or "".
        domains: the domains for which an enabled rule of it receives mail.
    """

    rule_set: str
    domains: frozenset[str]


def read_identity(access: AwsAccess, identity: str) -> IdentityHealth | None:
    """Returns an identity of SES, or None if there is no such identity.

    Raises:
        DependencyUnavailable: SES did not answer, or refused the request.
    """
    client: SESV2Client = access.client("sesv2")
    answer = _read_if_present(partial(client.get_email_identity, EmailIdentity=identity), "NotFoundException")
    if answer is None:
        return None
    mail_from = answer.get("MailFromAttributes", {})
    return IdentityHealth(
        required_member(answer, "VerifiedForSendingStatus"),
        answer.get("DkimAttributes", {}).get("Status", ""),
        mail_from.get("MailFromDomainStatus", "") if mail_from.get("MailFromDomain") else "",
    )


def read_sending(access: AwsAccess) -> SendingHealth:
    """Returns the state of SES in this account and region.

    Raises:
        DependencyUnavailable: SES did not answer, or refused the request.
    """
    client: SESV2Client = access.client("sesv2")
    with failures_as(DependencyUnavailable):
        answer = client.get_account()
    quota = required_member(answer, "SendQuota")
    return SendingHealth(
        required_member(answer, "ProductionAccessEnabled"),
        required_member(answer, "SendingEnabled"),
        answer.get("EnforcementStatus", ""),
        int(quota.get("Max24HourSend", 0)),
        int(quota.get("SentLast24Hours", 0)),
    )


def read_event_types(access: AwsAccess, configuration_set: str, topic: str) -> set[str] | None:
    """Returns the types of events that a configuration set sends to a topic, or None if there is no such set.

    Raises:
        DependencyUnavailable: SES did not answer, or refused the request.
    """
    client: SESV2Client = access.client("sesv2")
    answer = _read_if_present(
        partial(client.get_configuration_set_event_destinations, ConfigurationSetName=configuration_set),
        "NotFoundException",
    )
    if answer is None:
        return None
    return {
        kind
        for destination in answer.get("EventDestinations", ())  # a set without any may leave it out
        if destination.get("Enabled") and destination.get("SnsDestination", {}).get("TopicArn") == topic
        for kind in destination["MatchingEventTypes"]
    }


def read_receipt(access: AwsAccess) -> ReceiptHealth:
    """Returns how SES receives mail in this region.

    Raises:
        DependencyUnavailable: SES did not answer, or refused the request.
    """
    client: Any = access.client("ses")
    with failures_as(DependencyUnavailable):
        answer = client.describe_active_receipt_rule_set()
    domains = {
        name.rpartition("@")[2]
        for rule in answer.get("Rules", ())
        if rule.get("Enabled")
        for name in rule.get("Recipients", ())
    }
    return ReceiptHealth(answer.get("Metadata", {}).get("Name", ""), frozenset(domains))


def read_key(access: AwsAccess, key: str) -> KeyHealth:
    """Returns the state of a key.

    Raises:
        DependencyUnavailable: KMS did not answer, or refused the request.
    """
    client: KMSClient = access.client("kms")
    with failures_as(DependencyUnavailable):
        metadata = required_member(client.describe_key(KeyId=key), "KeyMetadata")
        is_rotated = None
        if metadata.get("KeySpec") == _SYMMETRIC:
            is_rotated = required_member(client.get_key_rotation_status(KeyId=key), "KeyRotationEnabled")
    replicas = None
    if metadata.get("MultiRegion"):
        replicas = len(metadata.get("MultiRegionConfiguration", {}).get("ReplicaKeys", ()))
    return KeyHealth(metadata.get("KeyState", ""), is_rotated, replicas)


def count_subscriptions(access: AwsAccess, topic: str) -> tuple[int, int]:
    """Returns how many subscriptions of a topic are confirmed, and how many are not.

    Raises:
        DependencyUnavailable: SNS did not answer, or refused the request.
    """
    client: SNSClient = access.client("sns")
    with failures_as(DependencyUnavailable):
        pages = list(client.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic))
    arns = [item["SubscriptionArn"] for page in pages for item in page.get("Subscriptions", ())]
    return len(arns) - arns.count(_PENDING), arns.count(_PENDING)


def is_locked(access: AwsAccess, bucket: str) -> bool:
    """Returns whether new objects of a bucket are locked by default.

    Raises:
        DependencyUnavailable: S3 did not answer, or refused the request.
    """
    client: S3Client = access.client("s3")
    answer = _read_if_present(
        partial(client.get_object_lock_configuration, Bucket=bucket), "ObjectLockConfigurationNotFoundError"
    )
    if answer is None:
        return False
    configuration = answer.get("ObjectLockConfiguration", {})
    return configuration.get("ObjectLockEnabled") == "Enabled" and "Rule" in configuration


def has_recovery(access: AwsAccess, table: str) -> bool:
    """Returns whether a table can be restored to a point in time.

    Raises:
        DependencyUnavailable: DynamoDB did not answer, or refused the request.
    """
    client: DynamoDBClient = access.client("dynamodb")
    with failures_as(DependencyUnavailable):
        answer = client.describe_continuous_backups(TableName=table)
    backups = required_member(answer, "ContinuousBackupsDescription")
    recovery = backups.get("PointInTimeRecoveryDescription", {})
    return bool(recovery.get("PointInTimeRecoveryStatus") == "ENABLED")


def send_test_mail(access: AwsAccess, sender: str, recipient: str, configuration_set: str) -> None:
    """Sends a mail to the mailbox simulator of SES.

    Raises:
        DependencyUnavailable: SES did not accept the mail.
    """
    client: SESV2Client = access.client("sesv2")
    text = {"Data": "heed doctor"}
    with failures_as(DependencyUnavailable):
        client.send_email(
            FromEmailAddress=sender,
            Destination={"ToAddresses": [recipient]},
            Content={"Simple": {"Subject": text, "Body": {"Text": text}}},  # type: ignore[typeddict-item]
            ConfigurationSetName=configuration_set,
        )


def _read_if_present(read: Callable[[], T], missing: str) -> T | None:
    """Returns the answer of a call, or None if its error has the code `missing`."""
    try:
        return read()
    except FAILURES as error:
        if error_code(error) == missing:
            return None
        raise DependencyUnavailable(error_code(error)) from error
