"""template.yaml as CloudFormation gets it from SAM, for a trial and for production."""

from __future__ import annotations

import functools
import json
from typing import Any

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

from tests.support.template import PATH

PARAMETERS = {
    "trial": {"Environment": "trial"},
    "production": {
        "Environment": "production",
        "DomainName": "preferences.example.com",
        "CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/1",
        "HostedZoneId": "Z0123456789",
        "ConfigurationSet": "marketing",
        "SesIdentity": "example.com",
        "MailDomain": "mail.example.com",
        "MailFrom": "preferences@example.com",
        "DeliverOptIns": "true",
        "AlarmEmail": "operations@example.com",
    },
}
"""What each is deployed with; production with all that there is."""


@functools.cache
def translated(environment: str) -> dict[str, Any]:
    """The whole template, with the parameters of an environment."""
    read = yaml_parse(PATH.read_text())
    for resource in read["Resources"].values():
        for folder in ("CodeUri", "ContentUri"):
            if folder in resource.get("Properties", {}):
                resource["Properties"][folder] = "s3://bucket/key"
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name="us-east-1"))
    made = translator.translate(read, PARAMETERS[environment])
    # Once more from its text, as CloudFormation reads it: no two resources are of one object then, which a
    # test that changes one of them would find changed in the other.
    whole: dict[str, Any] = json.loads(json.dumps(made))
    return whole
