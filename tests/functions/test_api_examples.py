"""Each example of the page about the API is sent, and the answer is the one that the page shows.

The clock is that of the examples, and the keys are those of the published vectors. So recipients, links and
times are compared by value, like everything else. Of what is random only the form is compared: the ids of API
keys, jobs, cases, purges and ledger entries, hashes, and the signature in the URL of a file.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Callable
from html import unescape
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import pytest

from functions.agents import app as agents
from functions.cases import app as cases
from functions.jobs import app as jobs
from functions.platform import app as platform
from functions.purge import app as purge
from heed.domain.api_key import KeyScope
from heed.domain.jobs import import_estimate, job_limits
from heed.domain.mailbox.case import CaseKind
from heed.domain.preferences.brand_access import BrandAccess
from heed.domain.preferences.register import UNDELIVERABLE, Register, ScopeNumber, Source
from local.api_page.contract import ROOT
from tests.functions.conftest import DAY, MINUTE, Clock
from tests.functions.test_imports import LISTED, Imports
from tests.functions.test_numbers import Office as Counters
from tests.functions.test_numbers import change
from tests.support import openapi
from tests.support.cases import mail_of, open_case
from tests.support.deployment import NOW, World, http_event, parts
from tests.support.failing_client import FailingCalls
from tests.support.openapi import document, operations
from tests.support.registers import in_, out

PAGE = (ROOT / "docs" / "api" / "index.html").read_text("utf-8")
VECTORS = ROOT / "tests" / "vectors"
JANE, LEE = "jane.doe@example.com", "lee@example.com"
SERVED = {route: app for app in (agents, cases, jobs, platform) for route in app.api.scopes}
OPERATIONS = {each["operationId"]: (*route, each) for route, each in operations().items()}
IDS = re.compile(r"\b(?:[0-9a-f]{64}|[0-9a-f]{32}|[0-9a-f]{16})\b")
SIGNATURES = re.compile(r'(?<=\?X-Amz-)[^"]+')


class Example(NamedTuple):
    """An example of the page: its title and its text."""

    title: str
    text: str


class Request(NamedTuple):
    """A request as the page shows it."""

    method: str
    target: str
    body: str | None


def find_examples(anchor: str) -> list[Example]:
    """Returns the examples below a heading of the page, in order."""
    (section,) = re.findall(rf'<h3 id="{anchor}">(.*?)(?=<h3|</section>)', PAGE, re.DOTALL)
    found = re.findall(r"<figcaption>(.*?)</figcaption><pre><code>(.*?)</code>", section, re.DOTALL)
    return [Example(title, unescape(text)) for title, text in found]


def parse_request(text: str) -> Request:
    head, _, body = text.partition("\n\n")
    method, target = head.splitlines()[0].split(" ")
    return Request(method, target, body or None)


def settle(value: Any) -> Any:
    """Returns a body without what is random: ids and hashes of the same length are the same."""
    return json.loads(SIGNATURES.sub("", IDS.sub(lambda match: "0" * len(match[0]), json.dumps(value))))


class Stage:
    """People, keys, jobs and cases, so that each example has something to be about."""

    def __init__(self, world: World, clock: Clock, patch: pytest.MonkeyPatch) -> None:
        self.world, self.clock, self.patch = world, clock, patch
        self.counters, self.imports = Counters(world, clock), Imports(world, clock)
        self.id = self.key = ""

    def give_key(self, *scopes: KeyScope, owner: str = "marketing", **more: Any) -> None:
        _, self.key = parts().api_keys.create("example", owner, scopes, None, **more)

    def send(self, request: Request, key: str | None = None) -> tuple[int, Any]:
        """Sends a request to the route of its path, with the id of what the stage has made."""
        target = urlsplit(request.target)
        route = re.sub(r"(?<=/)[0-9a-f]{32}$", "{id}", target.path)
        app = SERVED[request.method, route]
        event = http_event(
            request.method,
            route.replace("{id}", self.id),
            body=request.body,
            headers={"Authorization": f"Bearer {self.key if key is None else key}"},
            query=dict(parse_qsl(target.query)),
            at=self.clock.now,
        )
        answer = app.handler(event, self.world.context)
        return answer["statusCode"], openapi.check_response(request.method, route, answer)

    def ask(self, operation: str, **body: object) -> tuple[int, Any]:
        """Sends a request that is no example."""
        method, path, _ = OPERATIONS[operation]
        return self.send(Request(method, path.replace("{id}", "0" * 32), json.dumps(body) if body else None))

    def record(self, address: str, register: Register, source: Source, campaign: str = "") -> None:
        """Records a choice of the day before, with its ledger entry and its numbers."""
        self.counters.record(address, change(self.counters, register, source, campaign, ago=DAY))

    def purge(self) -> None:
        """Purges a person five minutes later, after the ledger has read the erasure."""
        self.counters.publish()
        self.clock.now += 5 * MINUTE
        self.world.context.milliseconds_left = 300_000
        assert purge.handler({}, self.world.context)["purged"] == 1

    def open_case(self) -> None:
        text = "Please, no more offers by mail. I am glad to hear about repairs."
        self.id = open_case(self.world, CaseKind.OPT_OUT_DOUBTFUL, JANE, mail_of(JANE, text)).id
        self.give_key(KeyScope.PRIVACY, owner="privacy office")

    def preview_import(self) -> None:
        self.imports.stop_many()
        self.id = self.imports.preview_file(LISTED + b"not an address,2026-01-04\n")["job"]
        self.key = self.imports.marketing


def a_person_who_left(stage: Stage) -> None:
    stage.record(JANE, out(2), Source.ONE_CLICK, "spring-sale")


def people_on_record(stage: Stage) -> None:
    stage.counters.name("spring-sale")
    stage.clock.now -= MINUTE
    stage.record(JANE, out(2), Source.ONE_CLICK, "spring-sale")
    stage.clock.now += MINUTE
    stage.record(LEE, UNDELIVERABLE, Source.BOUNCE)


def a_person_with_a_history(stage: Stage) -> None:
    stage.record(JANE, in_(3), Source.CONFIRMATION)
    stage.record(JANE, out(2), Source.ONE_CLICK, "spring-sale")


def a_finished_purge(stage: Stage) -> None:
    stage.record(JANE, out(2), Source.ONE_CLICK)
    stage.give_key(KeyScope.PRIVACY)
    stage.id = stage.ask("erase", address=JANE, source="letter", reference="letter 12")[1]["purge"]
    stage.purge()


def a_hold(stage: Stage) -> None:
    stage.give_key(KeyScope.PRIVACY)
    stage.clock.now -= DAY
    stage.ask("hold", address=JANE, source="letter", reason="restriction asked for", reference="letter 12")
    stage.clock.now += DAY


def a_disclosure(stage: Stage) -> None:
    stage.give_key(KeyScope.READ)
    stage.ask("lookUpRecipient", address=JANE)
    stage.key = ""


SCENES: dict[str, Callable[[Stage], None]] = {
    "check": a_person_who_left,
    "listSuppressions": people_on_record,
    "listNumbers": people_on_record,
    "lookUpRecipient": a_person_with_a_history,
    "erase": a_person_who_left,
    "getPurge": a_finished_purge,
    "lift": a_hold,
    "listDisclosures": a_disclosure,
    "listCases": Stage.open_case,
    "showCase": Stage.open_case,
    "decideCase": Stage.open_case,
    "listJobs": Stage.preview_import,
    "showJob": Stage.preview_import,
    "commandJob": Stage.preview_import,
}
"""What is there before the example of a route is sent. Other examples need nothing."""


@pytest.fixture
def stage(world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A deployment at the time of the examples, with the keys of the published vectors."""
    identity, links = (
        bytes.fromhex(json.loads((VECTORS / f"{name}.json").read_text())[key])
        for name, key in (("addresses", "identity_key"), ("tokens", "links_key"))
    )
    monkeypatch.setattr(parts().identity_key, "identity_key", lambda: identity)
    monkeypatch.setattr(
        parts().link_keys,
        "link_key",
        lambda purpose, key_id: hmac.digest(links, f"{purpose.value}/{key_id}".encode(), "sha256"),
    )
    monkeypatch.setattr(parts().clock, "time_ns", clock.time_ns)
    clock.now = NOW
    return Stage(world, clock, monkeypatch)


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_answer_to_the_example_of_a_route_is_the_one_on_the_page(stage: Stage, name: str) -> None:
    request, answer = find_examples(name)
    if name in SCENES:
        SCENES[name](stage)
    if not stage.key:
        stage.give_key(KeyScope(OPERATIONS[name][2]["security"][0]["apiKey"][0]))

    status, body = stage.send(parse_request(request.text))

    assert answer.title == f"Example of the answer {status}"
    assert settle(body) == settle(json.loads(answer.text)), json.dumps(body)


def a_key_of_one_brand(stage: Stage) -> tuple[int, Any]:
    stage.give_key(KeyScope.WRITE, brands=BrandAccess(frozenset({ScopeNumber(1)})))
    return stage.ask("recordChanges", address=JANE, scope="*", state="out", source="phone")


def a_large_import(stage: Stage) -> tuple[int, Any]:
    stage.id, stage.key = stage.imports.preview_file(LISTED)["job"], stage.imports.marketing
    return stage.ask("commandJob", commit=True)


def a_cancelled_import(stage: Stage) -> tuple[int, Any]:
    stage.preview_import()
    stage.ask("commandJob", cancel=True)
    return stage.ask("commandJob", commit=True)


def a_slow_import(stage: Stage) -> tuple[int, Any]:
    stage.patch.setattr(import_estimate, "_SECONDS_A_PART", 3 * DAY // 1000)
    stage.preview_import()
    return stage.ask("commandJob", commit=True)


def a_second_job(stage: Stage) -> tuple[int, Any]:
    stage.patch.setattr(job_limits, "MAX_OPEN_JOBS", 1)
    stage.give_key(KeyScope.EXPORT)
    stage.ask("createSnapshot", days=7)
    return stage.ask("createSnapshot", days=7)


def another_decision(stage: Stage) -> tuple[int, Any]:
    stage.open_case()
    stage.ask("decideCase", decision="none", reason="a joke")
    return stage.ask("decideCase", decision="opt-out", reason="no joke")


def an_erasure_during_a_hold(stage: Stage) -> tuple[int, Any]:
    a_hold(stage)
    return stage.ask("erase", address=JANE, source="letter", reference="letter 12")


def a_check_by(scope: KeyScope, **body: object) -> Callable[[Stage], tuple[int, Any]]:
    def send(stage: Stage) -> tuple[int, Any]:
        stage.give_key(scope)
        return stage.ask("check", topic="offers", **body)

    return send


def a_purpose_of_nobody(stage: Stage) -> tuple[int, Any]:
    stage.give_key(KeyScope.READ)
    return stage.ask("lookUpRecipient", address=JANE, purpose="curiosity")


def an_unknown_purge(stage: Stage) -> tuple[int, Any]:
    stage.id = "0" * 32
    stage.give_key(KeyScope.PRIVACY)
    return stage.ask("getPurge")


def an_unreadable_table(stage: Stage) -> tuple[int, Any]:
    stage.give_key(KeyScope.CHECK)
    reads = FailingCalls("dynamodb", "GetItem")
    answer = stage.ask("check", topic="offers", addresses=[JANE])
    reads.stop()
    return answer


FAILURES: dict[str, Callable[[Stage], tuple[int, Any]]] = {
    "not-json": lambda stage: stage.send(
        Request("POST", "/v1/check", "{"), stage.imports.key("x", KeyScope.CHECK)
    ),
    "not-authenticated": lambda stage: stage.send(Request("GET", "/v1/topics", None), "heed_short"),
    "not-authorised": a_check_by(KeyScope.READ, addresses=[JANE]),
    "brand-not-allowed": a_key_of_one_brand,
    "purpose-refused": a_purpose_of_nobody,
    "second-owner-needed": a_large_import,
    "not-found": an_unknown_purge,
    "held": an_erasure_during_a_hold,
    "case-decided": another_decision,
    "job-conflict": a_cancelled_import,
    "import-too-long": a_slow_import,
    "too-many-jobs": a_second_job,
    "invalid-request": a_check_by(KeyScope.CHECK, addresses=[]),
    "unavailable": an_unreadable_table,
}
"""A request for each error of the API that has an example."""


@pytest.mark.parametrize("name", FAILURES)
def test_an_error_is_the_one_on_the_page(stage: Stage, name: str) -> None:
    (answer,) = find_examples(f"error-{name}")

    status, body = FAILURES[name](stage)

    assert (status, body) == (body["status"], json.loads(answer.text))


def test_the_page_has_no_example_that_is_not_sent() -> None:
    sent = [example for name in OPERATIONS for example in find_examples(name)]
    sent += [example for name in FAILURES for example in find_examples(f"error-{name}")]

    assert len(sent) == PAGE.count("<figure>")
    assert set(FAILURES) == set(document()["components"]["examples"])
    assert SCENES.keys() <= OPERATIONS.keys()
