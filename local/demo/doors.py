"""The doors through which people and companies reach a deployment. The demo has no other way in."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlencode

from heed.domain.api_key import KeyScope
from local.mails import get_part
from local.plain_http import make_client
from local.problem import LocalProblem
from local.sample import make_sample_mail

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from heed.adapters.dynamodb.api_keys import ApiKeys
    from heed.domain.api_key import KeyScope
    from local.demo.people import InventedPerson
    from local.sample import SampleMail
    from local.stack_client import LocalStackClient

_BROWSER = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
_FORM = {"content-type": "application/x-www-form-urlencoded"}
_SIGNAL = {"Sec-GPC": "1"}
_JOB_SECONDS = 60
_UNDO = re.compile(r'<form method="post" action="([^"]*)"[^>]*><button[^>]*name="undo" value="([^"]*)"')
_MOST_ADDRESSES = 1_000  # of a request
_RESTS = ("previewed", "done", "failed", "cancelled")


class KeyHolder:
    """Somebody who calls the API with a key: the marketing platform, the call centre, the privacy office."""

    def __init__(self, url: str, key: str) -> None:
        self._http = make_client(url, {"authorization": f"Bearer {key}"}, timeout=60)

    @classmethod
    def with_new_key(
        cls, url: str, keys: ApiKeys, name: str, owner: str, scopes: Collection[KeyScope]
    ) -> Self:
        """Creates a key, as `heed keys create` does."""
        return cls(url, keys.create(name, owner=owner, scopes=scopes)[1])

    def post(self, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        """Returns the answer to a request with a body."""
        answer: dict[str, Any] = self._http.post(path, json=body).raise_for_status().json()
        return answer

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """Returns the answer to a request without a body."""
        answer: dict[str, Any] = self._http.get(path, params=query).raise_for_status().json()
        return answer

    def check(self, topic: str, people: Iterable[InventedPerson]) -> list[dict[str, Any]]:
        """Returns for each person whether mail of a topic may be sent now, and why not."""
        batches = _in_batches([person.address for person in people])
        answers = (self.post("/v1/check", {"topic": topic, "addresses": batch}) for batch in batches)
        return [result for answer in answers for result in answer["results"]]

    def list_sendable(self, topic: str, people: Iterable[InventedPerson]) -> list[str]:
        """Returns the addresses of the people to whom mail of a topic may be sent now."""
        return [result["address"] for result in self.check(topic, people) if result["sendable"]]

    def make_mails(
        self, topic: str, campaign: str, addresses: Collection[str], sent: datetime
    ) -> list[SampleMail]:
        """Returns the mails of a campaign, each with its own links."""
        body = {"topic": topic, "campaign": campaign}
        answers = (self.post("/v1/links", {**body, "addresses": batch}) for batch in _in_batches(addresses))
        return [make_sample_mail(link, sent) for answer in answers for link in answer["links"]]

    def upload(self, path: str, body: Mapping[str, object], content: str) -> dict[str, Any]:
        """Creates a job, uploads its file, and returns the job when it waits or is done."""
        created = self.post(path, body)
        upload = created["upload"]
        with make_client(timeout=60) as client:
            client.put(upload["url"], content=content, headers=upload["headers"]).raise_for_status()
        return self.wait_for_job(created["job"])

    def wait_for_job(self, job: str) -> dict[str, Any]:
        """Returns a job when it waits for a commit or is done.

        Raises:
            LocalProblem: It does neither.
        """
        end = time.monotonic() + _JOB_SECONDS
        while (state := self.get(f"/v1/jobs/{job}"))["state"] not in _RESTS:
            if time.monotonic() > end:
                raise LocalProblem("a job of the demo does not end", "see the log of the emulator")
            time.sleep(0.1)
        return state


class Reader:
    """Somebody who reads mail. The requests have no key: the link is the credential."""

    def __init__(self, client: LocalStackClient, url: str) -> None:
        self._client = client
        self._http = make_client(url, _BROWSER, timeout=60)

    def press_one_click(self, mail: SampleMail) -> None:
        """Uses the unsubscribe button of the mail client."""
        self._client.press_one_click(mail.unsubscribe_url)

    def stop_on_page(self, mail: SampleMail, what: str) -> None:
        """Opens the unsubscribe link, and presses a button of its page: `this` topic, or `all`."""
        self._open(mail.unsubscribe_url)
        self._send(mail.unsubscribe_url, {"scope": what})

    def stop_and_undo(self, mail: SampleMail) -> None:
        """Presses a button of the page, and takes it back on the page that follows."""
        self._open(mail.unsubscribe_url)
        page = self._send(mail.unsubscribe_url, {"scope": "this"})
        form = _UNDO.search(page)
        if form is None:
            raise LocalProblem("a page offers no undo", "see local/demo/doors.py")
        self._send(form[1].replace("&amp;", "&"), {"undo": form[2]})

    def choose(self, mail: SampleMail, without: str) -> None:
        """Opens the preference centre, and turns a topic off."""
        page = self._open(mail.preferences_url)
        fields = []
        for tag in re.findall(r'<input type="(?:hidden|checkbox)"[^>]*>', page):
            name, value = re.findall('(?:name|value)="([^"]*)"', tag)
            if "hidden" in tag or (" checked" in tag and name != f"topic.{without}"):
                fields.append((name, value))
        self._send(mail.preferences_url, fields)

    def pause(self, mail: SampleMail, days: int) -> None:
        """Opens the preference centre, and pauses all mail."""
        self._open(mail.preferences_url)
        self._send(mail.preferences_url, {"pause": str(days)})

    def open_with_signal(self, mail: SampleMail) -> None:
        """Opens the preference centre in a browser that sends the privacy signal."""
        self._open(mail.preferences_url, _SIGNAL)

    def subscribe(self, person: InventedPerson, topics: Collection[str]) -> None:
        """Sends the form of the website, which sends a mail with a link to confirm it."""
        form = {"intent": "in", "address": person.address, "topics": list(topics)}
        self._send(f"/subscribe?lang={person.language}", form)

    def confirm(self, person: InventedPerson) -> bool:
        """Opens the link in the newest mail to a person, and presses its button.

        Returns:
            Whether a mail with such a link was sent.
        """
        mails = [mail for mail in self._client.sent_mails() if mail["to"] == person.address]
        for summary in reversed(mails):
            mail = self._client.sent_mail(summary["id"])
            if mail and (link := re.search(r"http\S+/c/\S+", get_part(mail, "plain"))):
                self._open(link[0])
                self._send(link[0], {})
                return True
        return False

    def _open(self, url: str, headers: Mapping[str, str] | None = None) -> str:
        return self._http.get(url, headers=headers).raise_for_status().text

    def _send(self, url: str, form: Mapping[str, object] | Sequence[tuple[str, str]]) -> str:
        """Sends a form, and returns the page to which the answer leads."""
        content = urlencode(form, doseq=True)
        answer = self._http.post(url, content=content, headers=_FORM, follow_redirects=True)
        return answer.raise_for_status().text


def _in_batches(addresses: Collection[str]) -> Iterator[list[str]]:
    """Yields the addresses of one request after the other."""
    every = list(addresses)
    for start in range(0, len(every), _MOST_ADDRESSES):
        yield every[start : start + _MOST_ADDRESSES]
