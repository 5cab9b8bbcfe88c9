"""The calls to KMS that come with the use of an encrypted resource.

For a table AWS names four calls (DynamoDB, "Encryption at rest", the policy of a key); the others in that
list are for the creator of the table. For a queue it names one call for readers and two for writers (SQS,
"Key management"), and for an object one for readers and one for writers (S3, "Using server-side encryption").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tests.iam.requests import Request
from tests.iam.services import EVENTBRIDGE, SES
from tests.support.stack import REGION, Stack

_TABLE_KEY_CALLS = ("Decrypt", "Encrypt", "GenerateDataKey", "DescribeKey")
_TABLE_ACTIONS = (
    *("GetItem", "BatchGetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan"),
    *("GetRecords", "GetShardIterator"),
)
_KEY_CALLS: dict[str, dict[str, tuple[str, ...]]] = {
    "dynamodb": dict.fromkeys(_TABLE_ACTIONS, _TABLE_KEY_CALLS),
    "s3": {"GetObject": ("Decrypt",), "PutObject": ("GenerateDataKey",)},
    "sqs": {"SendMessage": ("GenerateDataKey", "Decrypt"), "ReceiveMessage": ("Decrypt",)},
    "sns": {"Publish": ("GenerateDataKey", "Decrypt")},
}


def key_requests(stack: Stack, requests: Iterable[Request]) -> Iterator[Request]:
    """Yields the calls to KMS that come with these requests."""
    keys = dict(_encrypted_resources(stack))
    for request in requests:
        service, action = request.action.split(":")
        store = next((arn for arn in keys if _belongs_to(request.resource, arn)), None)
        if store is None or action not in _KEY_CALLS.get(service, ()):
            continue
        for call in _KEY_CALLS[service][action]:
            if request.who.endswith(".amazonaws.com"):
                # SES and EventBridge pass no context that identifies their account; SNS passes the topic.
                source = {} if request.who in (SES, EVENTBRIDGE) else request.context
                yield Request(request.who, f"kms:{call}", keys[store], f"key: {request.why}", source)
            else:
                via = {"kms:ViaService": f"{service}.{REGION}.amazonaws.com"}
                yield Request(request.who, f"kms:{call}", keys[store], f"key: {request.why}", via)


def _encrypted_resources(stack: Stack) -> Iterator[tuple[str, str]]:
    """Yields each resource that a key of the stack encrypts: the ARN of the resource and of the key."""
    for name, queue in stack.of_type("AWS::SQS::Queue", "AWS::SNS::Topic").items():
        if "KmsMasterKeyId" in queue:
            yield stack.arn(name), queue["KmsMasterKeyId"]
    for name, bucket in stack.of_type("AWS::S3::Bucket").items():
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        if key := rule["ServerSideEncryptionByDefault"].get("KMSMasterKeyID"):
            yield stack.arn(name), key
    for name, table in stack.of_type("AWS::DynamoDB::Table").items():
        yield stack.arn(name), table["SSESpecification"]["KMSMasterKeyId"]


def _belongs_to(resource: str, arn: str) -> bool:
    return resource == arn or resource.startswith(f"{arn}/")
