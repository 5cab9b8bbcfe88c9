"""The translated template as a stack: every reference of it resolved, and the ARN of each resource."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

ACCOUNT, REGION, NAME = "123456789012", "us-east-1", "heed"
_PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Region": REGION,
    "AWS::StackName": NAME,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
}
_NOTHING = object()  # AWS::NoValue
# What CloudFormation calls a resource whose name the template leaves to it, and the ARN of that name.
_ARNS = {
    "AWS::ApiGatewayV2::Api": "arn:aws:apigateway:{region}::/apis/{name}",
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
    "AWS::SNS::Topic": "arn:aws:sns:{region}:{account}:{name}",
    "AWS::SQS::Queue": "arn:aws:sqs:{region}:{account}:{name}",
}
_NAMED_BY = {
    "AWS::Events::EventBus": "Name",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::SES::ConfigurationSet": "Name",
    "AWS::SES::EmailIdentity": "EmailIdentity",
}
_REFERRED_TO_BY_ARN = ("AWS::SNS::Topic", "AWS::IAM::ManagedPolicy")
_STREAM = "/stream/2026-03-05T00:00:00.000"


class Stack:
    """What a template becomes in an account.

    Args:
        template: as SAM has translated it.
        parameters: what it is deployed with, beside its defaults.
    """

    def __init__(self, template: Mapping[str, Any], parameters: Mapping[str, str]) -> None:
        defaults = {name: one.get("Default") for name, one in template["Parameters"].items()}
        self._values = {**defaults, **parameters, **_PSEUDO}
        self._conditions: Mapping[str, Any] = template["Conditions"]
        self._made = {
            name: resource
            for name, resource in template["Resources"].items()
            if "Condition" not in resource or self._holds(resource["Condition"])
        }
        self.resources = {
            name: (resource["Type"], self.resolved(resource.get("Properties", {})))
            for name, resource in self._made.items()
        }
        """The type and the properties of each resource that there is, by its logical id."""

    def of(self, *types: str) -> dict[str, dict[str, Any]]:
        """The properties of every resource of some types."""
        return {name: made for name, (kind, made) in self.resources.items() if kind in types}

    def arn(self, name: str) -> str:
        """The ARN of a resource."""
        pattern = _ARNS[self._made[name]["Type"]]
        return pattern.format(region=REGION, account=ACCOUNT, name=self._name(name))

    def has_arn(self, name: str) -> bool:
        """Whether a resource has an ARN that is known here."""
        return self._made[name]["Type"] in _ARNS

    def called(self, value: str) -> str:
        """The ARN of the resource that the template names by a value: by its ARN, its name or its URL."""
        found = {self.arn(n) for n in self._made if self.has_arn(n) and value in self._names(n)}
        assert len(found) == 1, f"{value} names {found or 'no resource'}"
        return found.pop()

    def resolved(self, value: Any) -> Any:
        """A part of the template, without any reference."""
        if isinstance(value, list):
            return [made for one in value if (made := self.resolved(one)) is not _NOTHING]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((function, argument),) = value.items()
            if function in self._functions:
                return self._functions[function](argument)
        made = {name: self.resolved(one) for name, one in value.items()}
        return {name: one for name, one in made.items() if one is not _NOTHING}

    @property
    def _functions(self) -> dict[str, Callable[[Any], Any]]:
        return {
            "Ref": self._ref,
            "Condition": lambda name: self._holds(name) if isinstance(name, str) else name,
            "Fn::GetAtt": lambda said: self._attribute(*said),
            "Fn::Sub": self._sub,
            "Fn::If": lambda said: self.resolved(said[1] if self._holds(said[0]) else said[2]),
            "Fn::Equals": lambda said: self.resolved(said[0]) == self.resolved(said[1]),
            "Fn::Not": lambda said: not self.resolved(said[0]),
            "Fn::And": lambda said: all(self.resolved(one) for one in said),
            "Fn::Or": lambda said: any(self.resolved(one) for one in said),
            "Fn::Join": lambda said: said[0].join(map(str, self.resolved(said[1]))),
            "Fn::Split": lambda said: self.resolved(said[1]).split(said[0]),
            "Fn::Select": lambda said: self.resolved(said[1])[int(said[0])],
        }

    def _holds(self, condition: str) -> bool:
        return bool(self.resolved(self._conditions[condition]))

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return _NOTHING
        return self._values[name] if name in self._values else self._physical(name)

    def _physical(self, name: str) -> str:
        kind = self._made[name]["Type"]
        if kind in _REFERRED_TO_BY_ARN:
            return self.arn(name)
        if kind == "AWS::SQS::Queue":
            return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{self._name(name)}"
        return self._name(name)

    def _name(self, name: str) -> str:
        resource = self._made[name]
        if said := _NAMED_BY.get(resource["Type"]):
            return str(self.resolved(resource["Properties"][said]))
        return f"{NAME}-{name}"

    def _names(self, name: str) -> set[str]:
        return {self.arn(name), self._physical(name)}

    def _attribute(self, name: str, attribute: str) -> str:
        if attribute == "StreamArn":
            return self.arn(name) + _STREAM
        return self.arn(name) if attribute == "Arn" else f"{self._name(name)}.{attribute}"

    def _sub(self, said: Any) -> str:
        text, own = said if isinstance(said, list) else (said, {})

        def value(match: re.Match[str]) -> str:
            name = match[1]
            if name in own:
                return str(self.resolved(own[name]))
            if "." in name:
                return self._attribute(*name.split(".", 1))
            return str(self._ref(name))

        return re.sub(r"\$\{([\w:.]+)\}", value, text)
