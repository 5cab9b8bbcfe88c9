"""The installed command `heed` against the local stack."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from heed.domain.recipients.recipient import DOCTOR_RECIPIENT
from tests.system.conftest import Heed
from tests.system.running import ROOT

pytestmark = pytest.mark.system


def test_a_recorded_opt_out_changes_the_next_check(heed: Heed) -> None:
    address = "ada.cli@example.com"
    source = ("--source", "phone", "--reference", "call 17", "--agent", "Kim")
    before = heed("check", address, "--topic", "offers")

    change = heed("change", address, "--scope", "offers", "--out", *source)

    after = heed("check", address, "--topic", "offers", "--json")
    assert (before.returncode, change.returncode, after.returncode) == (0, 0, 1), change.stderr
    assert json.loads(after.stdout)["results"][0]["reason"] == "topic_unsubscribed"
    assert "call 17" in heed("lookup", address).stdout


def test_the_command_computes_the_same_ids_as_the_api(heed: Heed) -> None:
    people = ["Grace <GRACE@Example.com>", "info@bücher.example"]

    ids = heed("ids", stdin="\n".join(people))

    checked = heed("check", *people, "--topic", "offers", "--json")
    results = json.loads(checked.stdout)["results"]
    assert ids.returncode == 0, ids.stderr
    assert ids.stdout.splitlines() == [result["recipient"] for result in results]


def test_the_command_mints_links_for_a_list(heed: Heed, stack: dict[str, Any]) -> None:
    minted = heed("links", "--topic", "offers", "--json", stdin="ada@example.com\n")

    (link,) = json.loads(minted.stdout)["links"]
    assert link["unsubscribe_url"].startswith(f"{stack['api']}/u/")


def test_invoke_prints_the_answer_of_a_function(heed: Heed) -> None:
    event = ROOT / "events" / "feedback-sqs-raw-bounce.json"

    answer = heed("invoke", "feedback", str(event), "--json")

    assert (answer.returncode, answer.stdout) == (0, '{"batchItemFailures": []}\n'), answer.stderr


def test_invoke_fails_if_the_function_raises_an_exception(heed: Heed) -> None:
    answer = heed("invoke", "platform", "-", stdin="{}")

    assert (answer.returncode, "the function raised" in answer.stderr) == (3, True)


def test_keys_can_be_created_listed_and_revoked(heed: Heed, stack: dict[str, Any]) -> None:
    created = heed(
        *("keys", "create", "crm", "--owner", "CRM", "--scope", "check"),
        *("--expires", "90d", "--json"),
    )
    key = json.loads(created.stdout)
    revoked = heed("keys", "revoke", key["id"])

    listed = json.loads(heed("keys", "list", "--json").stdout)["keys"]
    assert (created.returncode, revoked.returncode) == (0, 0)
    assert [listed_key["state"] for listed_key in listed if listed_key["id"] == key["id"]] == ["revoked"]
    assert key["key"] not in json.dumps(listed)
    assert stack["api_key"] not in json.dumps(listed)


def test_the_doctor_finds_no_fault_of_the_local_stack(heed: Heed) -> None:
    result = heed("doctor", "--press", "--yes", "--json")

    found = {check["name"]: check for check in json.loads(result.stdout)["checks"]}
    wrong = {name: check["seen"] for name, check in found.items() if check["result"] != "ok"}
    assert (result.returncode, list(wrong)) == (0, ["url", "parameters"]), result.stdout
    assert wrong["parameters"] == "MailDomain without ReceiptRuleSet: the stack reads no mail"
    assert found["press-recorded"]["seen"] == "the press is on record"
    assert heed("check", DOCTOR_RECIPIENT, "--topic", "offers").returncode == 1


def test_the_doctor_says_what_it_cannot_check_with_a_key_that_the_stack_does_not_know(
    heed: Heed, stack: dict[str, Any], tmp_path: Path
) -> None:
    changed = {**stack, "api_key": "heed_" + "k" * 43}
    (tmp_path / ".local" / "stack.json").write_text(json.dumps(changed))

    result = heed("doctor", "--json")

    found = {check["name"]: check for check in json.loads(result.stdout)["checks"]}
    assert (result.returncode, found["version"]["result"]) == (3, "ok")
    assert found["link"]["seen"].startswith("not checked: ")
