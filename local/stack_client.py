"""The marketing platform of the sample brand. It uses the running stack as any client does."""

from __future__ import annotations

import json
import secrets
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from heed import clock
from local import outbox, sample, unfinished_work
from local.functions import invoke
from local.inbound_mail import make_notice
from local.mails import parse_mail
from local.plain_http import make_client
from local.tables import scan

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from email.message import EmailMessage

    import httpx

    from local.aws import Clients
    from local.inbound_mail import LocalMail
    from local.listing import Item
    from local.ready import StackAnnouncement

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
FEEDBACK_SECONDS = 5
MAIL_SECONDS = 60  # a process starts for the first mail; on a busy machine this takes long


class LocalStackClient:
    """Creates links, calls the check, sends feedback and reads the stored items."""

    def __init__(self, stack: StackAnnouncement, clients: Clients) -> None:
        self._stack = stack
        self._clients = clients
        self._http = make_client(stack.api, {"authorization": f"Bearer {stack.api_key}"})
        self._aws = make_client(stack.aws)

    def make_mail(self) -> sample.SampleMail:
        """Returns the sample mail with new links, as the platform creates them before it sends."""
        body = {
            "topic": sample.TOPIC,
            "addresses": [sample.ADDRESS],
            "campaign": sample.CAMPAIGN,
        }
        answer = self._http.post("/v1/links", json=body).raise_for_status().json()
        return sample.make_sample_mail(answer["links"][0], datetime.now(UTC))

    def link_opens(self, mail: sample.SampleMail) -> bool:
        """Returns whether the link of the mail opens its page. Opening it changes nothing."""
        return self._http.get(mail.unsubscribe_url).is_success

    def check(self) -> dict[str, Any]:
        """Returns whether the sample topic may be sent to the sample address."""
        body = {"topic": sample.TOPIC, "addresses": [sample.ADDRESS]}
        answer = self._http.post("/v1/check", json=body).raise_for_status().json()
        result: dict[str, Any] = answer["results"][0]
        return result

    def press_one_click(self, url: str) -> int:
        """Posts to a URL like the button of a mail client (RFC 8058), and returns the answer's status.

        The request has neither cookies nor the API key: the link itself is the credential.
        """
        with make_client() as client:
            return client.post(url, data=ONE_CLICK).status_code

    def send_feedback(self, make_event: Callable[[sample.SampleMail, datetime], Mapping[str, Any]]) -> bool:
        """Publishes an event as SES does. Returns whether it changed the record within some seconds."""
        mail = self.make_mail()
        before = self._read_record(mail.recipient)
        self.report(make_event(mail, datetime.now(UTC)))
        return _wait_until(lambda: self._read_record(mail.recipient) != before, FEEDBACK_SECONDS)

    def report(self, event: Mapping[str, Any]) -> None:
        """Publishes an event about a mail that was sent, as SES does."""
        topic = self._stack.outputs["FeedbackTopicArn"]
        self._clients.sns.publish(TopicArn=topic, Message=json.dumps(event))

    def deliver(self, mail: LocalMail) -> bool:
        """Hands in a mail.

        Returns:
            Whether the mailbox handled the mail within a minute. It deletes a handled mail.
        """
        bucket, key = self._stack.outputs["MailboxBucket"], self.hand_in(mail)
        stored = self._clients.s3.list_objects_v2
        return _wait_until(lambda: "Contents" not in stored(Bucket=bucket, Prefix=key), MAIL_SECONDS)

    def hand_in(self, mail: LocalMail) -> str:
        """Stores a mail and publishes the notice about it, as the receipt rule of SES does.

        Returns:
            The key of the stored mail.
        """
        bucket = self._stack.outputs["MailboxBucket"]
        notice = make_notice(mail, secrets.token_hex(20), bucket, clock.now())
        key: str = notice["receipt"]["action"]["objectKey"]
        self._clients.s3.put_object(Bucket=bucket, Key=key, Body=mail.raw)
        self._clients.sns.publish(TopicArn=self._stack.outputs["MailboxTopicArn"], Message=json.dumps(notice))
        return key

    def has_unfinished_work(self) -> bool:
        """Returns whether functions run, or have changes and messages to handle."""
        answer = self._aws.get(unfinished_work.PATH)
        return bool(answer.raise_for_status().json()["unfinished"])

    def run_schedules(self) -> None:
        """Calls each function that has a schedule, as the scheduler of AWS does."""
        scheduler = self._clients.scheduler
        for listed in scheduler.list_schedules()["Schedules"]:
            schedule = scheduler.get_schedule(Name=listed["Name"], GroupName=listed["GroupName"])
            target = schedule["Target"]
            invoke(self._clients, target["Arn"], json.loads(target.get("Input", "{}")))

    def cases(self) -> list[Item]:
        """Returns all cases that wait for a decision: the answers of `GET /v1/cases`."""
        cases: list[Item] = []
        query: dict[str, str] = {}
        while True:
            page = self._http.get("/v1/cases", params=query).raise_for_status().json()
            cases += page["cases"]
            if page["cursor"] is None:
                return cases
            query = {"cursor": page["cursor"]}

    def look_up(self, person: Mapping[str, str]) -> dict[str, Any]:
        """Returns all that is on record about a person: the answer of `POST /v1/recipients/lookup`."""
        answer: dict[str, Any] = (
            self._http.post("/v1/recipients/lookup", json=person).raise_for_status().json()
        )
        return answer

    def records(self) -> list[Item]:
        """Returns all items of the preferences table."""
        return scan(self._stack.aws, self._stack.outputs["PreferencesTable"])

    def entries(self) -> list[Item]:
        """Returns all entries of the ledger."""
        return scan(self._stack.aws, self._stack.outputs["LedgerTable"])

    def sent_mails(self) -> list[Item]:
        """Returns what a list of mails shows of each mail that the functions sent."""
        mails: list[Item] = self._read_outbox("").raise_for_status().json()
        return mails

    def sent_mail(self, message_id: str) -> EmailMessage | None:
        """Returns a mail that the functions sent, or None if there is none with this id."""
        answer = self._read_outbox(f"/{quote(message_id, safe='')}")
        return None if answer.status_code == 404 else parse_mail(answer.raise_for_status().content)

    def _read_outbox(self, path: str) -> httpx.Response:
        return self._aws.get(f"{outbox.PATH}{path}")

    def _read_record(self, recipient: str) -> dict[str, Any]:
        answer = self._clients.dynamodb.get_item(
            TableName=self._stack.outputs["PreferencesTable"],
            Key={"id": {"S": recipient}},
            ConsistentRead=True,
        )
        return dict(answer.get("Item", {}))


def _wait_until(look: Callable[[], bool], seconds: float) -> bool:
    """Returns whether something happened within some seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if look():
            return True
        time.sleep(0.1)
    return False
