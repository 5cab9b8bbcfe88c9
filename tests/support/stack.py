"""The stack of a translated template: its resources with resolved references, and their ARNs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

ACCOUNT, REGION, NAME = "123456789012", "us-east-1", "heed"
_PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Region": REGION,
    "AWS::StackName": NAME,
    "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{NAME}/01234567-89ab-cdef-0123",
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
}
_NO_VALUE = object()  # AWS::NoValue
# The pattern of the ARN of each resource type. CloudFormation generates names that the template does not set.
_ARNS = {
    "AWS::ApiGatewayV2::Api": "arn:aws:apigateway:{region}::/apis/{name}",
    "AWS::CloudWatch::Alarm": "arn:aws:cloudwatch:{region}:{account}:alarm:{name}",
    "AWS::DynamoDB::Table": "arn:aws:dynamodb:{region}:{account}:table/{name}",
    "AWS::Events::EventBus": "arn:aws:events:{region}:{account}:event-bus/{name}",
    "AWS::Events::Rule": "arn:aws:events:{region}:{account}:rule/{name}",
    "AWS::IAM::ManagedPolicy": "arn:aws:iam::{account}:policy/{name}",
    "AWS::IAM::Role": "arn:aws:iam::{account}:role/{name}",
    "AWS::KMS::Key": "arn:aws:kms:{region}:{account}:key/{name}",
    "AWS::Lambda::Function": "arn:aws:lambda:{region}:{account}:function:{name}",
    "AWS::Logs::LogGroup": "arn:aws:logs:{region}:{account}:log-group:{name}:*",
    "AWS::S3::Bucket": "arn:aws:s3:::{name}",
    "AWS::SES::ConfigurationSet": "arn:aws:ses:{region}:{account}:configuration-set/{name}",
    "AWS::SES::EmailIdentity": "arn:aws:ses:{region}:{account}:identity/{name}",
    "AWS::SecretsManager::Secret": "arn:aws:secretsmanager:{region}:{account}:secret:{name}-AbCdEf",
    "AWS::SNS::Topic": "arn:aws:sns:{region}:{account}:{name}",
    "AWS::SQS::Queue": "arn:aws:sqs:{region}:{account}:{name}",
    "AWS::SSM::Parameter": "arn:aws:ssm:{region}:{account}:parameter{name}",
    "AWS::StepFunctions::StateMachine": "arn:aws:states:{region}:{account}:stateMachine:{name}",
}
_NAMED_BY = {
    "AWS::Events::EventBus": "Name",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::SES::ConfigurationSet": "Name",
    "AWS::SES::EmailIdentity": "EmailIdentity",
    "AWS::SSM::Parameter": "Name",
    "AWS::StepFunctions::StateMachine": "StateMachineName",
}
_REFERRED_TO_BY_ARN = ("AWS::SNS::Topic", "AWS::IAM::ManagedPolicy", "AWS::SecretsManager::Secret")
_STREAM = "/stream/2026-03-05T00:00:00.000"


class Stack:
    """The stack that a template creates in an account.

    Args:
        template: The template after SAM's translation.
        parameters: Values of parameters that differ from their defaults.
    """

    def __init__(self, template: Mapping[str, Any], parameters: Mapping[str, str]) -> None:
        defaults = {name: parameter.get("Default") for name, parameter in template["Parameters"].items()}
        self._values = {**defaults, **parameters, **_PSEUDO}
        self._conditions: Mapping[str, Any] = template["Conditions"]
        self._created = {
            name: resource
            for name, resource in template["Resources"].items()
            if "Condition" not in resource or self._holds(resource["Condition"])
        }
        self.resources = {
            name: (resource["Type"], self.resolve(resource.get("Properties", {})))
            for name, resource in self._created.items()
        }
        """The type and the properties of each resource whose condition holds, by its logical id."""

    def of_type(self, *types: str) -> dict[str, dict[str, Any]]:
        """Returns the properties of all resources of some types, by logical id."""
        return {name: properties for name, (kind, properties) in self.resources.items() if kind in types}

    def arn(self, name: str) -> str:
        """Returns the ARN of a resource."""
        pattern = _ARNS[self._created[name]["Type"]]
        return pattern.format(region=REGION, account=ACCOUNT, name=self._name(name))

    def has_arn(self, name: str) -> bool:
        """Returns whether this module knows the ARN of a resource."""
        return self._created[name]["Type"] in _ARNS

    def arn_of(self, value: str) -> str:
        """Returns the ARN of the resource whose ARN, name or URL is `value`."""
        arns = {self.arn(name) for name in self._created if self.has_arn(name) and value in self._names(name)}
        assert len(arns) == 1, f"{value} names {arns or 'no resource'}"
        return arns.pop()

    def resolve(self, value: Any) -> Any:
        """Returns a part of the template with all references resolved."""
        if isinstance(value, list):
            return [item for part in value if (item := self.resolve(part)) is not _NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((function, argument),) = value.items()
            if function in self._functions:
                return self._functions[function](argument)
        members = {name: self.resolve(part) for name, part in value.items()}
        return {name: member for name, member in members.items() if member is not _NO_VALUE}

    @property
    def _functions(self) -> dict[str, Callable[[Any], Any]]:
        return {
            "Ref": self._ref,
            "Condition": lambda name: self._holds(name) if isinstance(name, str) else name,
            "Fn::GetAtt": lambda args: self._attribute(*args),
            "Fn::Sub": self._sub,
            "Fn::If": lambda args: self.resolve(args[1] if self._holds(args[0]) else args[2]),
            "Fn::Equals": lambda args: self.resolve(args[0]) == self.resolve(args[1]),
            "Fn::Not": lambda args: not self.resolve(args[0]),
            "Fn::And": lambda args: all(self.resolve(arg) for arg in args),
            "Fn::Or": lambda args: any(self.resolve(arg) for arg in args),
            "Fn::Join": lambda args: args[0].join(map(str, self.resolve(args[1]))),
            "Fn::Split": lambda args: self.resolve(args[1]).split(args[0]),
            "Fn::Select": lambda args: self.resolve(args[1])[int(args[0])],
        }

    def _holds(self, condition: str) -> bool:
        return bool(self.resolve(self._conditions[condition]))

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return _NO_VALUE
        return self._values[name] if name in self._values else self._physical(name)

    def _physical(self, name: str) -> str:
        kind = self._created[name]["Type"]
        if kind in _REFERRED_TO_BY_ARN:
            return self.arn(name)
        if kind == "AWS::SQS::Queue":
            return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{self._name(name)}"
        return self._name(name)

    def _name(self, name: str) -> str:
        resource = self._created[name]
        if name_property := _NAMED_BY.get(resource["Type"]):
            return str(self.resolve(resource["Properties"][name_property]))
        return f"{NAME}-{name}"

    def _names(self, name: str) -> set[str]:
        return {self.arn(name), self._physical(name)}

    def _attribute(self, name: str, attribute: str) -> str:
        if attribute == "StreamArn":
            return self.arn(name) + _STREAM
        return self.arn(name) if attribute == "Arn" else f"{self._name(name)}.{attribute}"

    def _sub(self, argument: Any) -> str:
        text, variables = argument if isinstance(argument, list) else (argument, {})

        def value(match: re.Match[str]) -> str:
            name = match[1]
            if name in variables:
                return str(self.resolve(variables[name]))
            if "." in name:
                return self._attribute(*name.split(".", 1))
            return str(self._ref(name))

        return re.sub(r"\$\{([\w:.]+)\}", value, text)
