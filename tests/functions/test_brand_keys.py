"""API keys that are limited to a brand: they change and read nothing of another brand, at any route."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from functions.agents import app as agents
from functions.cases import app as cases
from functions.jobs import app as jobs
from functions.ledger import app as ledger
from functions.numbers import app as numbers
from functions.platform import app as platform
from heed.domain.api_key import BRAND_SCOPES, KeyScope
from heed.domain.milliseconds import Millis
from heed.domain.preferences.brand_access import BrandAccess
from heed.domain.preferences.register import COMPLAINT, SOFT_BOUNCE, Change, Entry, ScopeNumber, Source
from tests.functions.conftest import Clock
from tests.support import openapi
from tests.support.brands import deploy_catalogue
from tests.support.catalogues import DATA
from tests.support.deployment import NOW, World, client, http_event, parts
from tests.support.registers import out
from tests.support.stream_events import StreamRecorder, stream_event

JOAN, LEE, KIM = "joan@example.com", "lee@example.com", "kim@example.com"
AGENCY = "agency"  # the owner of each key of these tests
MERIDIAN, AURORA = ScopeNumber(1), ScopeNumber(10)
OFFERS, AURORAS_OFFERS = 2, 11
SECRET = "meridians-secret"  # in all evidence and campaigns of the other brand
MARKS = (
    SECRET,
    "meridian",
    "Meridian",
    '"offers"',
    "straps",
    "research",
    "targeted-advertising",
    '"number": 2',
)
"""What no answer to a key of Aurora may contain."""
WHO = {"address": JOAN}
PAGE = {"topic": "offers", "addresses": [JOAN]}
REASON = {"reason": "a mistake", "reference": "call 17"}

Route = tuple[str, str]
FUNCTIONS = (platform, agents, cases, jobs)
SERVED: dict[Route, Any] = {route: function for function in FUNCTIONS for route in function.api.scopes}

FOREIGN: dict[Route, list[dict[str, Any]]] = {
    ("GET", "/v1/topics"): [{}],
    ("POST", "/v1/check"): [
        {"body": {**PAGE, "topic": topic}} for topic in ("offers", "meridian/news", "targeted-advertising")
    ],
    ("POST", "/v1/links"): [{"body": {**PAGE, "topic": topic}} for topic in ("offers", "meridian/news")],
    ("POST", "/v1/subscriptions"): [
        {"body": {**WHO, "intent": "in", "topics": ["aurora/offers", "offers"]}},
        {"body": {**WHO, "intent": "out", "topics": ["offers"]}},
        {"body": {**WHO, "intent": "out"}},
    ],
    ("GET", "/v1/suppressions"): [{}, *({"query": {"scope": name}} for name in ("*", "offers", "meridian"))],
    ("GET", "/v1/numbers"): [
        {"query": {"by": by, "to": "2026-03-05"}} for by in ("day", "topic", "source", "campaign")
    ]
    + [{}],
    ("POST", "/v1/changes"): [
        {"body": {**WHO, "scope": scope, "state": state, "source": "phone", **more}}
        for scope in ("*", "meridian", "offers", "meridian/news", "targeted-advertising")
        for state, more in (
            *(("out", {}), ("in", {"reference": "letter"})),
            ("paused", {"until": "2027-01-01"}),
        )
    ]
    + [
        {
            "body": {
                "changes": [
                    {"address": KIM, "scope": scope, "state": "out", "source": "phone"}
                    for scope in ("aurora", "offers")
                ]
            }
        }
    ],
    ("POST", "/v1/recipients/lookup"): [{"body": WHO}, {"body": {"address": LEE}}],
    ("POST", "/v1/minors"): [{"body": {**WHO, "source": "phone", "reference": "call"}}],
    ("POST", "/v1/erasures"): [{"body": {**WHO, "source": "phone", "reference": "call"}}],
    ("POST", "/v1/holds"): [{"body": {**WHO, "source": "phone", **REASON}}],
    ("POST", "/v1/lifts"): [{"body": {**WHO, "register": "complaint", "scope": "offers", **REASON}}],
    ("GET", "/v1/purges/{id}"): [{"item": "0" * 32}],
    ("GET", "/v1/disclosures"): [{}],
    ("GET", "/v1/cases"): [{}],
    ("GET", "/v1/cases/{id}"): [{"item": "0" * 32}],
    ("POST", "/v1/cases/{id}"): [{"item": "0" * 32, "body": {"decision": "none", "reason": "spam"}}],
    ("POST", "/v1/imports"): [
        {"body": {"reference": "list", "scope": scope}} for scope in ("offers", "aurora/offers", "aurora")
    ]
    + [{"body": {"reference": "list", "commit": True}}],
    ("POST", "/v1/scrubs"): [{"body": {"topic": "offers"}}],
    ("POST", "/v1/snapshots"): [{"body": {}}],
    ("GET", "/v1/jobs"): [{}, {"query": {"kind": "scrub"}}],
    ("GET", "/v1/jobs/{id}"): [{"item": "meridians scrub"}],
    ("POST", "/v1/jobs/{id}"): [{"item": "meridians scrub", "body": {"cancel": True}}],
}
"""For each route of the API, requests for what is not of Aurora. A new route needs its own here."""


class Agency:
    """An agency with one key for each of two brands, and one for all.

    Args:
        world: The deployment, with two brands. A person has choices at both of them.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.stream = StreamRecorder(parts().client("dynamodb"), world.table, NOW)
        create = parts().api_keys.create
        aurora = BrandAccess(frozenset({AURORA}))
        self.key_of_all = create("all", AGENCY, list(KeyScope))[1]
        self.key = create("aurora", AGENCY, list(BRAND_SCOPES), brands=aurora)[1]

    def record(self, address: str, *changes: Change) -> None:
        """Records changes, and has them entered in the ledger."""
        self.world.apply_changes(address, *changes)
        records, self.stream.records[:] = list(self.stream.records), []
        event = stream_event(json.loads(json.dumps(records)))
        assert ledger.handler(event, self.world.context) == {"batchItemFailures": []}

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        item: str = "",
        query: dict[str, str] | None = None,
        key: str = "",
    ) -> tuple[int, Any]:
        """Sends a request with the key of Aurora, if no other is named. Returns the status and the body."""
        event = http_event(
            method,
            path.replace("{id}", item),
            body=None if body is None else json.dumps(body),
            headers={"Authorization": f"Bearer {key or self.key}"},
            query=query,
            at=NOW + 1_000,
        )
        answer = SERVED[method, path].handler(event, self.world.context)
        return answer["statusCode"], openapi.check_response(method, path, answer)


@pytest.fixture
def agency(world: World, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Agency:
    clock.now = NOW  # the day of all that is counted
    deploy_catalogue(tmp_path, monkeypatch, DATA, languages=["en"])
    agency = Agency(world)
    evidence = json.dumps({"campaign": SECRET, "reference": SECRET})
    choice = Entry(Millis(NOW - 9_000), Source.LINK, evidence)
    agency.record(JOAN, Change(out(OFFERS), choice), Change(out(MERIDIAN), choice), Change(out(7), choice))
    agency.record(JOAN, Change(out(AURORAS_OFFERS), Entry(Millis(NOW - 8_000), Source.PHONE, "{}")))
    agency.record(LEE, Change(out(0), choice), Change(SOFT_BOUNCE, choice))
    count(agency.world, "offers", "*", "meridian", "aurora/offers")
    return agency


def count(world: World, *scopes: str) -> None:
    """Counts an opt-out at each of these scopes."""
    bodies = [
        {
            "version": "0",
            "id": "delivery",
            "detail-type": "Recipient Opted Out",
            "source": "heed",
            "account": "123456789012",
            "time": "2026-03-05T09:12:44Z",
            "region": "us-east-1",
            "resources": [],
            "detail": {
                "id": f"{place:064x}",
                "recipient": "a" * 26,
                "scope": scope,
                "state": "out",
                "at": "2026-03-05T09:12:44.390Z",
                "source": "link",
            },
        }
        for place, scope in enumerate(scopes)
    ]
    records = [
        {"messageId": str(place), "eventSource": "aws:sqs", "body": json.dumps(body), "attributes": {}}
        for place, body in enumerate(bodies)
    ]
    world.context.milliseconds_left = 60_000
    assert numbers.handler({"Records": records}, world.context) == {"batchItemFailures": []}


def stored(world: World) -> list[dict[str, Any]]:
    """Returns all that a request may change, except the register of disclosures."""
    control = [item for item in world.items(world.control) if not item["pk"]["S"].startswith("disclos")]
    return [*world.items(), *control, *client("s3").list_objects_v2(Bucket="bulk").get("Contents", [])]


def test_the_requests_of_these_tests_cover_each_route() -> None:
    assert set(FOREIGN) == set(SERVED)


@pytest.mark.threat(
    "T52",
    "The agency of one brand reads or stops what is of another brand, with its own API key.",
    "A key of a brand works with a part of the catalogue, and a route without such a part refuses it.",
)
@pytest.mark.parametrize("route", FOREIGN, ids=" ".join)
def test_a_key_of_a_brand_neither_reads_nor_changes_what_is_of_another(agency: Agency, route: Route) -> None:
    _, made = agency.call("POST", "/v1/scrubs", {"topic": "offers"}, key=agency.key_of_all)
    before = stored(agency.world)
    for request in FOREIGN[route]:
        sent = {**request, "item": made["job"]} if request.get("item") == "meridians scrub" else request
        status, answer = agency.call(*route, **sent)
        text = json.dumps({name: member for name, member in answer.items() if name != "detail"})
        assert not [mark for mark in MARKS if mark in text], (sent, answer)
        assert status in (200, 403, 404, 422), (sent, answer)
        assert route[0] == "GET" or status != 200 or route == ("POST", "/v1/recipients/lookup"), (
            sent,
            answer,
        )
    assert stored(agency.world) == before


@pytest.mark.parametrize(
    ("route", "sent", "pointer"),
    [
        (("POST", "/v1/check"), {"body": PAGE}, "/topic"),
        (("POST", "/v1/links"), {"body": PAGE}, "/topic"),
        (("POST", "/v1/scrubs"), {"body": {"topic": "offers"}}, "/topic"),
        (("POST", "/v1/subscriptions"), {"body": {**WHO, "intent": "out"}}, "/topics"),
        (
            ("POST", "/v1/subscriptions"),
            {"body": {**WHO, "intent": "in", "topics": ["aurora/offers", "offers"]}},
            "/topics/1",
        ),
        (("GET", "/v1/suppressions"), {"query": {"scope": "*"}}, "/scope"),
        (("GET", "/v1/numbers"), {"query": {"by": "campaign"}}, "/by"),
        (("GET", "/v1/numbers"), {}, "/by"),
        (("POST", "/v1/changes"), {"body": {**WHO, "scope": "*", "state": "out", "source": "api"}}, "/scope"),
        (("POST", "/v1/minors"), {"body": {**WHO, "source": "phone", "reference": "call"}}, ""),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_a_refusal_has_a_code_of_its_own_and_a_pointer(
    agency: Agency, route: Route, sent: dict[str, Any], pointer: str
) -> None:
    status, problem = agency.call(*route, **sent)

    assert (status, problem["type"]) == (403, "urn:heed:problem:brand-not-allowed")
    assert [fault["pointer"] for fault in problem["errors"]] == [pointer]


def test_a_key_of_all_brands_reads_what_the_other_key_does_not(agency: Agency) -> None:
    """Otherwise the tests above could find nothing because nothing was there."""
    key = agency.key_of_all
    found = json.dumps(
        [
            agency.call("GET", "/v1/topics", key=key)[1],
            agency.call("POST", "/v1/recipients/lookup", WHO, key=key)[1],
            agency.call("GET", "/v1/numbers", query={"by": "topic"}, key=key)[1],
        ]
    )
    assert [mark for mark in MARKS if mark not in found] == []
    feed = agency.call("GET", "/v1/suppressions", key=key)[1]["suppressions"]
    assert {each["scope"] for each in feed} >= {"offers", "meridian", "aurora/offers", "*"}


def test_a_key_of_a_brand_sees_its_topics_and_registers_and_why_they_are_stopped(agency: Agency) -> None:
    complaint = Entry(Millis(NOW - 5), Source.COMPLAINT, json.dumps({"mail": SECRET}))
    agency.record(KIM, Change(COMPLAINT, complaint))

    topics = agency.call("GET", "/v1/topics")[1]
    joan, lee = (agency.call("POST", "/v1/recipients/lookup", {"address": who})[1] for who in (JOAN, LEE))
    checked = agency.call("POST", "/v1/check", {"topic": "aurora/offers", "addresses": [JOAN, LEE, KIM]})[1]

    assert [brand["name"] for brand in topics["brands"]] == ["aurora"]
    assert [topic["name"] for topic in topics["topics"]] == ["aurora/offers", "aurora/news", "aurora/repairs"]
    assert [(each["scope"], each["source"]) for each in joan["registers"]] == [("aurora/offers", "phone")]
    assert [(each["scope"], each["outcome"]) for each in joan["history"]] == [("aurora/offers", "applied")]
    assert joan["decisions"]["aurora/offers"]["reason"] == "topic_unsubscribed"
    assert (lee["registers"], lee["history"], lee["soft_bounces"]) == ([], [], [])
    assert lee["decisions"]["aurora/offers"]["reason"] == "unsubscribed"
    assert [each["reason"] for each in checked["results"]] == [
        *("topic_unsubscribed", "unsubscribed", "complained")
    ]


def test_entries_of_another_brand_count_towards_the_limit_of_a_lookup(
    agency: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a person with many of them could make a lookup take longer than an answer may take."""
    answers = []
    for limit in (3, 4):  # the person has three of the other brand and of none, and one of the brand
        monkeypatch.setattr("heed.use_cases.privacy.lookup.MAX_HISTORY_READ", limit)
        answers.append(agency.call("POST", "/v1/recipients/lookup", WHO)[1])
    cut, whole = answers

    assert cut["history_cut"] is True
    assert "history_cut" not in whole
    assert [each["scope"] for each in whole["history"]] == ["aurora/offers"]
    assert "history_left_out" not in cut and "history_left_out" not in whole


def test_the_feed_has_the_stops_of_the_brand_and_those_of_all_brands(agency: Agency) -> None:
    feed = agency.call("GET", "/v1/suppressions")[1]["suppressions"]

    assert {(each["scope"], each["reason"]) for each in feed} == {
        ("aurora/offers", "topic_unsubscribed"),
        ("*", "unsubscribed"),
    }


def test_the_numbers_have_the_topics_of_the_brand(agency: Agency) -> None:
    answer = agency.call("GET", "/v1/numbers", query={"by": "topic", "to": "2026-03-05"})[1]

    assert [(row["key"], row["opted_out"]) for row in answer["rows"]] == [("aurora/offers", 1)]


def test_a_change_at_the_brand_is_applied_and_answers_only_about_it(agency: Agency) -> None:
    changes = [
        {"address": who, "scope": "aurora", "state": "out", "source": "phone"} for who in (JOAN, LEE, KIM)
    ]
    status, answer = agency.call("POST", "/v1/changes", {"changes": changes})

    assert (status, [each["outcome"] for each in answer["results"]]) == (200, ["applied"] * 3)
    assert [each["record"] for each in answer["results"]] == ["existing", "new", "new"]
    assert answer["results"][2]["sendable"] == {
        "aurora/offers": False,
        "aurora/news": False,
        "aurora/repairs": True,
    }
    record = parts().preferences.read(agency.world.recipient(KIM))
    assert [register.scope for register in record.registers] == [AURORA]


def test_of_a_request_with_one_change_of_another_brand_nothing_is_applied(agency: Agency) -> None:
    changes = [
        {"address": KIM, "scope": scope, "state": "out", "source": "phone"} for scope in ("aurora", "offers")
    ]
    status, problem = agency.call("POST", "/v1/changes", {"changes": changes})

    assert (status, [fault["pointer"] for fault in problem["errors"]]) == (403, ["/changes/1/scope"])
    assert not parts().preferences.read(agency.world.recipient(KIM)).registers


def test_links_confirmations_and_scrubs_of_the_brand_work(agency: Agency) -> None:
    minted = agency.call("POST", "/v1/links", {"topic": "aurora/offers", "addresses": [JOAN]})
    scrub = agency.call("POST", "/v1/scrubs", {"topic": "aurora/offers"})

    assert (minted[0], scrub[0]) == (200, 202)
    assert agency.call("GET", "/v1/jobs/{id}", item=scrub[1]["job"])[0] == 200
    assert [job["job"] for job in agency.call("GET", "/v1/jobs")[1]["jobs"]] == [scrub[1]["job"]]
    cancelled = agency.call("POST", "/v1/jobs/{id}", {"cancel": True}, item=scrub[1]["job"])
    assert (cancelled[0], cancelled[1]["state"]) == (200, "cancelled")


def test_an_unknown_name_is_no_matter_of_brands_and_no_other_brand_is_suggested(agency: Agency) -> None:
    for name in ("strap", "meridian/new", "aurora/offer"):
        status, problem = agency.call("POST", "/v1/check", {"topic": name, "addresses": [JOAN]})
        assert (status, problem["type"]) == (422, "urn:heed:problem:invalid-request")
        detail = problem["errors"][0]["detail"]
        assert "straps" not in detail and "meridian" not in detail
        assert ("aurora/offers" in detail) == (name == "aurora/offer")


def test_a_number_that_the_catalogue_no_longer_has_grants_nothing(agency: Agency) -> None:
    gone = BrandAccess(frozenset({ScopeNumber(99), ScopeNumber(OFFERS), ScopeNumber(0)}))
    key = parts().api_keys.create("gone", AGENCY, list(BRAND_SCOPES), brands=gone)[1]

    assert agency.call("GET", "/v1/topics", key=key) == (200, {"brands": [], "topics": []})
    assert agency.call("POST", "/v1/check", PAGE, key=key)[0] == 403
    person = agency.call("POST", "/v1/recipients/lookup", WHO, key=key)[1]
    assert (person["registers"], person["decisions"], person["history"]) == ([], {}, [])


@pytest.mark.parametrize(
    "attribute",
    [{"NS": ["x"]}, {"NS": ["70000"]}, {"SS": ["10"]}, {"N": "10"}, {"S": ""}, {"NULL": True}, {"L": []}],
    ids=json.dumps,
)
def test_a_key_whose_brands_cannot_be_read_does_not_work(agency: Agency, attribute: dict[str, Any]) -> None:
    key_id, key = parts().api_keys.create("damaged", AGENCY, list(BRAND_SCOPES))
    client("dynamodb").update_item(
        TableName=agency.world.control,
        Key={"pk": {"S": f"key#{key_id}"}},
        UpdateExpression="SET brands = :brands",
        ExpressionAttributeValues={":brands": attribute},
    )

    assert agency.call("GET", "/v1/topics", key=key)[0] == 503
    assert key_id in parts().api_keys.list()[1]


def test_a_stored_scope_that_no_key_of_some_brands_can_have_grants_nothing(agency: Agency) -> None:
    aurora = BrandAccess(frozenset({AURORA}))
    key = parts().api_keys.create("forced", AGENCY, list(KeyScope), brands=aurora)[1]

    for route in (("POST", "/v1/erasures"), ("POST", "/v1/imports"), ("POST", "/v1/snapshots")):
        status, problem = agency.call(*route, **FOREIGN[route][0], key=key)
        assert (status, problem["type"]) == (403, "urn:heed:problem:not-authorised")
