"""Adapts the template to the local stack. `ADAPTATIONS` lists the differences with their reasons."""

from __future__ import annotations

import string
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from local.build import Built

Resource = dict[str, Any]
MAIL_DOMAIN = "mail.example.com"
MAIL_FROM = "preferences@example.com"

# Parameters of the template whose defaults do not suit a local stack.
PARAMETERS = {
    "Environment": "trial",
    "MailDomain": MAIL_DOMAIN,
    "MailFrom": MAIL_FROM,
    "DeliverOptIns": "true",
    # All requests come from one network, and a developer requests many mails per day.
    "ConfirmationsPerNetwork": "1000000",
    "KeyMailsPerDay": "1000000",
    "ConfirmationsPerDay": "1000000",
    "CreateDeskUsers": "yes",
}


def make_parameters(webhook_url: str) -> dict[str, str]:
    """Returns the parameters of a stack. The template accepts https alone, so it gets another URL."""
    return PARAMETERS | ({"WebhookUrl": "https://webhook.invalid"} if webhook_url else {})


@dataclass(frozen=True)
class LocalAddresses:
    """The addresses and the build of the local stack. `webhook` is the URL of webhooks, or ""."""

    api: str
    aws: str
    build: Built
    webhook: str = ""


@dataclass(frozen=True)
class Adaptation:
    """One difference to the deployed template.

    Attributes:
        type: The type of the resources that it changes.
        reason: Why the local stack needs it.
        change: Returns the changed resource, or None to leave the resource out.
    """

    type: str
    reason: str
    change: Callable[[Resource, LocalAddresses], Resource | None]


def _remove_body(api: Resource, _: LocalAddresses) -> Resource:
    """Returns an HTTP API without routes."""
    return {**api, "Properties": {"Name": "heed", "ProtocolType": "HTTP"}}


def _remove_if_expression(alarm: Resource, _: LocalAddresses) -> Resource | None:
    return None if "Metrics" in alarm["Properties"] else alarm


def _leave_out(_: Resource, __: LocalAddresses) -> None:
    return None


def _set_local_environment(function: Resource, addresses: LocalAddresses) -> Resource:
    """Returns the function with the local addresses and the built layers in its environment.

    The emulator would unpack the layers again for each process. That is a thousand files each: cold starts
    would wait for them, and the end of the stack would have to remove them.
    """
    properties = {name: value for name, value in function["Properties"].items() if name != "Layers"}
    layers = ["CoreLayer"]
    # SAM adds a hash to the name of a layer.
    if any(layer["Ref"].startswith("DeskLayer") for layer in function["Properties"].get("Layers", ())):
        layers.append("DeskLayer")
    variables = properties.get("Environment", {}).get("Variables", {})
    local_variables = {
        "AWS_ENDPOINT_URL": addresses.aws,
        "BRAND_DIR": str(addresses.build.brand),
        "SERVICE_MODELS_DIR": str(addresses.build.code / "CoreLayer" / "service_models"),
        "PYTHONPATH": ":".join(str(addresses.build.code / layer / "python") for layer in layers),
    }
    if "PUBLIC_URL" in variables:
        local_variables["PUBLIC_URL"] = addresses.api
    if "WEBHOOK_URL" in variables:
        local_variables["WEBHOOK_URL"] = addresses.webhook
    return {
        **function,
        "Properties": {**properties, "Environment": {"Variables": {**variables, **local_variables}}},
    }


def _sign_in_by_password(pool: Resource, _: LocalAddresses) -> Resource:
    return {**pool, "Properties": {**pool["Properties"], "MfaConfiguration": "OFF", "EnabledMfas": []}}


def _lead_to_the_front(client: Resource, addresses: LocalAddresses) -> Resource:
    urls = {
        "CallbackURLs": [f"{addresses.api}/desk/signed-in"],
        "LogoutURLs": [f"{addresses.api}/desk/signed-out"],
    }
    return {**client, "Properties": {**client["Properties"], **urls}}


def _name_the_local_issuer(parameter: Resource, addresses: LocalAddresses) -> Resource:
    issuer = f"{addresses.aws}/${{DeskUsers}}"
    value = f'{{"issuer": "{issuer}", "client_id": "${{DeskUsersClient}}"}}'
    return {**parameter, "Properties": {**parameter["Properties"], "Value": {"Fn::Sub": value}}}


def _exclude_punctuation(secret: Resource, _: LocalAddresses) -> Resource:
    generated = {**secret["Properties"]["GenerateSecretString"], "ExcludeCharacters": string.punctuation}
    return {**secret, "Properties": {**secret["Properties"], "GenerateSecretString": generated}}


ADAPTATIONS = (
    Adaptation(
        "AWS::ApiGatewayV2::Api",
        "the emulator does not read the OpenAPI body; the HTTP front serves its routes",
        _remove_body,
    ),
    Adaptation(
        "AWS::CloudWatch::Alarm",
        "the emulator refuses alarms on expressions, such as those that watch for silence",
        _remove_if_expression,
    ),
    Adaptation(
        "AWS::SES::ReceiptRule",
        "the emulator has no such rule; the page `/_local/` does what it does",
        _leave_out,
    ),
    Adaptation(
        "AWS::Cognito::UserPool",
        "a developer signs in to the desk by a password alone, without an app for codes",
        _sign_in_by_password,
    ),
    Adaptation(
        "AWS::Cognito::UserPoolClient",
        "the pages of the desk are at the HTTP front",
        _lead_to_the_front,
    ),
    Adaptation(
        "AWS::Cognito::ManagedLoginBranding",
        "the emulator has no such resource; its login page has a look of its own",
        _leave_out,
    ),
    Adaptation(
        "AWS::SSM::Parameter",
        "the pool's issuer is the emulator (local/user_pool.py)",
        _name_the_local_issuer,
    ),
    Adaptation(
        "AWS::SecretsManager::Secret",
        "the emulator reads ExcludeCharacters, but not ExcludePunctuation",
        _exclude_punctuation,
    ),
    Adaptation(
        "AWS::Lambda::LayerVersion",
        "the functions read the layers from the folder of the build, and an upload of 40 MB would be slow",
        _leave_out,
    ),
    Adaptation(
        "AWS::Lambda::Function",
        "links lead to the HTTP front, AWS calls to the emulator, and webhooks to this machine; unpacking "
        "layers into /opt would be slow",
        _set_local_environment,
    ),
)


def adapt(template: Mapping[str, Any], addresses: LocalAddresses) -> dict[str, Any]:
    """Returns the template for the emulator."""
    resources = {
        name: adapted
        for name, resource in template["Resources"].items()
        if (adapted := _adapt_resource(resource, addresses)) is not None
    }
    return {**template, "Resources": resources}


def _adapt_resource(resource: Resource, addresses: LocalAddresses) -> Resource | None:
    changes = {adaptation.type: adaptation.change for adaptation in ADAPTATIONS}
    change = changes.get(resource["Type"])
    return change(resource, addresses) if change else resource
