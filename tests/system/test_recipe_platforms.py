"""The scripts of docs/recipes/platforms.md bring the answers of a stack to a platform.

The platform is a web server on this machine that answers as the documents of the platform say. It is not the
platform: no test here has an account.
"""

from __future__ import annotations

import base64
import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from tests.support.doc_code import DOCS, code_block
from tests.support.doctor_servers import Answer, http_answer, json_answer, web_server
from tests.system.conftest import Heed
from tests.system.running import PATIENCE

pytestmark = pytest.mark.system

Stack = dict[str, Any]


class Sent(NamedTuple):
    """A request that the platform got: its method with its path, its credentials, and its JSON."""

    target: str
    authorization: str
    body: Any


class Person(NamedTuple):
    """What a request says of a contact: its id, its recipient id, and whether it may get the topic."""

    id: str
    recipient: str
    sendable: bool


@dataclass(frozen=True)
class Platform:
    """A platform.

    Attributes:
        ids: The ids of three contacts.
        settings: The settings of its script. `URL` in a value is the URL of the platform.
        answers: What it answers if it takes a request.
        refusal: What it answers if it does not take all of it.
        documented: The requests for some people that its documents describe.
    """

    ids: list[str]
    settings: dict[str, str]
    answers: Mapping[str, Answer]
    refusal: Mapping[str, Answer]
    documented: Callable[[list[Person]], list[Sent]]


def braze(people: list[Person]) -> list[Sent]:
    attributes = [
        {
            "external_id": person.id,
            "_update_existing_only": True,
            "heed_recipient": person.recipient,
            "heed_offers": person.sendable,
        }
        for person in people
    ]
    return [Sent("POST /users/track", "Bearer braze-key", {"attributes": attributes})]


def salesforce(people: list[Person]) -> list[Sent]:
    rows = [
        {
            "keys": {"SubscriberKey": person.id},
            "values": {"HeedRecipient": person.recipient, "MaySend": person.sendable},
        }
        for person in people
    ]
    client = {"grant_type": "client_credentials", "client_id": "client", "client_secret": "secret"}
    return [
        Sent("POST /v2/token", "", client),
        Sent("POST /hub/v1/dataevents/key:heed-offers/rowset", "Bearer sfmc-token", rows),
    ]


def mailchimp(people: list[Person]) -> list[Sent]:
    login = "Basic " + base64.b64encode(b"heed:chimp-key").decode()
    return [
        Sent(
            f"PATCH /3.0/lists/list1/members/{person.id}?skip_merge_validation=true",
            login,
            {"merge_fields": {"HEEDID": person.recipient, "OFFERS": "yes" if person.sendable else "no"}},
        )
        for person in people
    ]


def listmonk(people: list[Person]) -> list[Sent]:
    stopped = [int(person.id) for person in people if not person.sendable]
    body = {"ids": stopped, "action": "unsubscribe", "target_list_ids": [3]}
    return [Sent("PUT /api/subscribers/lists", "token heed:monk-key", body)] if stopped else []


_SETTINGS = {
    "braze": {"BRAZE_URL": "URL", "BRAZE_API_KEY": "braze-key", "BRAZE_FIELD": "heed_offers"},
    "salesforce": {
        "SFMC_AUTH_URL": "URL",
        "SFMC_REST_URL": "URL",
        "SFMC_CLIENT_ID": "client",
        "SFMC_CLIENT_SECRET": "secret",
        "SFMC_DATA_EXTENSION": "heed-offers",
    },
    "mailchimp": {
        "MAILCHIMP_URL": "URL",
        "MAILCHIMP_API_KEY": "chimp-key",
        "MAILCHIMP_LIST": "list1",
        "MAILCHIMP_FIELD": "OFFERS",
    },
    "listmonk": {
        "LISTMONK_URL": "URL",
        "LISTMONK_USER": "heed",
        "LISTMONK_TOKEN": "monk-key",
        "LISTMONK_LIST": "3",
    },
}
_FAILED = http_answer("500 Internal Server Error", body=b"")
_TOKEN = json_answer({"access_token": "sfmc-token", "token_type": "Bearer", "expires_in": 1080})


def member_id(address: str) -> str:
    names: dict[str, Any] = {}
    exec(code_block("recipes/mailchimp.md", "python", "def member_id"), names)  # noqa: S102
    return str(names["member_id"](address))


SHOWN = {
    "braze": '"attributes"',
    "salesforce": '"keys"',
    "mailchimp": '"merge_fields"',
    "listmonk": '"unsubscribe"',
}
"""Words of the JSON on the page that is the request."""
SUBSCRIBING = ("subscri", '"status"', '"add"', "confirmed")
"""Words of a request that changes the state of a contact which the platform itself keeps."""
PLATFORMS = {
    "braze": Platform(
        ["customer-1", "customer-2", "customer-3"],
        _SETTINGS["braze"],
        {"POST": json_answer({"message": "success", "attributes_processed": 1}, "201 Created")},
        {"POST": json_answer({"message": "success", "errors": [{"type": "bad"}]}, "201 Created")},
        braze,
    ),
    "salesforce": Platform(
        ["key-1", "key-2", "key-3"],
        _SETTINGS["salesforce"],
        {"POST": json_answer([]), "POST /v2/token": _TOKEN},
        {"POST": _FAILED, "POST /v2/token": _TOKEN},
        salesforce,
    ),
    "mailchimp": Platform(
        [member_id(f"c{number}@example.com") for number in range(3)],
        _SETTINGS["mailchimp"],
        {"PATCH": json_answer({"id": "x"})},
        {"PATCH": _FAILED},
        mailchimp,
    ),
    "listmonk": Platform(
        ["1", "2", "3"],
        _SETTINGS["listmonk"],
        {"PUT": json_answer({"data": True})},
        {"PUT": _FAILED},
        listmonk,
    ),
}


def read(request: bytes) -> Sent:
    head, _, body = request.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines[1:])
    assert headers["content-type"] == "application/json"
    values = [line.split(": ", 1)[1] for line in lines[1:] if line.lower().startswith("authorization: ")]
    return Sent(lines[0].removesuffix(" HTTP/1.1"), values[0] if values else "", json.loads(body))


class Sync:
    """Runs the script of a platform for three contacts of the stack."""

    def __init__(self, name: str, stack: Stack, folder: Path) -> None:
        self.platform, self.stack, self.folder = PLATFORMS[name], stack, folder
        self.script = DOCS / "examples" / f"sync_{name}.py"
        self.addresses = [f"{name}.{number}@example.com" for number in range(3)]
        contacts = folder / "contacts.csv"
        rows = [f"{i},{a}\n" for i, a in zip(self.platform.ids, self.addresses, strict=True)]
        contacts.write_text("id,email\n" + "".join(rows) + "broken,not an address\n")
        made = self.run_python(DOCS / "examples" / "new_answers.py", "contacts.csv", settings={})
        assert made.returncode == 0 and "broken has no valid address" in made.stderr, made.stderr
        (folder / "people.csv").write_text(made.stdout)
        with (folder / "people.csv").open(newline="") as file:
            self.recipients = {row["id"]: row["recipient"] for row in csv.DictReader(file)}

    def run_python(
        self, *arguments: str | Path, settings: dict[str, str]
    ) -> subprocess.CompletedProcess[str]:
        given = {"HEED_URL": self.stack["api"], "HEED_API_KEY": self.stack["api_key"], "HEED_TOPIC": "offers"}
        path = os.environ["PATH"]  # noqa: TID251 - of this machine
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env={"PATH": path, **given, **settings},
            capture_output=True,
            text=True,
            check=False,
        )

    def __call__(self, *options: str, refused: bool = False) -> tuple[int, list[Sent]]:
        """Runs it. Returns the exit code and the requests that the platform got."""
        answers = self.platform.refusal if refused else self.platform.answers
        done, sent = self.run(answers, *options)
        return done.returncode, sent

    def run(
        self, answers: Mapping[str, Answer], *options: str
    ) -> tuple[subprocess.CompletedProcess[str], list[Sent]]:
        with web_server(answers) as server:
            url = server.url.removesuffix("/u/token")
            settings = {name: value.replace("URL", url) for name, value in self.platform.settings.items()}
            done = self.run_python(self.script, "people.csv", "answers.db", *options, settings=settings)
        return done, [read(request) for request in server.requests]

    def person(self, number: int, *, sendable: bool) -> Person:
        contact = self.platform.ids[number]
        return Person(contact, self.recipients[contact], sendable)

    def choose(self, number: int, state: str) -> None:
        change = {"scope": "offers", "state": state, "source": "phone", "reference": "call 1"}
        httpx.post(
            f"{self.stack['api']}/v1/changes",
            json={"address": self.addresses[number], **change},
            headers={"authorization": f"Bearer {self.stack['api_key']}"},
            trust_env=False,
            timeout=PATIENCE,
        ).raise_for_status()


@pytest.mark.parametrize("name", PLATFORMS)
def test_the_platform_gets_what_is_new_by_its_documented_requests(
    name: str, stack: Stack, tmp_path: Path
) -> None:
    sync = Sync(name, stack, tmp_path)
    documented = sync.platform.documented
    sync.choose(1, "out")

    first = sync()
    again = sync()
    sync.choose(2, "out")
    code, _ = refused = sync("--changed", refused=True)
    repeated = sync("--changed")
    sync.choose(1, "in")
    back = sync("--changed")

    stopped = [sync.person(1, sendable=False)]
    permitted = [sync.person(number, sendable=True) for number in (0, 2)]
    assert first == (0, documented(stopped + permitted))
    assert again == (0, [])
    assert code != 0 and refused[1] == repeated[1] == documented([sync.person(2, sendable=False)])
    assert repeated[0] == 0
    assert back == (0, documented([sync.person(1, sendable=True)]))
    assert sync("--changed") == (0, [])


def test_nothing_is_sent_while_heed_is_down(stack: Stack, tmp_path: Path) -> None:
    sync = Sync("braze", stack, tmp_path)
    sync.stack = {**stack, "api_key": "heed_" + "k" * 43}

    code, sent = sync()

    assert code != 0 and sent == []


def test_a_member_of_mailchimp_that_is_gone_does_not_stop_the_others(stack: Stack, tmp_path: Path) -> None:
    sync = Sync("mailchimp", stack, tmp_path)
    gone = http_answer("404 Not Found", body=b"")
    first = f"PATCH /3.0/lists/list1/members/{sync.platform.ids[0]}"
    done, sent = sync.run({"PATCH": json_answer({"id": "x"}), first: gone})

    assert (done.returncode, len(sent)) == (0, 3)


@pytest.mark.parametrize("name", PLATFORMS)
def test_the_end_of_a_stop_at_heed_subscribes_nobody_who_left_at_the_platform(
    name: str, stack: Stack, heed: Heed, tmp_path: Path
) -> None:
    """The platform's own state is what a request without these words leaves alone."""
    sync = Sync(name, stack, tmp_path)
    why = ("--reason", "dispute", "--reference", "letter 1")
    assert heed("hold", sync.addresses[1], "--source", "letter", *why).returncode == 0
    stopped = sync()
    assert heed("lift", sync.addresses[1], "--suppression", "hold", *why).returncode == 0

    done, sent = sync.run(sync.platform.answers, "--changed")
    again, _ = sync.run(sync.platform.answers)

    contact = sync.platform.ids[1]
    printed = f"{contact},{sync.recipients[contact]}\n" if name == "listmonk" else ""
    assert stopped[0] == done.returncode == 0
    assert sent == sync.platform.documented([sync.person(1, sendable=True)])
    assert [word for word in SUBSCRIBING if word in json.dumps([each.body for each in sent])] == []
    assert (done.stdout, again.stdout) == (printed, "")


def test_a_redirect_of_a_platform_gets_no_key_and_is_a_failure(stack: Stack, tmp_path: Path) -> None:
    sync = Sync("braze", stack, tmp_path)
    with web_server({"GET": json_answer({"message": "success"})}) as elsewhere:
        moved = http_answer("302 Found", {"Location": elsewhere.url}, b"")
        done, sent = sync.run({"POST": moved})

    assert done.returncode != 0
    assert (len(sent), elsewhere.requests) == (1, [])


def shape(value: object) -> object:
    """Returns the names of the members of a JSON value, and the types of its other values."""
    match value:
        case dict():
            return {name: shape(member) for name, member in value.items()}
        case list():
            return [shape(item) for item in value]
    return type(value)


@pytest.mark.parametrize("name", PLATFORMS)
def test_the_page_shows_the_request_and_names_each_setting(name: str) -> None:
    platform = PLATFORMS[name]
    shown = json.loads(code_block(f"recipes/{name}.md", "json", SHOWN[name]))
    page = (DOCS / "recipes" / f"{name}.md").read_text(encoding="utf-8")

    request = platform.documented([Person(platform.ids[0], "r" * 26, sendable=False)])[-1]

    assert shape(shown) == shape(request.body)
    assert [setting for setting in platform.settings if f"{setting}=" not in page] == []


def test_mailchimp_names_a_member_by_the_md5_of_the_address_in_lower_case() -> None:
    assert member_id("Jane.Doe@Example.com") == "0cba00ca3da1b283a57287bcceb17e35"
