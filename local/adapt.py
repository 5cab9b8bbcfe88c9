"""What differs between the deployed template and the local one: one table, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

Resource = dict[str, Any]
MAIL_DOMAIN = "mail.example.com"
MAIL_FROM = "preferences@example.com"

# Parameters of the template, where its defaults are not what a laptop wants.
PARAMETERS = {
    "Environment": "trial",
    "MailDomain": MAIL_DOMAIN,
    "MailFrom": MAIL_FROM,
    "DeliverOptIns": "true",
    # Everything here comes from one network, and a developer asks for many mails a day.
    "ConfirmationsPerNetwork": "1000000",
    "ConfirmationsPerDay": "1000000",
}


@dataclass(frozen=True)
class Surroundings:
    """What the adaptations need to know of this stack."""

    api: str
    aws: str
    build: Path


@dataclass(frozen=True)
class Adaptation:
    """One difference: the type it is about, why it must be, and the change (None: left out)."""

    type: str
    reason: str
    change: Callable[[Resource, Surroundings], Resource | None]


def _without_body(api: Resource, _: Surroundings) -> Resource:
    """An empty HTTP API of that name."""
    return {**api, "Properties": {"Name": "heed", "ProtocolType": "HTTP"}}


def _without_metric_maths(alarm: Resource, _: Surroundings) -> Resource | None:
    return None if "Metrics" in alarm["Properties"] else alarm


def _here(function: Resource, surroundings: Surroundings) -> Resource:
    """The function with the addresses of this stack in its environment, and the layers where they were built.

    The emulator would unpack the layers anew for every process: a thousand files each, which a cold start
    waits for, and which a stop has to remove.
    """
    properties = {k: value for k, value in function["Properties"].items() if k != "Layers"}
    variables = properties.get("Environment", {}).get("Variables", {})
    here = {
        "AWS_ENDPOINT_URL": surroundings.aws,
        "BRAND_DIR": str(surroundings.build / "BrandLayer" / "brand"),
        "PYTHONPATH": str(surroundings.build / "CoreLayer" / "python"),
    }
    if "PUBLIC_URL" in variables:
        here["PUBLIC_URL"] = surroundings.api
    return {
        **function,
        "Properties": {**properties, "Environment": {"Variables": {**variables, **here}}},
    }


ADAPTATIONS = (
    Adaptation(
        "AWS::ApiGatewayV2::Api",
        "the emulator reads no OpenAPI body; the front serves the routes that stand in it",
        _without_body,
    ),
    Adaptation(
        "AWS::CloudWatch::Alarm",
        "the emulator refuses an alarm on an expression, as those on silence are",
        _without_metric_maths,
    ),
    Adaptation(
        "AWS::Lambda::Function",
        "links lead to the front, calls of AWS to the emulator; there is no /opt here, and no time for one",
        _here,
    ),
)


def adapt(template: Mapping[str, Any], surroundings: Surroundings) -> dict[str, Any]:
    """The template that the emulator is given."""
    resources = {
        name: adapted
        for name, resource in template["Resources"].items()
        if (adapted := _adapted(resource, surroundings)) is not None
    }
    return {**template, "Resources": resources}


def _adapted(resource: Resource, surroundings: Surroundings) -> Resource | None:
    adapted: Resource | None = resource
    for adaptation in ADAPTATIONS:
        if adapted is not None and adapted["Type"] == adaptation.type:
            adapted = adaptation.change(adapted, surroundings)
    return adapted
