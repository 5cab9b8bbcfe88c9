"""Writes the part of botocore's data that the functions use: the build of the core layer calls it.

At each cold start botocore lists the folders of all services, and parses every operation of a service and the
endpoints of all services (docs/decisions/0055). The folder in the core layer has only what a function uses.
`heed.adapters.aws` makes its clients from it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from botocore.loaders import Loader

OPERATIONS = {
    "cloudwatch": ("GetMetricStatistics",),
    "dynamodb": (
        "BatchGetItem",
        "DeleteItem",
        "DescribeTable",
        "GetItem",
        "PutItem",
        "Query",
        "Scan",
        "TransactWriteItems",
        "UpdateItem",
    ),
    "events": ("PutEvents",),
    "kms": ("Decrypt", "Encrypt", "GenerateMac", "GetPublicKey", "Sign"),
    "s3": (
        *("CompleteMultipartUpload", "CreateMultipartUpload", "DeleteObject", "DeleteObjects", "GetObject"),
        *("HeadObject", "ListObjectVersions", "ListObjectsV2", "PutObject", "UploadPart", "UploadPartCopy"),
    ),
    "secretsmanager": ("GetSecretValue",),
    "sesv2": ("DeleteSuppressedDestination", "ListSuppressedDestinations", "SendEmail"),
    "ssm": ("GetParameter",),
    "stepfunctions": ("StartExecution",),
    "sqs": (
        "ChangeMessageVisibility",
        "DeleteMessage",
        "GetQueueAttributes",
        "ReceiveMessage",
        "SendMessage",
    ),
}
"""Each operation that a function calls, by service. `make iam` compares the list with the recorded calls."""

_DATA_OF_ALL_SERVICES = ("_retry", "partitions", "sdk-default-configuration")


def write_service_models(folder: Path) -> None:
    """Writes the data of the botocore that is installed, without documentation."""
    loader = Loader()
    prefixes = set()
    for service, operations in OPERATIONS.items():
        version = loader.determine_latest_version(service, "service-2")
        # The loader merges the extras of the SDK into the model.
        model = loader.load_service_model(service, "service-2", version)
        rules = loader.load_service_model(service, "endpoint-rule-set-1", version)
        prefixes.add(model["metadata"]["endpointPrefix"])
        selected = _select_operations(model, operations)
        _write(folder / service / version / "service-2.json", _without_documentation(selected))
        _write(folder / service / version / "endpoint-rule-set-1.json", rules)
    endpoints = loader.load_data("endpoints")
    _write(folder / "endpoints.json", _select_services(endpoints, prefixes))
    for name in _DATA_OF_ALL_SERVICES:
        _write(folder / f"{name}.json", loader.load_data(name))


def _select_operations(model: dict[str, Any], operations: Collection[str]) -> dict[str, Any]:
    """Returns the model with these operations and the shapes that they refer to."""
    selected = {name: model["operations"][name] for name in operations}
    shapes: dict[str, Any] = {}
    unvisited = list(_referenced_shapes(selected))
    while unvisited:
        name = unvisited.pop()
        if name not in shapes:
            shapes[name] = model["shapes"][name]
            unvisited.extend(_referenced_shapes(shapes[name]))
    return {
        **model,
        "metadata": _with_oldest_protocol(model["metadata"]),
        "operations": selected,
        "shapes": shapes,
    }


def _with_oldest_protocol(metadata: dict[str, Any]) -> dict[str, Any]:
    """Names the protocol that an older botocore knows. A newer one selects from `protocols`, newest first."""
    return {**metadata, "protocol": metadata["protocols"][-1]}


def _referenced_shapes(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("shape"), str):
            yield value["shape"]
        value = list(value.values())
    if isinstance(value, list):
        for member in value:
            yield from _referenced_shapes(member)


def _select_services(endpoints: dict[str, Any], prefixes: Collection[str]) -> dict[str, Any]:
    partitions = [
        {
            **partition,
            "services": {name: known for name, known in partition["services"].items() if name in prefixes},
        }
        for partition in endpoints["partitions"]
    ]
    return {**endpoints, "partitions": partitions}


def _write(file: Path, data: object) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(data, separators=(",", ":")), "utf-8")


def _without_documentation(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        # Empty and not absent, because botocore requires the text of some members.
        return {
            name: "" if name == "documentation" else _without_documentation(member)
            for name, member in value.items()
        }
    return [_without_documentation(member) for member in value] if isinstance(value, list) else value


if __name__ == "__main__":
    write_service_models(Path(sys.argv[1]))
