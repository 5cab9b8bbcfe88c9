"""`make run`: it starts, works, and ends without a trace."""

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

from local.aws import Clients, session
from local.functions import invoke
from tests.system.running import PATIENCE, ROOT, Running, free_ports, soon

pytestmark = pytest.mark.system

SAMPLE = "ada@example.com"
Start = Callable[..., Running]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Running] = []

    def start_one(home: str = "home", ports: list[int] | None = None) -> Running:
        started.append(Running(tmp_path / home, *(ports or free_ports(2))))
        return started[-1]

    yield start_one
    for each in started:
        each.stop()


def _processes_of(home: Path) -> list[str]:
    """Every process that works in a stack's folder: the emulator's environment names it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environment = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
        except OSError:
            continue  # ended meanwhile, or another person's
        if str(home).encode() in environment:
            found.append(process.name)
    return found


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


def test_a_started_stack_says_where_everything_is(stack: dict[str, Any]) -> None:
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


def test_a_minted_link_opens_and_one_press_stops_the_mail(stack: dict[str, Any]) -> None:
    address = "grace@example.com"
    link = _links(stack, address)

    page = httpx.get(link["unsubscribe_url"], timeout=PATIENCE)
    before = _check(stack, address)
    press = httpx.post(link["unsubscribe_url"], data={"List-Unsubscribe": "One-Click"}, timeout=PATIENCE)

    assert (page.status_code, before["sendable"], press.status_code) == (200, True, 200)
    assert _check(stack, address)["sendable"] is False


def test_links_lead_to_the_front_and_mail_links_to_the_sample_domain(stack: dict[str, Any]) -> None:
    header = _links(stack, "edith@example.com")["headers"]["List-Unsubscribe"]

    assert f"<{stack['api']}/u/" in header
    assert "@mail.example.com" in header


def test_a_path_that_is_not_there_answers_with_the_page_or_the_problem_that_says_so(
    stack: dict[str, Any],
) -> None:
    page = httpx.get(f"{stack['api']}/nothing/here", timeout=PATIENCE)
    problem = httpx.get(f"{stack['api']}/v1/nothing", timeout=PATIENCE)

    assert page.status_code == problem.status_code == 404
    assert "This link does not work" in page.text
    assert problem.headers["content-type"] == "application/problem+json"


def test_twenty_people_at_once_are_all_answered(stack: dict[str, Any]) -> None:
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
    who = _links(stack, SAMPLE)["recipient"]  # another button's test may have pressed before
    table = stack["outputs"]["PreferencesTable"]
    Clients(stack["aws"]).dynamodb.delete_item(TableName=table, Key={"id": {"S": who}})

    page = httpx.post(f"{stack['api']}/_local/{button}", timeout=PATIENCE, follow_redirects=True)

    assert page.status_code == 200
    assert f"No: {reason}." in page.text
    assert _check(stack, SAMPLE)["reason"] == reason


def test_a_queue_drives_its_function_and_what_nobody_understands_is_kept(
    stack: dict[str, Any],
) -> None:
    sqs = session().client("sqs", endpoint_url=stack["aws"])
    sqs.send_message(QueueUrl=stack["outputs"]["FeedbackQueueUrl"], MessageBody="not a report")

    dead = stack["outputs"]["FeedbackDeadLettersUrl"]
    kept = soon(lambda: sqs.receive_message(QueueUrl=dead).get("Messages", []))

    assert [message["Body"] for message in kept] == ["not a report"]


def test_any_event_can_be_thrown_at_any_function(stack: dict[str, Any]) -> None:
    event = json.loads((ROOT / "events" / "unsubscribe-v2-head-request.json").read_text())
    name = stack["outputs"]["functions"]["unsubscribe"]

    assert invoke(Clients(stack["aws"]), name, event)["statusCode"] == 404  # a token of elsewhere


def test_expired_items_are_forgotten_as_the_template_says(stack: dict[str, Any]) -> None:
    table = stack["outputs"]["ControlTable"]
    answer = Clients(stack["aws"]).dynamodb.describe_time_to_live(TableName=table)

    assert answer["TimeToLiveDescription"]["TimeToLiveStatus"] == "ENABLED"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_stack_leaves_no_process_and_no_announcement(start: Start, how: signal.Signals) -> None:
    running = start()
    stack = running.ready()
    httpx.get(f"{stack['api']}/u/unknown", timeout=PATIENCE)  # so that there is a worker to end
    with ThreadPoolExecutor(8) as people:  # who go on asking while it ends
        answered: list[int] = []
        asked = [people.submit(_ask_until_it_ends, stack["api"], answered) for _ in range(8)]
        soon(lambda: len(answered) > 8)
        code = running.stop(how)

    assert code == 0, running.output
    assert [each.result() for each in asked] == [None] * 8
    assert _processes_of(running.home) == []
    assert not (running.home / "stack.json").exists()


def _ask_until_it_ends(api: str, answered: list[int]) -> None:
    """Requests, with the statuses of their answers, until nobody answers any more."""
    with httpx.Client(timeout=PATIENCE) as client:
        while True:
            try:
                answered.append(client.get(f"{api}/u/unknown").status_code)
            except httpx.TransportError:
                return


def test_a_stack_that_is_stopped_while_it_starts_leaves_nothing_either(start: Start) -> None:
    running = start()
    running.printed("Deploying")

    assert running.stop() == 0
    assert _processes_of(running.home) == []


def test_a_killed_stack_leaves_no_process_and_can_be_started_again(start: Start) -> None:
    ports = free_ports(2)
    killed = start(ports=ports)
    first = killed.ready()

    killed.stop(signal.SIGKILL)
    soon(lambda: not _processes_of(killed.home))
    second = start(ports=ports).ready()

    assert second["api"] == first["api"]
    assert second["api_key"] != first["api_key"]


def test_a_taken_port_is_named_with_the_way_out(start: Start) -> None:
    free, aws = free_ports(2)
    with socket.create_server(("127.0.0.1", aws)):
        running = start(ports=[free, aws])
        code = running.process.wait(PATIENCE)

    assert code == 3
    assert f"AWS_PORT {aws} cannot be had" in running.output
    assert "make run PORT=8001 AWS_PORT=4567" in running.output


def test_two_stacks_run_side_by_side(stack: dict[str, Any], start: Start) -> None:
    other = start().ready()
    address = "katherine@example.com"

    httpx.post(_links(other, address)["unsubscribe_url"], timeout=PATIENCE).raise_for_status()

    assert _check(other, address)["sendable"] is False
    assert _check(stack, address)["sendable"] is True


def test_make_run_prints_a_working_link_and_ends_on_a_signal() -> None:
    """Starts in the project's own `.local`, as a newcomer does, on ports of its own."""
    port, aws_port = free_ports(2)
    folder = ROOT / ".local" / str(port)
    command = ["make", "run", f"PORT={port}", f"AWS_PORT={aws_port}"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as make:
        assert make.stdout is not None
        try:
            link = next(found[0] for line in make.stdout if (found := re.search(r"http\S+/u/\S+", line)))
            opened = httpx.get(link, timeout=PATIENCE).status_code
            own = json.loads((folder / "stack.json").read_text())
        finally:
            make.terminate()
            rest = make.stdout.read()

    assert opened == 200
    assert own["api"] == f"http://127.0.0.1:{port}"
    assert "Stopped." in rest
    assert _processes_of(folder) == []
    shutil.rmtree(folder)
