"""Minors on the local stack: reported together, stopped at once, purged without being asked to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from local.aws import Clients
from local.functions import invoke
from tests.system.running import PATIENCE, soon

pytestmark = pytest.mark.system

MINORS = 1_000


def _report(stack: dict[str, Any], client: httpx.Client, who: dict[str, str]) -> str:
    said = {**who, "source": "phone", "reference": "call 17"}
    answer = client.post(f"{stack['api']}/v1/minors", json=said)
    purge: str = answer.raise_for_status().json()["purge"]
    return purge


def _done(stack: dict[str, Any]) -> set[str]:
    """Every purge that is done, from the table itself: a thousand requests would be the load."""
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


def test_a_thousand_minors_reported_together_are_all_purged_by_the_stream_and_the_next_sweep(
    stack: dict[str, Any],
) -> None:
    """The sweep ends those who wait longer for SES's list to be walked than the stream waits for it."""
    sweep = stack["outputs"]["functions"]["purge"]
    headers = {"Authorization": f"Bearer {stack['api_key']}"}
    with httpx.Client(headers=headers, timeout=PATIENCE) as client, ThreadPoolExecutor(8) as agents:
        addresses = [f"kid{n}@example.com" for n in range(MINORS)]
        check = {"topic": "service", "addresses": addresses}
        found = client.post(f"{stack['api']}/v1/check", json=check).raise_for_status().json()
        # By their ids, as a platform has them. SES has the last of them in another case.
        people = [{"recipient": each["recipient"]} for each in found["results"]]
        listed, ses = addresses[-1].replace("kid", "Kid"), Clients(stack["aws"]).sesv2
        ses.put_suppressed_destination(EmailAddress=listed, Reason="COMPLAINT")
        purges = list(agents.map(lambda who: _report(stack, client, who), people))
        found = client.post(f"{stack['api']}/v1/check", json=check).raise_for_status().json()
        assert {result["reason"] for result in found["results"]} == {"minor"}

        soon(lambda: invoke(Clients(stack["aws"]), sweep, {})["left"] == 0)
        assert _done(stack) >= set(purges)

        certificate = client.get(f"{stack['api']}/v1/purges/{purges[-1]}").raise_for_status().json()
    assert certificate["state"] == "done"
    assert certificate["stores"]["ses-suppression-list"] == 1
    assert ses.list_suppressed_destinations()["SuppressedDestinationSummaries"] == []
