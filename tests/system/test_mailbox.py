"""A mail to the mailbox takes its real way on the local stack: bucket, topic, queue, function."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx
import pytest

from heed import clock
from local.aws import Clients
from local.inbound_mail import CHILD, LocalMail, make_notice
from local.sample import ADDRESS
from tests.system.running import PATIENCE, wait_until

pytestmark = pytest.mark.system

Stack = dict[str, Any]


def _look_up(stack: Stack, address: str) -> dict[str, Any]:
    key = {"authorization": f"Bearer {stack['api_key']}"}
    answer = httpx.post(
        f"{stack['api']}/v1/recipients/lookup", json={"address": address}, headers=key, timeout=PATIENCE
    )
    found: dict[str, Any] = answer.raise_for_status().json()
    return found


def _changes_by_mail(stack: Stack, address: str) -> set[tuple[str, str, str]]:
    """Returns register, scope and source of each fact that mails caused."""
    facts = {
        (fact["register"], fact["scope"], fact["source"]) for fact in _look_up(stack, address)["registers"]
    }
    return {fact for fact in facts if fact[2] in ("mailto", "mailbox")}


def _press(stack: Stack, button: str) -> str:
    page = httpx.post(f"{stack['api']}/_local/{button}", timeout=PATIENCE, follow_redirects=True)
    assert page.status_code == 200
    return page.text


def test_a_mail_in_the_bucket_is_acted_on(stack: Stack) -> None:
    aws, outputs, address = Clients(stack["aws"]), stack["outputs"], "dropped@example.com"
    raw = f"From: {address}\r\nSubject: unsubscribe\r\n\r\nunsubscribe\r\n".encode()
    bucket = outputs["MailboxBucket"]
    notice = make_notice(LocalMail(raw), "dropped", bucket, clock.now())

    start = time.perf_counter()
    aws.s3.put_object(Bucket=bucket, Key="inbound/dropped", Body=raw)
    aws.sns.publish(TopicArn=outputs["MailboxTopicArn"], Message=json.dumps(notice))
    facts = wait_until(lambda: _changes_by_mail(stack, address))
    seconds = time.perf_counter() - start
    print(f"\nA mail in the bucket was acted on after {seconds:.1f} s.")  # noqa: T201 - shown by pytest -s

    assert facts == {("out", "*", "mailbox")}
    wait_until(lambda: "Contents" not in aws.s3.list_objects_v2(Bucket=bucket, Prefix="inbound/dropped"))


@pytest.mark.parametrize(
    ("button", "address", "fact"),
    [
        ("apple", ADDRESS, ("out", "offers", "mailto")),
        ("reply", ADDRESS, ("out", "*", "mailbox")),
        ("parent", CHILD, ("pause", "*", "mailbox")),
    ],
)
def test_a_sample_mail_of_the_local_page_reaches_the_record(
    stack: Stack, button: str, address: str, fact: tuple[str, str, str]
) -> None:
    _press(stack, button)

    wait_until(lambda: fact in _changes_by_mail(stack, address))


def test_a_parents_report_waits_for_a_person_and_the_local_page_shows_it(stack: Stack) -> None:
    _press(stack, "parent")

    recipient = _look_up(stack, CHILD)["recipient"]
    cases = f"{stack['api']}/_local/cases?q={recipient}"
    wait_until(lambda: "A report of a child" in httpx.get(cases, timeout=PATIENCE).text)


def test_the_verdicts_of_the_form_decide_what_the_mail_does(stack: Stack) -> None:
    def send(address: str, dmarc: str) -> None:
        mail = f"From: {address}\n\nunsubscribe"
        files = {name: (None, value) for name, value in (("mail", mail), ("dmarc", dmarc))}
        httpx.post(f"{stack['api']}/_local/deliver", files=files, timeout=PATIENCE)

    send("doubted@example.com", "FAIL")
    send("trusted@example.com", "GRAY")

    wait_until(lambda: _changes_by_mail(stack, "trusted@example.com"))
    mails = f"{stack['api']}/_local/mails?q=doubted@example.com"
    wait_until(lambda: "1 to 1 of 1" in httpx.get(mails, timeout=PATIENCE).text)
    assert _changes_by_mail(stack, "doubted@example.com") == set()
