"""Reports of minors on the local stack suppress mail immediately. The purges follow by themselves."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import httpx
import pytest
from botocore.exceptions import ReadTimeoutError

from local.aws import Clients
from local.functions import FunctionFailed, invoke
from tests.system.running import PATIENCE, wait_until_none_is_left

pytestmark = pytest.mark.system

MINORS, ALL_MINORS = 120, 1_000  # with `--full` all


def _report(stack: dict[str, Any], client: httpx.Client, person: dict[str, str]) -> str:
    report = {**person, "source": "phone", "reference": "call 17"}
    answer = client.post(f"{stack['api']}/v1/minors", json=report)
    purge: str = answer.raise_for_status().json()["purge"]
    return purge


def _done(stack: dict[str, Any]) -> set[str]:
    """Returns the ids of all finished purges, from the table: an API request for each would add load."""
    pages = (
        Clients(stack["aws"])
        .dynamodb.get_paginator("scan")
        .paginate(
            TableName=stack["outputs"]["ControlTable"],
            FilterExpression="begins_with(pk, :purge)",
            ExpressionAttributeValues={":purge": {"S": "purge#"}},
        )
    )
    items = [item for page in pages for item in page["Items"]]
    return {item["pk"]["S"].removeprefix("purge#") for item in items if item["state"]["S"] == "done"}


def test_the_stream_and_the_sweep_purge_many_minors_reported_together(
    stack: dict[str, Any], pytestconfig: pytest.Config
) -> None:
    """The sweep finishes the purges that wait too long for a walk over the SES list."""
    minors = ALL_MINORS if pytestconfig.getoption("full") else MINORS
    sweep = stack["outputs"]["functions"]["purge"]
    headers = {"Authorization": f"Bearer {stack['api_key']}"}
    with httpx.Client(headers=headers, timeout=PATIENCE) as client, ThreadPoolExecutor(8) as agents:
        addresses = [f"kid{n}@example.com" for n in range(minors)]
        check = {"topic": "service", "addresses": addresses}
        response = client.post(f"{stack['api']}/v1/check", json=check).raise_for_status().json()
        # The reports use recipient ids, like a platform. The SES list has another spelling of one address.
        people = [{"recipient": result["recipient"]} for result in response["results"]]
        listed, ses = addresses[-1].replace("kid", "Kid"), Clients(stack["aws"]).sesv2
        ses.put_suppressed_destination(EmailAddress=listed, Reason="COMPLAINT")
        purges = list(agents.map(lambda person: _report(stack, client, person), people))
        response = client.post(f"{stack['api']}/v1/check", json=check).raise_for_status().json()
        assert {result["reason"] for result in response["results"]} == {"minor"}

        def sweep_and_count() -> int:
            """A sweep that a busy machine does not end in time has done a part, and the next one goes on."""
            left = 1
            with suppress(ReadTimeoutError, FunctionFailed):
                left = invoke(Clients(stack["aws"]), sweep, {})["left"]
            return left + len(set(purges) - _done(stack))

        wait_until_none_is_left(sweep_and_count)

        certificate = client.get(f"{stack['api']}/v1/purges/{purges[-1]}").raise_for_status().json()
    assert certificate["state"] == "done"
    assert certificate["stores"]["ses-suppression-list"] == 1
    assert ses.list_suppressed_destinations()["SuppressedDestinationSummaries"] == []
