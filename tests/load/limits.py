"""The limits that template.yaml sets: throttles of routes, readers of queues, and the parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Throttle:
    """The token bucket of a route."""

    rate: int
    burst: int


@dataclass(frozen=True)
class QueueReader:
    """How Lambda reads a queue for a function."""

    batch: int
    concurrency: int


@dataclass(frozen=True)
class StackLimits:
    """The limits of a stack.

    Attributes:
        throttles: the throttle of each route that has its own.
        other_routes: the throttle of each of the other routes.
        readers: by the logical id of the function.
        ledger_batch: changes in a batch of the ledger.
        ledger_lanes: batches of one shard at the same time.
        reserved: executions that are reserved for links. 0 means none.
        bulk_rate: rows per second that imports record.
        bulk_concurrency: parts of a file on which jobs work at the same time.
    """

    throttles: Mapping[str, Throttle]
    other_routes: Throttle
    readers: Mapping[str, QueueReader]
    ledger_batch: int
    ledger_lanes: int
    reserved: int
    bulk_rate: int
    bulk_concurrency: int

    def throttle_of(self, route: str) -> Throttle:
        """Returns the throttle of a route."""
        return self.throttles.get(route, self.other_routes)


def read_limits(template: Mapping[str, Any]) -> StackLimits:
    """Reads the limits of a template, with the defaults of its parameters."""
    resources = template["Resources"]
    api = resources["HttpApi"]["Properties"]
    changes = resources["LedgerFunction"]["Properties"]["Events"]["Changes"]["Properties"]
    machine = resources["JobMachine"]["Properties"]["DefinitionString"]["Fn::Sub"]
    assert machine.count('"MaxConcurrency": ${BulkConcurrency},') == 1
    links = resources["UnsubscribeFunction"]["Properties"]["ReservedConcurrentExecutions"]
    defaults = {name: parameter.get("Default") for name, parameter in template["Parameters"].items()}
    return StackLimits(
        throttles={route: _throttle(settings) for route, settings in api["RouteSettings"].items()},
        other_routes=_throttle(api["DefaultRouteSettings"]),
        readers=dict(_readers(resources)),
        ledger_batch=changes["BatchSize"],
        ledger_lanes=changes["ParallelizationFactor"],
        reserved=defaults[links["Fn::If"][1]["Ref"]],
        bulk_rate=defaults["BulkRate"],
        bulk_concurrency=defaults["BulkConcurrency"],
    )


def _throttle(settings: Mapping[str, int]) -> Throttle:
    return Throttle(settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"])


def _readers(resources: Mapping[str, Any]) -> list[tuple[str, QueueReader]]:
    return [
        (name, QueueReader(reader["BatchSize"], reader["ScalingConfig"]["MaximumConcurrency"]))
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Serverless::Function"
        for event in resource["Properties"].get("Events", {}).values()
        if event["Type"] == "SQS"
        for reader in [event["Properties"]]
    ]
