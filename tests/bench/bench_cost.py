"""What Heed costs: a million of each action, and a month without any request.

Run: .venv/bin/python tests/bench/bench_cost.py. The AWS calls are counted in the real handlers (moto
answers them), the resources in template.yaml. Prices are list prices in US dollars for us-east-1, without
any free tier, as of November 2026: look them up before you quote a sum. The run time of a function is
assumed, because only a deployed one knows it; so is the length of a log line.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any, NamedTuple

import pytest

from heed.domain.api_key import KeyScope
from heed.domain.preferences.register import Change, Entry, Source
from heed.domain.rfc3339 import format_time
from tests import conftest
from tests.support import stream_events
from tests.support.deployment import NOW, Context, World, deployed, http_event, parts
from tests.support.registers import out
from tests.support.ses_messages import EVENTS
from tests.support.template import template

# per million, unless noted
HTTP_API, LAMBDA, WRITE, READ, SNS, SQS = 1.00, 0.20, 0.625, 0.125, 0.50, 0.40
S3_PUT, BUS = 5.00, 1.00
GB_SECOND = 0.0000133334  # arm64
LOG_GB = 0.50
KEY_MONTH, ALARM_MONTH, METRIC_MONTH, DASHBOARD_MONTH = 1.00, 0.10, 0.30, 3.00
IDLE_POLLS = 5 * 3 * 60 * 24 * 30  # Lambda polls an empty queue with five threads, each for 20 s
LINE_OF_LOG = 400  # bytes: a line of the access log, and the line with the metrics


class CostOfAction(NamedTuple):
    """A million of one action.

    Attributes:
        what: the action in words.
        calls: AWS calls for one, counted.
        invocations: function invocations for one.
        seconds: the run time of each invocation, assumed.
        memory: of the function, GB.
        around: dollars per million for services before the function.
        units: write and read units for one.
    """

    what: str
    calls: Counter[str]
    invocations: float
    seconds: float
    memory: float
    around: float
    units: tuple[float, float]

    @property
    def dollars(self) -> float:
        """Returns the price of a million."""
        writes, reads = self.units
        compute = self.invocations * (LAMBDA + self.seconds * self.memory * GB_SECOND * 1e6)
        logs = self.invocations * LINE_OF_LOG * 1e6 / 1e9 * LOG_GB * 2
        return self.around + compute + logs + writes * WRITE + reads * READ


@contextmanager
def counted_calls() -> Iterator[Counter[str]]:
    """Counts the AWS calls, by name, while the block runs."""
    seen: Counter[str] = Counter()

    def see(model: Any, **_: Any) -> None:
        seen[model.name] += 1

    services = ("dynamodb", "kms", "sqs", "s3", "events")
    for service in services:
        parts().client(service).meta.events.register("before-call", see)
    yield seen
    for service in services:
        parts().client(service).meta.events.unregister("before-call", see)


def action_costs(world: World) -> Iterator[CostOfAction]:
    """Returns the cost of a million of each action."""
    from functions.feedback import app as feedback
    from functions.platform import app as platform
    from functions.unsubscribe import app as unsubscribe

    _, key = parts().api_keys.create("all", "bench", list(KeyScope))
    headers = {"Authorization": f"Bearer {key}"}
    people = [f"reader{n}@example.com" for n in range(1_000)]
    path = f"/u/{world.token(people[0])}"
    press = http_event("POST", path, form={"List-Unsubscribe": "One-Click"})
    check = http_event(
        "POST",
        "/v1/check",
        body=json.dumps({"topic": "offers", "addresses": people}),
        headers=headers,
    )
    links = http_event(
        "POST",
        "/v1/links",
        body=json.dumps({"topic": "offers", "addresses": people}),
        headers=headers,
    )
    bounces = json.loads((EVENTS / "feedback-sqs-sns-bounce.json").read_text())
    record = bounces["Records"][0]
    bounces["Records"] = [
        {**record, "messageId": str(n), "body": record["body"].replace("recipient@", f"r{n}@")}
        for n in range(10)
    ]
    for handler, event in ((unsubscribe, http_event("GET", path)), (platform, check), (platform, links)):
        handler.handler(event, world.context)  # keys are derived and looked up once

    with counted_calls() as calls:
        unsubscribe.handler(http_event("GET", path), world.context)
    yield CostOfAction("links opened", calls, 1, 0.02, 0.5, HTTP_API, (0, calls["GetItem"]))
    with counted_calls() as calls:
        unsubscribe.handler(press, world.context)
    # the item and its entry in the index Changes
    yield CostOfAction("opt-outs by one click", calls, 1, 0.02, 0.5, HTTP_API, (2 * calls["UpdateItem"], 0))
    with counted_calls() as calls:
        feedback.handler(bounces, world.context)
    a_message = Counter({name: number // 10 for name, number in calls.items()})
    around = SNS + SQS * (1 + 2 / 10)  # sent one by one, received and deleted in tens
    writes = 2 * a_message["UpdateItem"]
    yield CostOfAction("bounces", a_message, 0.1, 0.06, 0.5, around, (writes, 0))
    with counted_calls() as calls:
        platform.handler(check, world.context)
    yield CostOfAction("addresses checked", calls, 1e-3, 0.15, 1, HTTP_API / 1e3, (0, 1))
    with counted_calls() as calls:
        platform.handler(links, world.context)
    yield CostOfAction("links created", calls, 1e-3, 0.1, 1, HTTP_API / 1e3, (0, 0))


def evidence(world: World) -> CostOfAction:
    """The work after each change, ten to a batch: an entry, its hash, an event."""
    from functions.ledger import app as ledger

    known = {item["id"]["S"] for item in world.items()}
    for n in range(10):
        entry = Entry(NOW, Source.ONE_CLICK, f'{{"issued":{n}}}', "2026-01")
        world.apply_changes(f"writer{n}@example.com", Change(out(2), entry))
    records = [item for item in world.items() if item["id"]["S"] not in known]
    batch = stream_events.stream_event(
        stream_events.stream_record(None, item, NOW, number=n) for n, item in enumerate(records)
    )
    with counted_calls() as calls:
        ledger.handler(batch, world.context)
    around = (S3_PUT * calls["PutObject"] + BUS * 10) / 10
    writes = (calls["PutItem"] + calls["UpdateItem"]) / 10
    return CostOfAction("changes into the ledger", calls, 0.1, 0.1, 0.5, around, (writes, 0))


def counted_events(world: World, campaign: str) -> CostOfAction:
    """The work of the numbers for each event that is counted, ten to a batch."""
    from functions.numbers import app as numbers

    def batch(first: int) -> dict[str, Any]:
        detail = {"scope": "offers", "state": "out", "at": format_time(NOW), "source": "one-click"}
        if campaign:
            detail["campaign"] = campaign
        records = []
        for number in range(first, first + 10):
            changed = {"id": f"{campaign}{number}", **detail}
            event = {"source": "heed", "detail-type": "Recipient Opted Out", "detail": changed}
            records.append({"messageId": str(number), "eventSource": "aws:sqs", "body": json.dumps(event)})
        return {"Records": records}

    if campaign:
        parts().campaigns.add(campaign, NOW)
    minutes = Context(milliseconds_left=600_000)
    numbers.handler(batch(0), minutes)  # the first of a day writes the names, too
    items: list[int] = []
    hooks = parts().client("dynamodb").meta.events
    hooks.register(
        "provide-client-params.dynamodb.TransactWriteItems",
        lambda params, **_: items.append(len(params["TransactItems"])),
        unique_id="items",
    )
    with counted_calls() as calls:
        assert numbers.handler(batch(10), minutes) == {"batchItemFailures": []}
    hooks.unregister("provide-client-params.dynamodb.TransactWriteItems", unique_id="items")
    an_event = Counter({name: number // 10 for name, number in calls.items()})
    around = SQS * (1 + 2 / 10)  # sent one by one, received and deleted in tens
    units = 2 * sum(items) / 10, an_event["GetItem"]  # a transaction writes everything twice
    what = "events counted, campaign" if campaign else "events counted"
    return CostOfAction(what, an_event, 0.1, 0.3, 0.5, around, units)


def metrics_when_idle(world: World) -> set[str]:
    """The names of metrics that the schedules write although nothing happens."""
    from functions.purge import app as purge
    from functions.reconcile import app as reconcile
    from functions.seal import app as seal
    from functions.send_confirmation import app as send_confirmation
    from heed.entrypoints.observability import metrics

    metrics.clear_metrics()  # counts of earlier code in this process that were not written
    lines, minutes = io.StringIO(), Context(milliseconds_left=600_000)
    with redirect_stdout(lines):
        for scheduled in (purge, reconcile, seal, send_confirmation):
            scheduled.handler({}, minutes)
    logged = [json.loads(line) for line in lines.getvalue().splitlines()]
    names = {
        metric["Name"]
        for line in logged
        for group in line.get("_aws", {}).get("CloudWatchMetrics", [])
        for metric in group["Metrics"]
    }
    return names | {"PurgeSweepRan", "WaitingQueueSwept"}  # metrics that the log filters make


def idle_costs(metrics: int) -> list[tuple[str, float]]:
    """Returns the cost of a month without any request, from the template."""
    # The alarms and the queue of webhooks exist only with a parameter.
    resources = [each for each in template()["Resources"].values() if each.get("Condition") != "HasWebhook"]
    kinds = Counter(resource["Type"] for resource in resources)
    queues = sum(
        event["Type"] == "SQS"
        for resource in resources
        if resource["Type"] == "AWS::Serverless::Function"
        for event in resource["Properties"].get("Events", {}).values()
    )
    keys, alarms = kinds["AWS::KMS::Key"], kinds["AWS::CloudWatch::Alarm"]
    dashboards = kinds["AWS::CloudWatch::Dashboard"]
    return [
        (f"{keys} KMS keys", keys * KEY_MONTH),
        (f"{alarms} alarms", alarms * ALARM_MONTH),
        (f"{metrics} metrics of Heed", metrics * METRIC_MONTH),
        (f"{dashboards} dashboard", dashboards * DASHBOARD_MONTH),
        (f"polling of {queues} empty queues", queues * IDLE_POLLS / 1e6 * SQS),
    ]


def main() -> None:
    """Prints both."""
    conftest.made_up_credentials()
    with (
        pytest.MonkeyPatch.context() as patch,
        deployed(patch) as world,
        redirect_stdout(io.StringIO()),  # the metrics
    ):
        metrics = len(metrics_when_idle(world))
        counted = [counted_events(world, campaign) for campaign in ("", "spring")]
        done = [*action_costs(world), evidence(world), *counted]
    print("one million                    US$  calls of AWS for one request, one message or ten changes")
    for action in done:
        calls = ", ".join(f"{number} {name}" for name, number in action.calls.items())
        print(f"  {action.what:<24} {action.dollars:6.2f}   {calls or 'none'}")
    print("\none month without any request      US$")
    bills = idle_costs(metrics)
    for what, dollars in (*bills, ("total", sum(dollars for _, dollars in bills))):
        print(f"  {what:<32} {dollars:6.2f}")


if __name__ == "__main__":
    main()
