"""`python -m tests.architecture.dashboard_demo` plays the demo, keeps its last week, and draws the dashboard.

The functions of the local stack write their metrics into log groups, as they do in an account.
What only AWS publishes is read from the emulator where that is possible: the executions of the state machine,
and the messages in dead letter queues, which stay there for weeks.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from local.aws import Clients
from tests.architecture.dashboard_numbers import (
    POINTS,
    Values,
    WeekOfDemo,
    metric_key,
    point_of,
    read_metrics,
)
from tests.architecture.dashboard_picture import PICTURE, draw_dashboard
from tests.support.iam_policies import RESOURCES
from tests.system.running import Running, free_ports

PEOPLE, WEEKS = 1_200, 5
_ENDED = {"SUCCEEDED": "ExecutionsSucceeded", "FAILED": "ExecutionsFailed"}
_MESSAGE = re.compile(r'\{ \$\.message = "([^"]*)" \}')


def main() -> None:
    """Plays the demo, and writes the numbers and the picture."""
    with TemporaryDirectory(prefix="heed-dashboard-") as home:
        options = ["--demo", "--people", str(PEOPLE), "--weeks", str(WEEKS)]
        running = Running(Path(home), *free_ports(2), demo=options)
        try:
            running.wait_for_output("Playing")
            while "Ready" not in running.output and running.process.poll() is None:
                time.sleep(1)  # a demo takes as long as it takes
            keep_week(running.wait_until_ready()["aws"])
        finally:
            running.stop()


def keep_week(aws: str) -> None:
    """Writes the last week of a stack after its demo, and draws it."""
    end = time.time_ns() // 1_000_000
    clients = Clients(aws)
    metrics = read_metrics(_read_logs(clients), _counted_messages(), end)
    metrics |= _read_emulator(clients, end)
    WeekOfDemo(PEOPLE, WEEKS, metrics).save()
    PICTURE.write_text(draw_dashboard())


def _read_logs(clients: Clients) -> Iterator[str]:
    """Yields each line that a function of the stack has logged."""
    logs = clients.make_client("logs")
    groups = logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix="/heed/")
    for name in [group["logGroupName"] for page in groups for group in page["logGroups"]]:
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=name):
            yield from (event["message"] for event in page["events"])


def _counted_messages() -> dict[str, str]:
    """Returns the metric that counts the lines with a message in the logs of functions, by the message."""
    filters = (r["Properties"] for r in RESOURCES.values() if r["Type"] == "AWS::Logs::MetricFilter")
    return {
        match[1]: each["MetricTransformations"][0]["MetricName"]
        for each in filters
        if (match := _MESSAGE.fullmatch(each["FilterPattern"]))
    }


def _read_emulator(clients: Clients, end: int) -> dict[str, Values]:
    resources = _list_resources(clients)
    found: dict[str, Values] = {}
    machine = clients.make_client("stepfunctions")
    pages = machine.get_paginator("list_executions").paginate(stateMachineArn=resources["JobMachine"])
    executions = [execution for page in pages for execution in page["executions"]]
    for status, name in _ENDED.items():
        values: Values = found.setdefault(metric_key(name, [("StateMachineArn", "JobMachine")]), {})
        for execution in executions:
            if execution["status"] == status:
                point = point_of(1_000 * execution["stopDate"].timestamp(), end)
                if point is not None:
                    values.setdefault(point, []).append(1)
    sqs = clients.make_client("sqs")
    for name, url in resources.items():
        if name.endswith("DeadLetters"):
            attribute = "ApproximateNumberOfMessages"
            answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[attribute])
            key = metric_key("ApproximateNumberOfMessagesVisible", [("QueueName", name)])
            number = int(answer["Attributes"][attribute])
            found[key] = {point: [number] for point in range(POINTS)}
    return found


def _list_resources(clients: Clients) -> dict[str, Any]:
    """Returns the physical id of each resource of the stack, by its logical id."""
    pages = clients.make_client("cloudformation").get_paginator("list_stack_resources")
    return {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for page in pages.paginate(StackName="heed")
        for resource in page["StackResourceSummaries"]
    }


if __name__ == "__main__":
    main()
