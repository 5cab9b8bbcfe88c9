"""The ledger on the local stack: a press leads to an entry, an event, a seal and a proof."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from heed.adapters.s3 import LedgerBucket
from heed.domain.ledger.seal import make_seal
from heed.use_cases.ports.ledger import Alteration
from local.aws import Clients, make_session
from local.functions import invoke
from tests.system.running import PATIENCE, ROOT, wait_until

pytestmark = pytest.mark.system

contacts = SimpleNamespace(**runpy.run_path(str(ROOT / "docs" / "examples" / "contacts.py")))
Stack = dict[str, Any]


def _post(stack: Stack, path: str, body: object) -> Any:
    key = {"authorization": f"Bearer {stack['api_key']}"}
    answer = httpx.post(f"{stack['api']}{path}", json=body, headers=key, timeout=PATIENCE)
    return answer.raise_for_status().json()


def _press(stack: Stack, address: str) -> str:
    """Opts a person out by one click. Returns the recipient id."""
    link = _post(stack, "/v1/links", {"topic": "offers", "addresses": [address]})["links"][0]
    form = {"List-Unsubscribe": "One-Click"}
    httpx.post(link["unsubscribe_url"], data=form, timeout=PATIENCE).raise_for_status()
    return str(link["recipient"])


def _history(stack: Stack, recipient: str) -> list[dict[str, Any]]:
    result = _post(stack, "/v1/recipients/lookup", {"recipient": recipient})
    entries: list[dict[str, Any]] = result["history"]
    return entries


def _heed(stack: Stack, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / ".local").mkdir(exist_ok=True)
    (folder / ".local" / "stack.json").write_text(json.dumps(stack))
    heed = Path(sys.executable).with_name("heed")
    return subprocess.run(
        [heed, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_a_press_leads_to_an_entry_of_the_ledger(stack: Stack) -> None:
    recipient = _press(stack, "ledger@example.com")

    (entry,) = wait_until(lambda: _history(stack, recipient))

    assert entry["at"] <= entry["recorded_at"]
    assert (entry["seq"], entry["register"], entry["scope"]) == (1, "out", "offers")
    assert (entry["source"], entry["outcome"]) == ("one-click", "applied")
    assert entry["evidence"]["key"] == 1


def test_a_subscriber_of_the_event_bus_gets_an_event(stack: Stack) -> None:
    sqs = make_session().client("sqs", endpoint_url=stack["aws"])
    events = make_session().client("events", endpoint_url=stack["aws"])
    queue = sqs.create_queue(QueueName="subscriber")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    bus = stack["outputs"]["EventBusName"]
    pattern = json.dumps({"source": ["heed"], "detail-type": ["Recipient Opted Out"]})
    events.put_rule(Name="subscriber", EventBusName=bus, EventPattern=pattern)
    target: Any = {"Id": "queue", "Arn": arn["QueueArn"]}
    events.put_targets(Rule="subscriber", EventBusName=bus, Targets=[target])

    recipient = _press(stack, "heard@example.com")

    def receive() -> list[dict[str, Any]]:
        messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        events = [json.loads(message["Body"]) for message in messages]
        return [event for event in events if event["detail"]["recipient"] == recipient]

    (event, *_) = wait_until(receive)
    assert (event["source"], event["detail-type"]) == ("heed", "Recipient Opted Out")
    assert (event["detail"]["scope"], event["detail"]["state"]) == ("offers", "out")

    database = contacts.open_database(":memory:")
    contacts.add_contacts(database, {recipient: "heard@example.com"})
    assert contacts.handle_event(database, event) == "heard@example.com"
    database.close()


def test_the_command_verifies_and_exports_the_ledger_and_proves_an_entry(
    stack: Stack, tmp_path: Path
) -> None:
    recipient = _press(stack, "proved@example.com")
    (entry,) = wait_until(lambda: _history(stack, recipient))

    def verify() -> str:
        """Returns "" while there is a fault: the hash of a batch is stored after its entries."""
        verified = _heed(stack, tmp_path, "ledger", "verify", "--json")
        return verified.stdout if verified.returncode == 0 else ""

    verified = wait_until(verify)
    exported = _heed(stack, tmp_path, "ledger", "export", "export.jsonl")
    offline = _heed(stack, tmp_path, "ledger", "verify", "export.jsonl")
    options = ("--recipient", recipient, "--purpose", "legal")
    proved = _heed(stack, tmp_path, "ledger", "prove", entry["id"], *options)
    register = _heed(stack, tmp_path, "disclosed", "--json")

    assert json.loads(verified)["entries"] >= 1
    assert (exported.returncode, offline.returncode) == (0, 0), offline.stdout
    proof = json.loads(proved.stdout)
    assert proof["entry"]["id"] == entry["id"]
    assert proof["opening"]["recipient"] == recipient
    assert recipient not in (tmp_path / "export.jsonl").read_text()
    disclosures = json.loads(register.stdout)["disclosures"]
    assert ("proof", "legal", 1) in {
        (entry["what"], entry["purpose"], entry["people"]) for entry in disclosures
    }


def test_readers_use_the_first_version_of_a_rewritten_object(stack: Stack) -> None:
    client = make_session().client("s3", endpoint_url=stack["aws"])
    client.create_bucket(Bucket="sealed")
    client.put_bucket_versioning(Bucket="sealed", VersioningConfiguration={"Status": "Enabled"})
    seals, leaves = LedgerBucket(client, "sealed"), [bytes([n]) * 32 for n in range(3)]
    seal = make_seal(20_000, "", leaves)
    for _ in range(2):
        seals.add_leaves(20_000, leaves)
        assert seals.freeze_leaves(20_000, leaves) == leaves
        seals.add_seal(seal)
    assert (seals.stored_leaves(20_000), seals.altered_objects()) == ((set(leaves), []), [])

    client.put_object(Bucket="sealed", Key="leaves/2024-10-04", Body=b"forged")

    assert (seals.seals(), list(seals.sealed_leaves(20_000))) == ([seal], leaves)
    assert [altered.alteration for altered in seals.altered_objects()] == [Alteration.REWRITTEN]


def test_the_scheduled_functions_run_without_findings(stack: Stack) -> None:
    clients, functions = Clients(stack["aws"]), stack["outputs"]["functions"]
    assert "sealed" in invoke(clients, functions["seal"], {})
    findings = invoke(clients, functions["reconcile"], {})
    assert (findings["missing"], findings["unrecorded"], findings["altered"]) == (0, 0, 0)
