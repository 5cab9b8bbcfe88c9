"""The calls that AWS makes in the name of a role. No test of a handler can see them.

Each is derived from the resources of the stack: a queue that a function reads, a schedule that calls it. The
source in AWS's documentation is next to each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tests.iam.requests import Request, as_list
from tests.support.stack import ACCOUNT, REGION, Stack

_SES = f"arn:aws:ses:{REGION}:{ACCOUNT}"


def find_role_of(stack: Stack, function: str) -> str:
    """Returns the logical id of a function's role."""
    return _find_role(stack, stack.resources[function][1]["Role"])


def function_requests(stack: Stack) -> Iterator[Request]:
    """Yields the calls of Lambda in the name of a function's role.

    Lambda writes the function's log and reads its event sources.
    """
    for name, function in stack.of_type("AWS::Lambda::Function").items():
        role = find_role_of(stack, name)
        group = stack.arn_of(function["LoggingConfig"]["LogGroup"]).removesuffix("*")
        for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
            yield Request(role, action, f"{group}log-stream:2026/03/05/1", "the log")
        if dead := function.get("DeadLetterConfig"):
            yield Request(role, "sqs:SendMessage", dead["TargetArn"], "events that failed")
    for mapping in stack.of_type("AWS::Lambda::EventSourceMapping").values():
        role = find_role_of(stack, _find_function(stack, mapping["FunctionName"]))
        yield from _poller_requests(role, mapping["EventSourceArn"])
        if failed := mapping.get("DestinationConfig"):
            target = failed["OnFailure"]["Destination"]
            yield Request(role, "sqs:SendMessage", target, "records that failed")


def schedule_requests(stack: Stack) -> Iterator[Request]:
    """Yields the calls of EventBridge Scheduler. It calls a function in the name of the schedule's role."""
    for schedule in stack.of_type("AWS::Scheduler::Schedule").values():
        target = schedule["Target"]
        role = _find_role(stack, target["RoleArn"])
        yield Request(role, "lambda:InvokeFunction", target["Arn"], "the schedule")


def machine_requests(stack: Stack) -> Iterator[Request]:
    """Yields the calls of Step Functions in the name of the machine's role.

    Those of a distributed map are in the documentation of Step Functions, "IAM policies for using Distributed
    Map states": it starts an execution of the same machine for each item, watches it, and may stop it.
    """
    for name, machine in stack.of_type("AWS::StepFunctions::StateMachine").items():
        role, arn = _find_role(stack, machine["RoleArn"]), stack.arn(name)
        yield Request(role, "lambda:InvokeFunction", stack.arn("BulkFunction"), "a step")
        items = f"{stack.arn('BulkBucket')}/0123456789abcdef/work/parts.json"
        yield Request(role, "s3:GetObject", items, "the list of items")
        yield Request(role, "states:StartExecution", arn, "an item")
        child = f"{arn.replace('stateMachine', 'execution')}/0123:4567"
        for action in ("states:DescribeExecution", "states:StopExecution"):
            yield Request(role, action, child, "an item")


def managed_policy_requests(stack: Stack) -> Iterator[Request]:
    """Yields the calls of your own systems, which the outputs promise to roles with a managed policy."""
    for key in ("IdentityKey", "LinksKey"):
        yield Request(f"{key}Policy", "kms:GenerateMac", stack.arn(key), "docs/integrating.md")
    yield from _poller_requests("OptInNotificationsPolicy", stack.arn("OptInNotificationsQueue"))


def mail_requests(recorded: Iterable[Request]) -> Iterator[Request]:
    """Yields each mail again for each identity that SES checks.

    SES checks the verified identity of the sender and, in its sandbox, that of each recipient.
    The identity is the address, its domain or a parent domain. Every account starts in the sandbox; in
    aws/aws-sdk-js#3641 a role that has the sender's identity is refused for the recipient's.
    """
    for mail in recorded:
        if mail.action not in ("ses:SendEmail", "ses:SendRawEmail"):
            continue
        addresses_by_reason = {
            "the sender's identity": as_list(mail.context["ses:FromAddress"]),
            "the sandbox": as_list(mail.context["ses:Recipients"]),
        }
        for why, addresses in addresses_by_reason.items():
            for identity in {identity for address in addresses for identity in _possible_identities(address)}:
                resource = f"{_SES}:identity/{identity}"
                yield Request(mail.who, mail.action, resource, why, mail.context)


def missing_object_requests(recorded: Iterable[Request]) -> Iterator[Request]:
    """Yields the second check of S3 for an object that does not exist.

    Without the permission to list the bucket, S3 answers 403 and not 404 (the documentation of GetObject).
    For a condition, the key of the object is the prefix. A version of an object of the ledger always exists,
    so its readers need no second check.
    """
    for call in recorded:
        if call.action == "s3:GetObject":
            bucket, _, key = call.resource.partition("/")
            yield Request(call.who, "s3:ListBucket", bucket, "an object may be gone", {"s3:prefix": [key]})


def signed_url_requests(stack: Stack) -> Iterator[Request]:
    """Yields the requests of callers by a signed URL. S3 checks the role of the function that signed it."""
    role, bucket, job = find_role_of(stack, "JobsFunction"), stack.arn("BulkBucket"), "0123456789abcdef"
    first = {"s3:if-none-match": "*"}
    yield Request(role, "s3:PutObject", f"{bucket}/{job}/upload", "a signed URL", first)
    yield Request(role, "s3:GetObject", f"{bucket}/{job}/results/rejects.csv", "a signed URL")


def _poller_requests(role: str, source: str) -> Iterator[Request]:
    """Yields the calls of a poller of a queue or a stream.

    They are the "required permissions" of each source in the documentation of Lambda.
    """
    if ":sqs:" in source:
        for action in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes"):
            yield Request(role, f"sqs:{action}", source, "the poller of the queue")
    else:
        table = source.split("/stream/", maxsplit=1)[0]
        # a stream that was disabled and enabled again has a new ARN
        for stream in (source, f"{table}/stream/2026-07-01T00:00:00.000"):
            for action in ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"):
                yield Request(role, f"dynamodb:{action}", stream, "the poller of the stream")


def _possible_identities(address: str) -> Iterator[str]:
    domain = address.partition("@")[2].split(".")
    yield address
    yield from (".".join(domain[start:]) for start in range(len(domain) - 1))


def _find_role(stack: Stack, arn: str) -> str:
    return _find_logical_id(stack, arn, "AWS::IAM::Role")


def _find_function(stack: Stack, name: str) -> str:
    return _find_logical_id(stack, stack.arn_of(name), "AWS::Lambda::Function")


def _find_logical_id(stack: Stack, arn: str, resource_type: str) -> str:
    (logical_id,) = (name for name in stack.of_type(resource_type) if stack.arn(name) == arn)
    return logical_id
