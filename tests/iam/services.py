"""Requests that AWS services make in their own names."""

from __future__ import annotations

from collections.abc import Iterator

from tests.iam.implicit import find_role_of
from tests.iam.requests import Request
from tests.support.stack import ACCOUNT, REGION, Stack

LAMBDA, SCHEDULER, SES = "lambda.amazonaws.com", "scheduler.amazonaws.com", "ses.amazonaws.com"
MACHINES, EVENTBRIDGE = "states.amazonaws.com", "events.amazonaws.com"


def trust_requests(stack: Stack) -> Iterator[Request]:
    """Yields the requests to assume a role: of functions, schedules and state machines."""
    scheduled = {
        schedule["Target"]["RoleArn"] for schedule in stack.of_type("AWS::Scheduler::Schedule").values()
    }
    for role in sorted(scheduled):
        context = {"aws:SourceAccount": ACCOUNT}
        yield Request(SCHEDULER, "sts:AssumeRole", role, "the role of a schedule", context)
    for machine in stack.of_type("AWS::StepFunctions::StateMachine").values():
        context = {"aws:SourceAccount": ACCOUNT}
        yield Request(MACHINES, "sts:AssumeRole", machine["RoleArn"], "the role of a state machine", context)
    for name in stack.of_type("AWS::Lambda::Function"):
        role = stack.arn(find_role_of(stack, name))
        yield Request(LAMBDA, "sts:AssumeRole", role, "the role of a function")


def service_requests(stack: Stack) -> Iterator[Request]:
    """Yields the messages that SES, SNS, CloudWatch and EventBridge send in their own names."""
    for source in _senders_of_mail_events(stack):
        for topic in _find_mail_event_topics(stack):
            # The source of notifications is the identity; that of events is the configuration set.
            context = {"aws:SourceArn": source, "aws:SourceAccount": ACCOUNT}
            yield Request(SES, "sns:Publish", topic, "feedback", context)
    yield from _receipt_rule_requests(stack)
    for subscription in stack.of_type("AWS::SNS::Subscription").values():
        if subscription["Protocol"] == "sqs":
            context = {"aws:SourceArn": subscription["TopicArn"], "aws:SourceAccount": ACCOUNT}
            dead = subscription["RedrivePolicy"]["deadLetterTargetArn"]
            for queue in (subscription["Endpoint"], dead):
                yield Request("sns.amazonaws.com", "sqs:SendMessage", queue, "delivery", context)
    for name, alarm in stack.of_type("AWS::CloudWatch::Alarm").items():
        source = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}"
        context = {"aws:SourceArn": source, "aws:SourceAccount": ACCOUNT}
        for topic in alarm["AlarmActions"]:
            yield Request("cloudwatch.amazonaws.com", "sns:Publish", topic, "an alarm", context)
    yield from _rule_requests(stack)


def _rule_requests(stack: Stack) -> Iterator[Request]:
    """Yields the messages of rules. SAM writes the permission of a rule to call a function."""
    for name, rule in stack.of_type("AWS::Events::Rule").items():
        # AWS passes no account here: its own connector from a rule to a topic checks only the rule's ARN.
        context = {"aws:SourceArn": stack.arn(name)}
        for target in rule["Targets"]:
            if ":sns:" in target["Arn"]:
                yield Request(EVENTBRIDGE, "sns:Publish", target["Arn"], "a rule", context)
            if ":sqs:" in target["Arn"]:
                of_bus = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{rule['EventBusName']}/{name}"
                context = {"aws:SourceArn": of_bus, "aws:SourceAccount": ACCOUNT}
                for queue in (target["Arn"], target["DeadLetterConfig"]["Arn"]):
                    yield Request(EVENTBRIDGE, "sqs:SendMessage", queue, "a rule", context)


def log_requests(stack: Stack) -> Iterator[Request]:
    """Yields the requests of CloudWatch Logs. It encrypts a log group with the key of the group.

    The calls are those of "Encrypt log data in CloudWatch Logs using AWS KMS".
    """
    calls = ("Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo", "GenerateDataKey", "DescribeKey")
    for name, group in stack.of_type("AWS::Logs::LogGroup").items():
        context = {"kms:EncryptionContext:aws:logs:arn": stack.arn(name).removesuffix(":*")}
        for call in calls:
            who = f"logs.{REGION}.amazonaws.com"
            yield Request(who, f"kms:{call}", group["KmsKeyId"], "an encrypted log group", context)


def _receipt_rule_requests(stack: Stack) -> Iterator[Request]:
    """Yields the requests of SES for a mail that it receives: it stores the mail, and publishes a notice.

    The context is that of "Giving permissions to Amazon SES for email receiving".
    """
    for name, rule in stack.of_type("AWS::SES::ReceiptRule").items():
        source = f"arn:aws:ses:{REGION}:{ACCOUNT}:receipt-rule-set/{rule['RuleSetName']}:receipt-rule/{name}"
        context = {"aws:SourceArn": source, "aws:SourceAccount": ACCOUNT}
        for action in rule["Rule"]["Actions"]:
            target = action["S3Action"]
            mail = f"{stack.arn_of(target['BucketName'])}/{target['ObjectKeyPrefix']}d6iitobk75"
            yield Request(SES, "s3:PutObject", mail, "a mail", context)
            yield Request(SES, "sns:Publish", target["TopicArn"], "the notice of a mail", context)


def _senders_of_mail_events(stack: Stack) -> Iterator[str]:
    for name in stack.of_type("AWS::SES::ConfigurationSet", "AWS::SES::EmailIdentity"):
        yield stack.arn(name)
    yield f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/another.example.org"  # an identity outside of the stack


def _find_mail_event_topics(stack: Stack) -> set[str]:
    destinations = stack.of_type("AWS::SES::ConfigurationSetEventDestination").values()
    return {destination["EventDestination"]["SnsDestination"]["TopicARN"] for destination in destinations}
