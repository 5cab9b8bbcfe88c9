"""The calls of AWS that no test can see: those that AWS makes itself, in a role's name or in its own.

Each is derived of the stack's own resources: a queue that a function reads, a key that a table is encrypted
with, a topic that an alarm tells. Where AWS says which calls those are is beside each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from tests.iam.evaluator import Request, listed
from tests.stack import ACCOUNT, REGION, Stack

_SES = f"arn:aws:ses:{REGION}:{ACCOUNT}"
_STRANGER = "999999999999"


def role_of(stack: Stack, function: str) -> str:
    """The logical id of a function's role."""
    return _role(stack, stack.resources[function][1]["Role"])


def of_functions(stack: Stack) -> Iterator[Request]:
    """Lambda writes the log of each function, and reads what calls it, in the name of the function's role."""
    for name, function in stack.of("AWS::Lambda::Function").items():
        role = role_of(stack, name)
        group = stack.called(function["LoggingConfig"]["LogGroup"]).removesuffix("*")
        for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
            yield Request(role, action, f"{group}log-stream:2026/03/05/1", "the log")
        if dead := function.get("DeadLetterConfig"):
            yield Request(role, "sqs:SendMessage", dead["TargetArn"], "events that failed")
    for mapping in stack.of("AWS::Lambda::EventSourceMapping").values():
        role = role_of(stack, _function(stack, mapping["FunctionName"]))
        yield from _polled(role, mapping["EventSourceArn"])
        if failed := mapping.get("DestinationConfig"):
            target = failed["OnFailure"]["Destination"]
            yield Request(role, "sqs:SendMessage", target, "records that failed")


def of_schedules(stack: Stack) -> Iterator[Request]:
    """EventBridge Scheduler calls a function in the name of the schedule's role."""
    for schedule in stack.of("AWS::Scheduler::Schedule").values():
        target = schedule["Target"]
        role = _role(stack, target["RoleArn"])
        yield Request(role, "lambda:InvokeFunction", target["Arn"], "the schedule")


def of_trust(stack: Stack) -> Iterator[Request]:
    """A service takes a role on: Lambda that of a function, the scheduler that of a schedule."""
    scheduled = {one["Target"]["RoleArn"] for one in stack.of("AWS::Scheduler::Schedule").values()}
    for role in sorted(scheduled):
        context = {"aws:SourceAccount": ACCOUNT}
        yield Request(_SCHEDULER, "sts:AssumeRole", role, "the role of a schedule", context)
    for name in stack.of("AWS::Lambda::Function"):
        role = stack.arn(role_of(stack, name))
        yield Request("lambda.amazonaws.com", "sts:AssumeRole", role, "the role of a function")


def of_services(stack: Stack) -> Iterator[Request]:
    """What SES, SNS, CloudWatch and EventBridge send in their own names, and on whose behalf."""
    for source in _senders(stack):
        for topic in _told_of_mail(stack):
            # An identity's own notifications come in its name, events in that of the configuration set.
            context = {"aws:SourceArn": source, "aws:SourceAccount": ACCOUNT}
            yield Request("ses.amazonaws.com", "sns:Publish", topic, "feedback", context)
    for subscription in stack.of("AWS::SNS::Subscription").values():
        if subscription["Protocol"] == "sqs":
            context = {"aws:SourceArn": subscription["TopicArn"], "aws:SourceAccount": ACCOUNT}
            dead = subscription["RedrivePolicy"]["deadLetterTargetArn"]
            for queue in (subscription["Endpoint"], dead):
                yield Request("sns.amazonaws.com", "sqs:SendMessage", queue, "delivery", context)
    for name, alarm in stack.of("AWS::CloudWatch::Alarm").items():
        source = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}"
        context = {"aws:SourceArn": source, "aws:SourceAccount": ACCOUNT}
        for topic in alarm["AlarmActions"]:
            yield Request("cloudwatch.amazonaws.com", "sns:Publish", topic, "an alarm", context)
    for name, rule in stack.of("AWS::Events::Rule").items():
        # AWS puts no account to it: its own connector of a rule and a topic asks for the rule's ARN alone.
        context = {"aws:SourceArn": stack.arn(name)}
        for target in rule["Targets"]:
            yield Request("events.amazonaws.com", "sns:Publish", target["Arn"], "a rule", context)


def of_logs(stack: Stack) -> Iterator[Request]:
    """CloudWatch Logs encrypts a log group with its key.

    The calls are those of "Encrypt log data in CloudWatch Logs using AWS KMS".
    """
    calls = ("Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo", "GenerateDataKey", "DescribeKey")
    for name, group in stack.of("AWS::Logs::LogGroup").items():
        context = {"kms:EncryptionContext:aws:logs:arn": stack.arn(name).removesuffix(":*")}
        for call in calls:
            who = f"logs.{REGION}.amazonaws.com"
            yield Request(who, f"kms:{call}", group["KmsKeyId"], "an encrypted log group", context)


def of_adopters(stack: Stack) -> Iterator[Request]:
    """What the outputs promise to a role of the adopter that has one of the managed policies."""
    for key in ("IdentityKey", "LinksKey"):
        yield Request(f"{key}Policy", "kms:GenerateMac", stack.arn(key), "docs/integrating.md")
    yield from _polled("OptInsPolicy", stack.arn("OptInsQueue"))


def of_mail(recorded: Iterable[Request]) -> Iterator[Request]:
    """SES also asks for the identity that is verified, and in its sandbox for that of each recipient.

    The identity is the address, its domain or a domain above that. The sandbox, in which every account
    starts: aws/aws-sdk-js#3641, where a role that has the sender's identity is refused on the recipient's.
    """
    for mail in recorded:
        if mail.action not in ("ses:SendEmail", "ses:SendRawEmail"):
            continue
        people = {
            "the sender's identity": listed(mail.context["ses:FromAddress"]),
            "the sandbox": listed(mail.context["ses:Recipients"]),
        }
        for why, addresses in people.items():
            for identity in {one for address in addresses for one in _identities(address)}:
                resource = f"{_SES}:identity/{identity}"
                yield Request(mail.who, mail.action, resource, why, mail.context)


def of_keys(stack: Stack, requests: Iterable[Request]) -> Iterator[Request]:
    """What is encrypted is used with its key, by whoever uses it.

    Of a table AWS names four calls (DynamoDB, "Encryption at rest", the policy of a key); the others that
    it names there are for whoever makes the table. Of a queue it names one for readers and two for
    writers (SQS, "Key management").
    """
    keys = dict(_keys(stack))
    for request in requests:
        service, action = request.action.split(":")
        store = next((arn for arn in keys if _is_of(request.resource, arn)), None)
        if store is None or action not in _ENCRYPTED.get(service, ()):
            continue
        for call in _ENCRYPTED[service][action]:
            if request.who.endswith(".amazonaws.com"):
                # SES is given nothing by which to tell whose it is; SNS names the topic.
                source = {k: v for k, v in request.context.items() if request.who != _SES_ITSELF}
                yield Request(
                    request.who, f"kms:{call}", keys[store], f"key: {request.why}", source
                )
            else:
                via = {"kms:ViaService": f"{service}.{REGION}.amazonaws.com"}
                yield Request(request.who, f"kms:{call}", keys[store], f"key: {request.why}", via)


def of_strangers(requests: Iterable[Request]) -> Iterator[Request]:
    """The same in the name of another account's resources: a service's name is no proof of whose it is."""
    for request in requests:
        if any(ACCOUNT in value for value in request.context.values()):
            context = {k: str(v).replace(ACCOUNT, _STRANGER) for k, v in request.context.items()}
            why = f"a stranger: {request.why}"
            yield Request(request.who, request.action, request.resource, why, context)


def unencrypted(requests: Iterable[Request]) -> Iterator[Request]:
    """The same without TLS, of what says that it takes nothing so."""
    for request in requests:
        context = {**request.context, "aws:SecureTransport": "false"}
        yield Request(
            request.who, request.action, request.resource, f"plain {request.why}", context
        )


def overwriting(requests: Iterable[Request]) -> Iterator[Request]:
    """The same of an object, whether or not there is one already."""
    for request in requests:
        if request.action == "s3:PutObject":
            context = {k: v for k, v in request.context.items() if k != "s3:if-none-match"}
            yield Request(request.who, request.action, request.resource, "written over", context)


_SCHEDULER = "scheduler.amazonaws.com"
_SES_ITSELF = "ses.amazonaws.com"
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


def _polled(role: str, source: str) -> Iterator[Request]:
    """What a poller asks for: Lambda, "required permissions" of each source."""
    if ":sqs:" in source:
        for action in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes"):
            yield Request(role, f"sqs:{action}", source, "who reads the queue")
    else:
        table = source.split("/stream/", maxsplit=1)[0]
        # A stream that is switched on again is another one.
        for stream in (source, f"{table}/stream/2026-07-01T00:00:00.000"):
            for action in ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"):
                yield Request(role, f"dynamodb:{action}", stream, "who reads the stream")


def _senders(stack: Stack) -> Iterator[str]:
    for name in stack.of("AWS::SES::ConfigurationSet", "AWS::SES::EmailIdentity"):
        yield stack.arn(name)
    yield f"{_SES}:identity/another.example.org"  # one that exists already


def _told_of_mail(stack: Stack) -> set[str]:
    found = stack.of("AWS::SES::ConfigurationSetEventDestination").values()
    return {one["EventDestination"]["SnsDestination"]["TopicARN"] for one in found}


def _identities(address: str) -> Iterator[str]:
    domain = address.partition("@")[2].split(".")
    yield address
    yield from (".".join(domain[start:]) for start in range(len(domain) - 1))


def _keys(stack: Stack) -> Iterator[tuple[str, str]]:
    """What is encrypted with a key of the stack: ARNs of both."""
    for name, queue in stack.of("AWS::SQS::Queue", "AWS::SNS::Topic").items():
        if "KmsMasterKeyId" in queue:
            yield stack.arn(name), queue["KmsMasterKeyId"]
    for name, table in stack.of("AWS::DynamoDB::Table").items():
        yield stack.arn(name), table["SSESpecification"]["KMSMasterKeyId"]


def _is_of(resource: str, arn: str) -> bool:
    return resource == arn or resource.startswith(f"{arn}/")


def _role(stack: Stack, arn: str) -> str:
    return _whose(stack, arn, "AWS::IAM::Role")


def _function(stack: Stack, name: str) -> str:
    return _whose(stack, stack.called(name), "AWS::Lambda::Function")


def _whose(stack: Stack, arn: str, kind: str) -> str:
    (found,) = (name for name in stack.of(kind) if stack.arn(name) == arn)
    return found


def described(requests: Iterable[Any]) -> str:
    """One a line, for a failure."""
    return "\n".join(sorted({str(request) for request in requests}))
