"""The checks of a stack's own links, with a stack on this machine that has the fault."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

from heed import clock
from heed.adapters.stack import AwsAccess
from heed.doctor.findings import CheckName, CheckOutcome, DoctorFinding
from heed.doctor.stack import examine_stack
from heed.doctor.stack_links import find_topic
from heed.domain.api_key import KEY_PREFIX
from heed.domain.recipients.recipient import DOCTOR_RECIPIENT
from heed.domain.rfc3339 import format_time
from heed.entrypoints.cli.failure import CommandFailure
from heed.entrypoints.cli.stack import Stack
from tests.support.doctor_servers import Answer, WebServer, http_answer, json_answer, web_server

OK, WARNING, FAULT = CheckOutcome
KEY = KEY_PREFIX + "k" * 43
TOPICS = [
    {"name": "old", "kind": "marketing", "retired": True},
    {"name": "orders", "kind": "service", "retired": False},
    {"name": "offers", "kind": "marketing", "retired": False},
]


def _state(since: str | None, *, sendable: bool = False) -> bytes:
    return json_answer({"results": [{"sendable": sendable, "reason": "", "since": since}]})


@contextmanager
def stack(answers: Mapping[str, Answer] | None = None) -> Iterator[tuple[Stack, WebServer]]:
    with web_server() as server:
        server.answers |= {
            "GET /v1/topics": json_answer({"brands": [], "topics": TOPICS}),
            "POST /v1/links": json_answer({"links": [{"unsubscribe_url": server.url}]}),
            "POST /v1/check": _state(format_time(clock.now())),
            "GET /u/token": http_answer(headers={"Tk": "N"}),
            **(answers or {}),
        }
        base = server.url.removesuffix("/u/token")
        access = AwsAccess(base, "us-east-1")
        yield Stack({"ApiUrl": base, "Version": "0.1.0"}, dict, KEY, lambda: access, dict, None), server


def examine(stack: Stack, *, presses: bool = False) -> dict[CheckName, DoctorFinding]:
    findings = examine_stack(stack, lambda _: [], presses=presses, sends=False)
    return {finding.name: finding for finding in findings}


def faults(answers: Mapping[str, Answer] | None = None, *, presses: bool = False) -> dict[str, CheckOutcome]:
    """Returns the faults of a local stack with these answers, but for its plain http."""
    with stack(answers) as (examined, _):
        found = examine(examined, presses=presses)
    results = {name.value: finding.result for name, finding in found.items() if finding.result != OK}
    assert results.pop("url") is WARNING
    return results


def test_a_stack_that_works_passes() -> None:
    assert faults() == faults(presses=True) == {}


def test_the_link_is_of_the_recipient_of_the_doctor_and_is_not_pressed() -> None:
    with stack() as (examined, server):
        examine(examined)

    posts = [request for request in server.requests if request.startswith(b"POST")]
    assert [request.split(b" ")[1] for request in posts] == [b"/v1/links", b"/v1/check", b"/v1/check"]
    for request in posts:
        body = json.loads(request.partition(b"\r\n\r\n")[2])
        assert body == {"topic": "offers", "recipients": [DOCTOR_RECIPIENT]}


def test_a_press_has_both_forms_and_is_read_back() -> None:
    with stack() as (examined, server):
        found = examine(examined, presses=True)

    assert server.methods.count("POST") == 6
    assert found[CheckName.PRESS_RECORDED].seen == "the press is on record"


@pytest.mark.parametrize(
    "state",
    [_state(None, sendable=True), _state(None), _state("2026-03-05T09:12:44Z")],
    ids=["sendable", "no state", "an old state"],
)
def test_a_press_that_is_answered_and_not_recorded_is_a_fault(state: bytes) -> None:
    assert faults({"POST /v1/check": state}, presses=True) == {"press-recorded": FAULT}


def test_a_press_that_the_stack_refuses_is_a_fault() -> None:
    found = faults({"POST /u/token": http_answer("500 Error")}, presses=True)

    assert found == {"press-form": FAULT, "press-multipart": FAULT}


def test_a_link_at_another_host_than_the_stack_is_a_fault() -> None:
    with web_server({"GET": http_answer(headers={"Tk": "N"})}) as other:
        url = other.url.replace("localhost", "127.0.0.1")
        assert faults({"POST /v1/links": json_answer({"links": [{"unsubscribe_url": url}]})}) == {
            "link": FAULT
        }


def test_a_link_whose_opening_changes_the_record_is_a_fault() -> None:
    with stack() as (examined, server):
        good = http_answer(headers={"Tk": "N"})

        def change(connection: object) -> None:
            server.answers["POST /v1/check"] = _state("2026-03-05T09:12:44Z")
            connection.sendall(good)  # type: ignore[attr-defined]

        server.answers["GET /u/token"] = change
        found = examine(examined)

    assert found[CheckName.LINK_OPENED].result is FAULT


def test_a_page_without_its_tracking_status_is_a_warning() -> None:
    assert faults({"GET /u/token": http_answer()}) == {"tracking-status": WARNING}


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("GET /v1/topics", json_answer({"title": "Not authenticated"}, "401 Unauthorized")),
        ("POST /v1/links", json_answer({"title": "Not authorised"}, "403 Forbidden")),
        ("POST /v1/check", b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnone"),
        ("GET /v1/topics", json_answer({"topics": []})),
    ],
)
def test_what_the_api_does_not_answer_is_not_checked_and_the_rest_is(path: str, answer: bytes) -> None:
    with stack({path: answer}) as (examined, _):
        found = examine(examined)

    assert [name for name, finding in found.items() if not finding.is_checked] == [CheckName.LINK]
    assert found[CheckName.PARAMETERS].result is OK
    assert KEY not in str(found)


def test_the_local_stack_has_no_checks_of_an_account() -> None:
    with stack() as (examined, _):
        found = examine(examined)

    assert not {CheckName.SES_IDENTITY, CheckName.KEYS, CheckName.ALARMS} & set(found)


def test_in_an_account_that_answers_nothing_each_check_says_so_and_the_next_is_made() -> None:
    denied = json_answer({"message": "no"}, "403 Forbidden", "AccessDenied")
    with stack({"GET": denied, "POST": denied}) as (local, _):
        outputs = {**local.outputs, "LedgerBucket": "b", "AlarmTopicArn": "a", "FeedbackTopicArn": "f"}
        parameters = {"MailFrom": "p@example.com", "ConfigurationSet": "c"}
        deployed = Stack(outputs, dict, KEY, local.access, lambda: parameters, "heed")
        found = examine(deployed)

    unchecked = {name.value for name, finding in found.items() if not finding.is_checked}
    assert {"keys", "point-in-time-recovery", "object-lock", "alarms", "lambda-concurrency"} <= unchecked
    assert {"ses-identity", "configuration-set", "ses-sandbox", "suppression-list"} <= unchecked
    assert CheckName.FEEDBACK not in found, "nothing is sent without --send"


def test_a_brand_without_a_topic_of_marketing_has_no_link() -> None:
    answer = json_answer({"topics": TOPICS[:2]})
    with stack({"GET /v1/topics": answer}) as (examined, _), pytest.raises(CommandFailure):
        find_topic(examined)
