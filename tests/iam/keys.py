"""What is encrypted is used with its key, by whoever uses it.

Of a table AWS names four calls (DynamoDB, "Encryption at rest", the policy of a key); the others that it
names there are for whoever makes the table. Of a queue it names one for readers and two for writers (SQS,
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
    """The use of a key that comes with each of these requests."""
    keys = dict(_keys(stack))
    for request in requests:
        service, action = request.action.split(":")
        store = next((arn for arn in keys if _is_of(request.resource, arn)), None)
        if store is None or action not in _ENCRYPTED.get(service, ()):
            continue
        for call in _ENCRYPTED[service][action]:
            if request.who.endswith(".amazonaws.com"):
                # SES is given nothing by which to tell whose it is; SNS names the topic.
                source = {k: v for k, v in request.context.items() if request.who != SES}
                yield Request(request.who, f"kms:{call}", keys[store], f"key: {request.why}", source)
            else:
                via = {"kms:ViaService": f"{service}.{REGION}.amazonaws.com"}
                yield Request(request.who, f"kms:{call}", keys[store], f"key: {request.why}", via)


def _keys(stack: Stack) -> Iterator[tuple[str, str]]:
    """What is encrypted with a key of the stack: ARNs of both."""
    for name, queue in stack.of("AWS::SQS::Queue", "AWS::SNS::Topic").items():
        if "KmsMasterKeyId" in queue:
            yield stack.arn(name), queue["KmsMasterKeyId"]
    for name, table in stack.of("AWS::DynamoDB::Table").items():
        yield stack.arn(name), table["SSESpecification"]["KMSMasterKeyId"]


def _is_of(resource: str, arn: str) -> bool:
    return resource == arn or resource.startswith(f"{arn}/")
