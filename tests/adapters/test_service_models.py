"""Tests the service models of the core layer. They make the same requests as the models of botocore.

If the layer's models cannot be used, the models of botocore replace them.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.client import BaseClient

from heed.adapters import aws
from heed.adapters.aws import client_factory
from service_models import OPERATIONS
from tests.support.clients import service_models

KEY = {"id": {"S": "x"}}
QUEUE = "https://sqs.us-east-1.amazonaws.com/123456789012/queue"
# A request for each operation that a function calls.
REQUESTS: dict[tuple[str, str], dict[str, Any]] = {
    ("dynamodb", "BatchGetItem"): {"RequestItems": {"t": {"Keys": [KEY]}}},
    ("dynamodb", "DeleteItem"): {"TableName": "t", "Key": KEY},
    ("dynamodb", "DescribeTable"): {"TableName": "t"},
    ("dynamodb", "GetItem"): {"TableName": "t", "Key": KEY, "ConsistentRead": True},
    ("dynamodb", "PutItem"): {"TableName": "t", "Item": {**KEY, "b": {"B": b"\0"}, "n": {"N": "1"}}},
    ("dynamodb", "Query"): {"TableName": "t", "KeyConditionExpression": "id = :x"},
    ("dynamodb", "Scan"): {"TableName": "t", "Limit": 2},
    ("dynamodb", "UpdateItem"): {"TableName": "t", "Key": KEY, "UpdateExpression": "SET a = b"},
    ("dynamodb", "TransactWriteItems"): {
        "TransactItems": [{"Put": {"TableName": "t", "Item": KEY}}],
        "ClientRequestToken": "t",
    },
    ("cloudwatch", "GetMetricStatistics"): {
        "Namespace": "AWS/Lambda",
        "MetricName": "IteratorAge",
        "StartTime": 1,
        "EndTime": 2,
        "Period": 60,
        "Statistics": ["Maximum"],
    },
    ("events", "PutEvents"): {"Entries": [{"Source": "heed", "DetailType": "x", "Detail": "{}"}]},
    ("kms", "Decrypt"): {"CiphertextBlob": b"x", "EncryptionContext": {"use": "x"}},
    ("kms", "Encrypt"): {"KeyId": "k", "Plaintext": b"x"},
    ("kms", "GenerateMac"): {"KeyId": "k", "Message": b"x", "MacAlgorithm": "HMAC_SHA_256"},
    ("kms", "GetPublicKey"): {"KeyId": "k"},
    ("kms", "Sign"): {"KeyId": "k", "Message": b"x", "SigningAlgorithm": "ECDSA_SHA_256"},
    ("secretsmanager", "GetSecretValue"): {"SecretId": "arn:aws:secretsmanager:us-east-1:1:secret:a"},
    ("ssm", "GetParameter"): {"Name": "/heed/desk"},
    ("s3", "CreateMultipartUpload"): {"Bucket": "bulk", "Key": "a/results/b"},
    ("s3", "UploadPart"): {"Bucket": "bulk", "Key": "a/b", "PartNumber": 1, "UploadId": "u", "Body": b"x"},
    ("s3", "UploadPartCopy"): {
        "Bucket": "bulk",
        "Key": "a/b",
        "CopySource": {"Bucket": "bulk", "Key": "a/c"},
        "PartNumber": 1,
        "UploadId": "u",
    },
    ("s3", "CompleteMultipartUpload"): {
        "Bucket": "bulk",
        "Key": "a/b",
        "UploadId": "u",
        "MultipartUpload": {"Parts": [{"ETag": "e", "PartNumber": 1}]},
    },
    ("s3", "DeleteObject"): {"Bucket": "mailbox", "Key": "inbound/a"},
    ("s3", "DeleteObjects"): {"Bucket": "bulk", "Delete": {"Objects": [{"Key": "a/upload"}], "Quiet": True}},
    ("s3", "HeadObject"): {"Bucket": "bulk", "Key": "a/upload"},
    ("s3", "ListObjectsV2"): {"Bucket": "bulk", "Prefix": "a/"},
    ("s3", "GetObject"): {"Bucket": "ledger", "Key": "seals/a", "VersionId": "v"},
    ("s3", "ListObjectVersions"): {"Bucket": "ledger", "Prefix": "seals/"},
    ("s3", "PutObject"): {
        "Bucket": "ledger",
        "Key": "seals/a",
        "Body": b"x",
        "IfNoneMatch": "*",
        "ChecksumAlgorithm": "SHA256",
    },
    ("sesv2", "DeleteSuppressedDestination"): {"EmailAddress": "reader@example.com"},
    ("sesv2", "ListSuppressedDestinations"): {"PageSize": 2},
    ("sesv2", "SendEmail"): {"Content": {"Raw": {"Data": b"x"}}},
    ("stepfunctions", "StartExecution"): {
        "stateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:m",
        "name": "n",
        "input": "{}",
    },
    ("sqs", "ChangeMessageVisibility"): {"QueueUrl": QUEUE, "ReceiptHandle": "r", "VisibilityTimeout": 15},
    ("sqs", "DeleteMessage"): {"QueueUrl": QUEUE, "ReceiptHandle": "r"},
    ("sqs", "GetQueueAttributes"): {"QueueUrl": QUEUE, "AttributeNames": ["All"]},
    ("sqs", "ReceiveMessage"): {"QueueUrl": QUEUE},
    ("sqs", "SendMessage"): {"QueueUrl": QUEUE, "MessageBody": "x"},
}
SETTINGS = [
    {"AWS_DEFAULT_REGION": "us-east-1"},
    {"AWS_DEFAULT_REGION": "eu-central-1", "AWS_USE_DUALSTACK_ENDPOINT": "true"},
    {"AWS_DEFAULT_REGION": "us-west-2", "AWS_USE_FIPS_ENDPOINT": "true"},
    {"AWS_DEFAULT_REGION": "us-west-2", "AWS_ACCOUNT_ID": "123456789012"},
    {"AWS_DEFAULT_REGION": "cn-north-1"},
    {"AWS_DEFAULT_REGION": "us-gov-west-1"},
    {"AWS_DEFAULT_REGION": "xx-new-1"},
]


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A copy of the service models, to take parts away."""
    return Path(shutil.copytree(service_models(), tmp_path / "service_models"))


class _Sent(Exception):
    """Carries a request, at the point where botocore would send it."""


def _intercept(request: AWSPreparedRequest, **_: object) -> None:
    raise _Sent(request)


def _requests(factory: Callable[..., Any]) -> dict[tuple[str, str], tuple[object, ...]]:
    """Returns the method, the URL, the body and the signed region and service of each request."""
    sent: dict[tuple[str, str], tuple[object, ...]] = {}
    for (service, operation), parameters in REQUESTS.items():
        client = factory(service)
        client.meta.events.register_first("before-send", _intercept)
        with pytest.raises(_Sent) as caught:
            client._make_api_call(operation, dict(parameters))
        request = caught.value.args[0]
        signed_for = re.findall(r"Credential=\w+/\d+/([^,]+)", str(request.headers["Authorization"]))
        body = request.body.read() if hasattr(request.body, "read") else request.body
        sent[service, operation] = (request.method, request.url, body, signed_for)
    return sent


def test_there_is_a_request_for_each_operation() -> None:
    assert REQUESTS.keys() == {(service, name) for service, names in OPERATIONS.items() for name in names}


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda settings: "-".join(settings.values()))
def test_each_request_is_the_same_as_with_the_models_of_botocore(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str]
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    aws._session.cache_clear()  # a session remembers the account of its credentials
    assert _requests(client_factory(service_models())) == _requests(client_factory())


@pytest.mark.parametrize("service", OPERATIONS)
def test_a_client_has_the_operations_of_the_functions_and_no_other(service: str) -> None:
    client = client_factory(service_models())(service)
    assert client.meta.service_model.operation_names == list(OPERATIONS[service])


def _remove_service(models: Path) -> None:
    shutil.rmtree(models / "kms")


def _remove_partitions(models: Path) -> None:
    (models / "partitions.json").unlink()


def _remove_all(models: Path) -> None:
    shutil.rmtree(models)


def _truncate(models: Path) -> None:
    (model,) = models.glob("kms/*/service-2.json")
    model.write_bytes(model.read_bytes()[:1000])


def _use_newer_rules(models: Path) -> None:
    (rules,) = models.glob("kms/*/endpoint-rule-set-1.json")
    rules.write_text(rules.read_text().replace('"type":"string"', '"type":"new"', 1))


def _use_newer_protocol(models: Path) -> None:
    _edit_metadata(models, protocol="new", protocols=["new"])


def _use_newer_signature(models: Path) -> None:
    _edit_metadata(models, auth=["aws.auth#new"], signatureVersion="new")


def _edit_metadata(models: Path, **changed: object) -> None:
    (file,) = models.glob("kms/*/service-2.json")
    model = json.loads(file.read_text())
    file.write_text(json.dumps({**model, "metadata": {**model["metadata"], **changed}}))


def _use_another_encoding(models: Path) -> None:
    (model,) = models.glob("kms/*/service-2.json")
    model.write_bytes(model.read_text().replace('"serviceId":"KMS"', '"serviceId":"Clé"').encode("latin-1"))


def _use_newer_rule_function(models: Path) -> None:
    (rules,) = models.glob("kms/*/endpoint-rule-set-1.json")
    rules.write_text(rules.read_text().replace('"fn":"aws.partition"', '"fn":"aws.newer"'))


def _use_newer_builtin(models: Path) -> None:
    (rules,) = models.glob("kms/*/endpoint-rule-set-1.json")
    rules.write_text(rules.read_text().replace('"builtIn":"SDK::Endpoint"', '"builtIn":"SDK::Newer"'))


def _empty_partitions(models: Path) -> None:
    (models / "partitions.json").write_text("{}")


@pytest.mark.parametrize(
    "damage",
    [
        _remove_service,
        _remove_partitions,
        _remove_all,
        _truncate,
        _use_newer_rules,
        _use_newer_protocol,
        _use_newer_signature,
        _use_another_encoding,
        _use_newer_rule_function,
        _use_newer_builtin,
        _empty_partitions,
    ],
)
def test_without_a_usable_model_the_client_gets_that_of_botocore_and_one_log_line(
    models: Path, caplog: pytest.LogCaptureFixture, damage: Callable[[Path], None]
) -> None:
    damage(models)
    factory = client_factory(models)
    client = factory("kms")
    assert client is factory("kms")
    assert client.meta.service_model.operation_names == _all_operations("kms")
    (line,) = caplog.messages
    assert "kms" in line


def test_a_newer_function_in_the_rules_for_a_bucket_is_found_when_the_client_is_created(models: Path) -> None:
    (rules,) = models.glob("s3/*/endpoint-rule-set-1.json")
    rules.write_text(rules.read_text().replace('"fn":"aws.isVirtualHostableS3Bucket"', '"fn":"aws.newer"'))
    client = client_factory(models)("s3")
    assert client.meta.service_model.operation_names == _all_operations("s3")


def test_a_botocore_that_cannot_resolve_an_endpoint_in_advance_uses_its_own_models(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(BaseClient, "_resolve_endpoint_ruleset")
    client = client_factory(service_models())("kms")
    assert client.meta.service_model.operation_names == _all_operations("kms")


def test_the_other_clients_keep_their_models(models: Path, caplog: pytest.LogCaptureFixture) -> None:
    _remove_service(models)
    client = client_factory(models)("sqs")
    assert client.meta.service_model.operation_names == list(OPERATIONS["sqs"])
    assert caplog.messages == []


def test_the_models_have_no_documentation() -> None:
    (model,) = service_models().glob("dynamodb/*/service-2.json")
    operations = json.loads(model.read_text())["operations"]
    assert {operation["documentation"] for operation in operations.values()} == {""}


def _all_operations(service: str) -> list[str]:
    model = botocore.session.get_session().get_service_model(service)
    return list(model.operation_names)
