"""template.yaml as SAM translates it for CloudFormation, for a trial and for production."""

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
        "ReceiptRuleSet": "inbound",
        "MailFrom": "preferences@example.com",
        "DeliverOptIns": "true",
        "DeskClientSecretArn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:desk-AbCdEf",
        "CreateDeskUsers": "yes",
        "DeskDomain": "desk.example.com",
        "DeskCertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/2",
        "WebhookUrl": "https://crm.example.com/heed",
        "AlarmEmail": "operations@example.com",
    },
}
"""The parameters of each environment. Production sets all optional features."""


@functools.cache
def translated_template(environment: str) -> dict[str, Any]:
    """Returns the whole translated template, with the parameters of an environment."""
    source = yaml_parse(PATH.read_text())
    for resource in source["Resources"].values():
        for folder in ("CodeUri", "ContentUri"):
            if folder in resource.get("Properties", {}):
                resource["Properties"][folder] = "s3://bucket/key"
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name="us-east-1"))
    result = translator.translate(source, PARAMETERS[environment])
    # The result is serialised and parsed, so that no two resources share an object. Otherwise a test that
    # changes one of them would change the other.
    template: dict[str, Any] = json.loads(json.dumps(result))
    return template
