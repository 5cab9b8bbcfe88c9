"""`make run`: it starts, works, and leaves nothing after its end."""

from __future__ import annotations

import json
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.aws import Clients, make_session
from local.functions import invoke
from tests.support.full import is_full
from tests.system.running import PATIENCE, ROOT, Running, free_ports, wait_until

pytestmark = pytest.mark.system

SAMPLE = "ada@example.com"
Start = Callable[..., Running]


@pytest.fixture(scope="module")
def other_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A second stack, beside that of the session."""
    running = Running(tmp_path_factory.mktemp("other"), *free_ports(2))
    try:
        yield running.wait_until_ready()
    finally:
        running.stop()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Running] = []

    def start_stack(home: str = "home", ports: list[int] | None = None) -> Running:
        started.append(Running(tmp_path / home, *(ports or free_ports(2))))
        return started[-1]

    yield start_stack
    for running in started:
        running.stop()


def _processes_of(home: Path) -> list[str]:
    """Returns the ids of all processes of a stack. The environment of the emulator names the folder."""
    processes = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environment = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
        except OSError:
            continue  # the process has ended, or belongs to another user
        if str(home).encode() in environment:
            processes.append(process.name)
    return processes


def _key(stack: dict[str, Any]) -> dict[str, str]:
    return {"authorization": f"Bearer {stack['api_key']}"}


def _links(stack: dict[str, Any], address: str) -> dict[str, Any]:
    body = {"topic": "offers", "addresses": [address]}
    answer = httpx.post(f"{stack['api']}/v1/links", json=body, headers=_key(stack), timeout=PATIENCE)
    link: dict[str, Any] = answer.raise_for_status().json()["links"][0]
    return link


def _check(stack: dict[str, Any], address: str) -> dict[str, Any]:
    body = {"topic": "offers", "addresses": [address]}
    answer = httpx.post(f"{stack['api']}/v1/check", json=body, headers=_key(stack), timeout=PATIENCE)
    result: dict[str, Any] = answer.raise_for_status().json()["results"][0]
    return result


def test_the_ready_file_names_all_resources_of_the_stack(stack: dict[str, Any]) -> None:
    assert stack["region"] == "us-east-1"
    assert {"PreferencesTable", "ControlTable", "FeedbackTopicArn", "FeedbackQueueUrl"} <= set(
        stack["outputs"]
    )
    assert {
        "unsubscribe",
        "opt-out-retry",
        "preferences",
        "platform",
        "agents",
        "feedback",
    } <= set(stack["outputs"]["functions"])
    assert stack["outputs"]["ApiUrl"] == stack["api"]


def test_a_minted_link_works_and_one_press_suppresses_the_mail(stack: dict[str, Any]) -> None:
    address = "grace@example.com"
    link = _links(stack, address)

    page = httpx.get(link["unsubscribe_url"], timeout=PATIENCE)
    before = _check(stack, address)
    press = httpx.post(link["unsubscribe_url"], data={"List-Unsubscribe": "One-Click"}, timeout=PATIENCE)

    assert (page.status_code, before["sendable"], press.status_code) == (200, True, 200)
    assert _check(stack, address)["sendable"] is False


def test_links_use_the_api_and_mailto_links_use_the_sample_domain(stack: dict[str, Any]) -> None:
    header = _links(stack, "edith@example.com")["headers"]["List-Unsubscribe"]

    assert f"<{stack['api']}/u/" in header
    assert "@mail.example.com" in header


def test_an_unknown_path_is_answered_with_a_page_or_a_problem(
    stack: dict[str, Any],
) -> None:
    page = httpx.get(f"{stack['api']}/nothing/here", timeout=PATIENCE)
    problem = httpx.get(f"{stack['api']}/v1/nothing", timeout=PATIENCE)

    assert page.status_code == problem.status_code == 404
    assert "This link doesn’t work" in page.text
    assert problem.headers["content-type"] == "application/problem+json"


def test_twenty_concurrent_people_all_get_an_answer(stack: dict[str, Any]) -> None:
    links = [_links(stack, f"person{n}@example.com")["unsubscribe_url"] for n in range(20)]

    with ThreadPoolExecutor(20) as people:
        answers = list(people.map(lambda url: httpx.post(url, timeout=PATIENCE).status_code, links))

    assert answers == [200] * 20


@pytest.mark.parametrize(
    ("button", "reason"),
    [("one-click", "topic_unsubscribed"), ("complaint", "complained"), ("bounce", "undeliverable")],
)
def test_a_button_of_the_local_page_reaches_the_record(
    stack: dict[str, Any], button: str, reason: str
) -> None:
    who = _links(stack, SAMPLE)["recipient"]  # the test of another button may have changed the record
    table = stack["outputs"]["PreferencesTable"]
    Clients(stack["aws"]).dynamodb.delete_item(TableName=table, Key={"id": {"S": who}})

    page = httpx.post(f"{stack['api']}/_local/{button}", timeout=PATIENCE, follow_redirects=True)

    assert page.status_code == 200
    assert f"No: {reason}." in page.text
    assert _check(stack, SAMPLE)["reason"] == reason


def test_a_queue_invokes_its_function_and_malformed_messages_go_to_the_dead_letter_queue(
    stack: dict[str, Any],
) -> None:
    sqs = make_session().client("sqs", endpoint_url=stack["aws"])
    sqs.send_message(QueueUrl=stack["outputs"]["FeedbackQueueUrl"], MessageBody="not a report")

    dead_letters = stack["outputs"]["FeedbackDeadLettersUrl"]
    messages = wait_until(lambda: sqs.receive_message(QueueUrl=dead_letters).get("Messages", []))

    assert [message["Body"] for message in messages] == ["not a report"]


def test_the_command_can_send_any_event_to_any_function(stack: dict[str, Any]) -> None:
    event = json.loads((ROOT / "events" / "unsubscribe-v2-head-request.json").read_text())
    name = stack["outputs"]["functions"]["unsubscribe"]

    assert invoke(Clients(stack["aws"]), name, event)["statusCode"] == 404  # a token of elsewhere


def test_the_time_to_live_of_the_template_is_enabled(stack: dict[str, Any]) -> None:
    table = stack["outputs"]["ControlTable"]
    answer = Clients(stack["aws"]).dynamodb.describe_time_to_live(TableName=table)

    assert answer["TimeToLiveDescription"]["TimeToLiveStatus"] == "ENABLED"


# `make run` below ends after a SIGTERM, with nothing left.
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM] if is_full() else [signal.SIGINT])
def test_a_stopped_stack_leaves_no_process_and_no_ready_file(start: Start, how: signal.Signals) -> None:
    running = start()
    stack = running.wait_until_ready()
    httpx.get(f"{stack['api']}/u/unknown", timeout=PATIENCE)  # so that there is a worker process
    with ThreadPoolExecutor(8) as people:  # they send requests while the stack ends
        statuses: list[int] = []
        clients = [people.submit(_send_until_it_ends, stack["api"], statuses) for _ in range(8)]
        wait_until(lambda: len(statuses) > 8)
        code = running.stop(how)

    assert code == 0, running.output
    assert [client.result() for client in clients] == [None] * 8
    assert _processes_of(running.home) == []
    assert not (running.home / "stack.json").exists()


def _send_until_it_ends(api: str, statuses: list[int]) -> None:
    """Sends requests until the stack does not answer any more, and records the statuses of the answers."""
    with httpx.Client(timeout=PATIENCE) as client:
        while True:
            try:
                statuses.append(client.get(f"{api}/u/unknown").status_code)
            except httpx.TransportError:
                return


def test_a_stack_that_is_stopped_during_its_start_leaves_no_process(start: Start) -> None:
    running = start()
    running.wait_for_output("Deploying")

    assert running.stop() == 0
    assert _processes_of(running.home) == []


def test_a_killed_stack_leaves_no_process_and_can_start_again(start: Start) -> None:
    ports = free_ports(2)
    killed = start(ports=ports)
    first = killed.wait_until_ready()

    killed.stop(signal.SIGKILL)
    wait_until(lambda: not _processes_of(killed.home))
    second = start(ports=ports).wait_until_ready()

    assert second["api"] == first["api"]
    assert second["api_key"] != first["api_key"]


def test_the_message_for_a_used_port_names_the_port_and_a_solution(start: Start) -> None:
    free, aws = free_ports(2)
    with socket.create_server(("127.0.0.1", aws)):
        running = start(ports=[free, aws])
        code = running.process.wait(PATIENCE)

    assert code == 3
    assert f"AWS_PORT {aws} cannot be used" in running.output
    assert "make run PORT=8001 AWS_PORT=4567" in running.output


def test_the_local_page_reads_a_table_of_several_pages_to_its_end(other_stack: dict[str, Any]) -> None:
    dynamodb, table = Clients(other_stack["aws"]).dynamodb, other_stack["outputs"]["LedgerTable"]
    for number in range(25):  # DynamoDB returns at most one megabyte at once
        words = ("subject", "id", "register", "outcome", "source")
        entry = {name: {"S": f"{name} {number}"} for name in words}
        numbers = {name: {"N": str(number)} for name in ("seq", "scope", "recorded_at")}
        evidence = {"evidence": {"S": "x" * 60_000}}
        dynamodb.put_item(TableName=table, Item={**entry, **numbers, **evidence})

    first, second = (
        httpx.get(f"{other_stack['api']}/_local/changes?page={page}", timeout=PATIENCE).text
        for page in (1, 2)
    )

    assert "1 to 20 of 25" in first and first.index("register 24") < first.index("register 5")
    assert "21 to 25 of 25" in second and second.index("register 4") < second.index("register 0")


def test_two_stacks_run_side_by_side(stack: dict[str, Any], other_stack: dict[str, Any]) -> None:
    address = "katherine@example.com"

    httpx.post(_links(stack, address)["unsubscribe_url"], timeout=PATIENCE).raise_for_status()

    assert _check(stack, address)["sendable"] is False
    assert _check(other_stack, address)["sendable"] is True


def test_make_run_prints_a_working_link_and_ends_after_a_signal() -> None:
    """This test uses the `.local` of the project, as a new user does, with its own ports."""
    port, aws_port = free_ports(2)
    folder = ROOT / ".local" / str(port)
    command = ["make", "run", f"PORT={port}", f"AWS_PORT={aws_port}"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as make:
        assert make.stdout is not None
        try:
            link = next(match[0] for line in make.stdout if (match := re.search(r"http\S+/u/\S+", line)))
            status = httpx.get(link, timeout=PATIENCE).status_code
            ready_file = json.loads((folder / "stack.json").read_text())
        finally:
            make.terminate()
            last_output = make.stdout.read()

    assert status == 200
    assert ready_file["api"] == f"http://127.0.0.1:{port}"
    assert "Stopped." in last_output
    assert _processes_of(folder) == []
    shutil.rmtree(folder)
