"""The sample brand's marketing platform: it speaks to the running stack as any client would."""

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
    from local.ready import Stack

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
ITEMS_SHOWN = 50
PATIENCE_SECONDS = 5


class Sender:
    """Mints links, asks the check, sends feedback, and looks at what is stored."""

    def __init__(self, stack: Stack, clients: Clients) -> None:
        self._stack = stack
        self._clients = clients
        self._http = httpx.Client(
            base_url=stack.api,
            headers={"authorization": f"Bearer {stack.api_key}"},
            timeout=30,
            trust_env=False,  # a proxy of this machine's has nothing to do with it
        )

    def mail(self) -> sample.SampleMail:
        """The sample mail with links minted now, as the platform would at sending."""
        body = {
            "topic": sample.TOPIC,
            "addresses": [sample.ADDRESS],
            "campaign": sample.CAMPAIGN,
        }
        answer = self._http.post("/v1/links", json=body).raise_for_status().json()
        return sample.sample_mail(answer["links"][0], datetime.now(UTC))

    def opens(self, mail: sample.SampleMail) -> bool:
        """Whether the mail's link shows its page; that changes nothing."""
        return self._http.get(mail.unsubscribe_url).is_success

    def check(self) -> dict[str, Any]:
        """Whether the sample address may be sent the sample topic."""
        body = {"topic": sample.TOPIC, "addresses": [sample.ADDRESS]}
        answer = self._http.post("/v1/check", json=body).raise_for_status().json()
        result: dict[str, Any] = answer["results"][0]
        return result

    def press_one_click(self) -> int:
        """Press the mail client's own button as RFC 8058 has it; the status of the answer.

        From a client without cookies and without the key: the link itself is the credential.
        """
        return httpx.post(self.mail().one_click_url, data=ONE_CLICK, timeout=30, trust_env=False).status_code

    def feedback(self, make: Callable[[sample.SampleMail, datetime], Mapping[str, Any]]) -> bool:
        """Publish what SES would; whether it reached the record within some seconds."""
        mail = self.mail()
        before = self._record(mail.recipient)
        self._clients.sns.publish(
            TopicArn=self._stack.outputs["FeedbackTopicArn"],
            Message=json.dumps(make(mail, datetime.now(UTC))),
        )
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            if self._record(mail.recipient) != before:
                return True
            time.sleep(0.1)
        return False

    def preferences(self) -> list[dict[str, Any]]:
        """The first items of the preferences table, as Python values."""
        return self._items("PreferencesTable")

    def ledger(self) -> list[dict[str, Any]]:
        """The first entries of the ledger, as Python values."""
        return self._items("LedgerTable")

    def sent(self) -> list[dict[str, Any]]:
        """The mails that the functions gave to SES, newest first, as the emulator keeps them."""
        url = f"{self._stack.aws}/_ministack/ses/messages"
        accounts = httpx.get(url, timeout=30, trust_env=False).raise_for_status().json()
        mails = [mail for account in accounts["messages"].values() for mail in account]
        return list(reversed(mails))

    def _items(self, table: str) -> list[dict[str, Any]]:
        answer = self._clients.dynamodb.scan(TableName=self._stack.outputs[table], Limit=ITEMS_SHOWN)
        read = TypeDeserializer().deserialize
        return [{name: read(value) for name, value in item.items()} for item in answer["Items"]]

    def _record(self, recipient: str) -> dict[str, Any]:
        answer = self._clients.dynamodb.get_item(
            TableName=self._stack.outputs["PreferencesTable"],
            Key={"id": {"S": recipient}},
            ConsistentRead=True,
        )
        return dict(answer.get("Item", {}))
