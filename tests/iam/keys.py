"""The calls to KMS that come with the use of an encrypted resource.

For a table AWS names four calls (DynamoDB, "Encryption at rest", the policy of a key); the others in that
list are for the creator of the table. For a queue it names one call for readers and two for writers (SQS,
"Key management").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tests.iam.requests import Request
from tests.iam.services import SES
from tests.support.stack import REGION, Stack

_TABLE = ("Decrypt", "Encrypt", "GenerateDataKey", "DescribeKey")
_OF_A_TABLE = (
    *("GetItem", "BatchGetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan"),
    *("GetRecords", "GetShardIterator"),
)
_ENCRYPTED: dict[str, dict[str, tuple[str, ...]]] = {
    "dynamodb": dict.fromkeys(_OF_A_TABLE, _TABLE),
    "sqs": {"SendMessage": ("GenerateDataKey", "Decrypt"), "ReceiveMessage": ("Decrypt",)},
    "sns": {"Publish": ("GenerateDataKey", "Decrypt")},
}


def key_requests(stack: Stack, requests: Iterable[Request]) -> Iterator[Request]:
    """Returns the use of a key that comes with each of these requests."""
    keys = dict(_keys(stack))
    for request in requests:
        service, action = request.action.split(":")
        store = next((arn for arn in keys if _is_of(request.resource, arn)), None)
        if store is None or action not in _ENCRYPTED.get(service, ()):
            continue
        for call in _ENCRYPTED[service][action]:
            if request.who.endswith(".amazonaws.com"):
                # SES passes no context that identifies its account; SNS passes the topic.
                source = {k: v for k, v in request.context.items() if request.who != SES}
                yield Request(request.who, f"kms:{call}", keys[store], f"key: {request.why}", source)
            else:
                via = {"kms:ViaService": f"{service}.{REGION}.amazonaws.com"}
                yield Request(request.who, f"kms:{call}", keys[store], f"key: {request.why}", via)


def _keys(stack: Stack) -> Iterator[tuple[str, str]]:
    """The resources that are encrypted with a key of the stack: ARNs of both."""
    for name, queue in stack.of_type("AWS::SQS::Queue", "AWS::SNS::Topic").items():
        if "KmsMasterKeyId" in queue:
            yield stack.arn(name), queue["KmsMasterKeyId"]
    for name, table in stack.of_type("AWS::DynamoDB::Table").items():
        yield stack.arn(name), table["SSESpecification"]["KMSMasterKeyId"]


def _is_of(resource: str, arn: str) -> bool:
    return resource == arn or resource.startswith(f"{arn}/")
