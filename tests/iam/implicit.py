"""The calls that AWS makes in a role's name, which no test of a handler can see.

Each is derived from the resources of the stack: a queue that a function reads, a schedule that calls it. The
source in AWS's documentation is next to each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tests.iam.requests import Request, listed
from tests.support.stack import ACCOUNT, REGION, Stack

_SES = f"arn:aws:ses:{REGION}:{ACCOUNT}"


def role_of(stack: Stack, function: str) -> str:
    """Returns the logical id of a function's role."""
    return _role(stack, stack.resources[function][1]["Role"])


def function_requests(stack: Stack) -> Iterator[Request]:
    """Lambda writes a function's log, and reads its event sources, in the name of the function's role."""
    for name, function in stack.of_type("AWS::Lambda::Function").items():
        role = role_of(stack, name)
        group = stack.arn_of(function["LoggingConfig"]["LogGroup"]).removesuffix("*")
        for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
            yield Request(role, action, f"{group}log-stream:2026/03/05/1", "the log")
        if dead := function.get("DeadLetterConfig"):
            yield Request(role, "sqs:SendMessage", dead["TargetArn"], "events that failed")
    for mapping in stack.of_type("AWS::Lambda::EventSourceMapping").values():
        role = role_of(stack, _function(stack, mapping["FunctionName"]))
        yield from _polled(role, mapping["EventSourceArn"])
        if failed := mapping.get("DestinationConfig"):
            target = failed["OnFailure"]["Destination"]
            yield Request(role, "sqs:SendMessage", target, "records that failed")


def schedule_requests(stack: Stack) -> Iterator[Request]:
    """EventBridge Scheduler calls a function in the name of the schedule's role."""
    for schedule in stack.of_type("AWS::Scheduler::Schedule").values():
        target = schedule["Target"]
        role = _role(stack, target["RoleArn"])
        yield Request(role, "lambda:InvokeFunction", target["Arn"], "the schedule")


def adopter_requests(stack: Stack) -> Iterator[Request]:
    """The outputs promise these calls to roles of your own systems with one of the managed policies."""
    for key in ("IdentityKey", "LinksKey"):
        yield Request(f"{key}Policy", "kms:GenerateMac", stack.arn(key), "docs/integrating.md")
    yield from _polled("OptInNotificationsPolicy", stack.arn("OptInNotificationsQueue"))


def mail_requests(recorded: Iterable[Request]) -> Iterator[Request]:
    """SES also checks the verified identity and, in its sandbox, that of each recipient.

    The identity is the address, its domain or a parent domain. Every account starts in the sandbox; in
    aws/aws-sdk-js#3641 a role that has the sender's identity is refused for the recipient's.
    """
    for mail in recorded:
        if mail.action not in ("ses:SendEmail", "ses:SendRawEmail"):
            continue
        people = {
            "the sender's identity": listed(mail.context["ses:FromAddress"]),
            "the sandbox": listed(mail.context["ses:Recipients"]),
        }
        for why, addresses in people.items():
            for identity in {identity for address in addresses for identity in _identities(address)}:
                resource = f"{_SES}:identity/{identity}"
                yield Request(mail.who, mail.action, resource, why, mail.context)


def _polled(role: str, source: str) -> Iterator[Request]:
    """The calls of a poller: Lambda, "required permissions" of each source."""
    if ":sqs:" in source:
        for action in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes"):
            yield Request(role, f"sqs:{action}", source, "who reads the queue")
    else:
        table = source.split("/stream/", maxsplit=1)[0]
        # a stream that was disabled and enabled again has a new ARN
        for stream in (source, f"{table}/stream/2026-07-01T00:00:00.000"):
            for action in ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"):
                yield Request(role, f"dynamodb:{action}", stream, "who reads the stream")


def _identities(address: str) -> Iterator[str]:
    domain = address.partition("@")[2].split(".")
    yield address
    yield from (".".join(domain[start:]) for start in range(len(domain) - 1))


def _role(stack: Stack, arn: str) -> str:
    return _whose(stack, arn, "AWS::IAM::Role")


def _function(stack: Stack, name: str) -> str:
    return _whose(stack, stack.arn_of(name), "AWS::Lambda::Function")


def _whose(stack: Stack, arn: str, kind: str) -> str:
    (found,) = (name for name in stack.of_type(kind) if stack.arn(name) == arn)
    return found
