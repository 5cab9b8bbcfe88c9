"""The marketing platform of the sample brand. It uses the running stack as any client does."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
from boto3.dynamodb.types import TypeDeserializer

from local import sample

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from local.aws import Clients
    from local.ready import StackAnnouncement

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
ITEMS_SHOWN = 50
FEEDBACK_SECONDS = 5


class Sender:
    """Creates links, calls the check, sends feedback and reads the stored items."""

    def __init__(self, stack: StackAnnouncement, clients: Clients) -> None:
        self._stack = stack
        self._clients = clients
        self._http = httpx.Client(
            base_url=stack.api,
            headers={"authorization": f"Bearer {stack.api_key}"},
            timeout=30,
            trust_env=False,  # no proxy for this machine
        )

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

    def press_one_click(self) -> int:
        """Posts to the link like the button of a mail client (RFC 8058), and returns the answer's status.

        The request has neither cookies nor the API key: the link itself is the credential.
        """
        return httpx.post(
            self.make_mail().one_click_url, data=ONE_CLICK, timeout=30, trust_env=False
        ).status_code

    def send_feedback(self, make_event: Callable[[sample.SampleMail, datetime], Mapping[str, Any]]) -> bool:
        """Publishes an event as SES does. Returns whether it changed the record within some seconds."""
        mail = self.make_mail()
        before = self._read_record(mail.recipient)
        self._clients.sns.publish(
            TopicArn=self._stack.outputs["FeedbackTopicArn"],
            Message=json.dumps(make_event(mail, datetime.now(UTC))),
        )
        end = time.monotonic() + FEEDBACK_SECONDS
        while time.monotonic() < end:
            if self._read_record(mail.recipient) != before:
                return True
            time.sleep(0.1)
        return False

    def preferences(self) -> list[dict[str, Any]]:
        """Returns the first items of the preferences table as Python values."""
        return self._read_items("PreferencesTable")

    def ledger(self) -> list[dict[str, Any]]:
        """Returns the first entries of the ledger as Python values."""
        return self._read_items("LedgerTable")

    def sent_mails(self) -> list[dict[str, Any]]:
        """Returns the mails that the functions sent through the emulator's SES, newest first."""
        url = f"{self._stack.aws}/_ministack/ses/messages"
        accounts = httpx.get(url, timeout=30, trust_env=False).raise_for_status().json()
        mails = [mail for account in accounts["messages"].values() for mail in account]
        return list(reversed(mails))

    def _read_items(self, table: str) -> list[dict[str, Any]]:
        answer = self._clients.dynamodb.scan(TableName=self._stack.outputs[table], Limit=ITEMS_SHOWN)
        deserialize = TypeDeserializer().deserialize
        return [{name: deserialize(value) for name, value in item.items()} for item in answer["Items"]]

    def _read_record(self, recipient: str) -> dict[str, Any]:
        answer = self._clients.dynamodb.get_item(
            TableName=self._stack.outputs["PreferencesTable"],
            Key={"id": {"S": recipient}},
            ConsistentRead=True,
        )
        return dict(answer.get("Item", {}))
