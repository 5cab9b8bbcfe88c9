"""The routes for privacy officers: minors, erasures, holds, lifts and disclosures."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import pytest

from functions.purge import app as purge
from heed.adapters.dynamodb.disclosures import DisclosuresTable
from heed.domain.errors import StoreUnavailable
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import (
    COMPLAINT,
    DAY_MS,
    HOLD,
    UNDELIVERABLE,
    Change,
    Entry,
    Source,
)
from heed.domain.privacy.disclosure import (
    FIRST_PREVIOUS_HASH,
    DisclosureDetails,
    DisclosurePurpose,
    is_next_entry,
)
from tests.support.api_callers import JANE, LIFT_REASON, ON_FILE, ApiCallers
from tests.support.deployment import NOW, World, parts
from tests.support.registers import out


@pytest.fixture
def callers(world: World) -> ApiCallers:
    return ApiCallers(world)


def _entry(at: Millis) -> Entry:
    return Entry(at, Source.LINK, "{}")


def test_a_reported_minor_gets_no_mail_at_all_from_the_answer_on(callers: ApiCallers) -> None:
    callers.world.apply_changes(JANE, Change(out(2), _entry(Millis(NOW - DAY_MS))))
    answer = callers.report_minor()
    assert answer["recipient"] == callers.world.recipient(JANE)
    assert {callers.blocking_reason(topic) for topic in ("offers", "service", "targeted-advertising")} == {
        "minor"
    }
    status, certificate = callers.call("GET", f"/v1/purges/{answer['purge']}", route="/v1/purges/{id}")
    assert (status, certificate["state"], certificate["completed_at"]) == (200, "due", None)
    texts = json.dumps(certificate)
    assert callers.world.recipient(JANE) not in texts and "example" not in texts


def test_a_second_report_changes_nothing_and_returns_the_same_purge(callers: ApiCallers) -> None:
    first = callers.report_minor()
    before = callers.world.items()
    assert callers.report_minor(NOW + 5) == first
    assert callers.call("POST", "/v1/erasures", {"address": JANE, **ON_FILE})[1] == first
    assert callers.world.items() == before


def test_changes_for_a_minor_are_refused(callers: ApiCallers) -> None:
    callers.report_minor()
    before = callers.world.items()
    change = {"address": JANE, "scope": "offers", "state": "in", **ON_FILE}
    _, answer = callers.call("POST", "/v1/changes", change, at=NOW + DAY_MS)
    assert answer["results"][0]["outcome"] == "refused"
    for register in ("undeliverable", "hold"):
        assert callers.lift_suppression(register, NOW + DAY_MS)[1]["outcome"] == "refused"
    hold = {"address": JANE, "source": "letter", **LIFT_REASON}
    assert callers.call("POST", "/v1/holds", hold)[1]["blocked_by"] == ["minor"]
    assert callers.world.items() == before


@pytest.mark.threat(
    "W15",
    "One person makes two keys and signs twice. The owners differ only by an invisible character.",
    "Owners are compared without invisible characters, width and case. New keys cannot contain them.",
)
def test_two_owners_can_lift_a_wrong_report_but_opt_outs_stay(callers: ApiCallers) -> None:
    callers.report_minor()
    assert callers.lift_suppression("minor", NOW + 10)[0] == 202
    assert callers.lift_suppression("minor", NOW + 20)[0] == 202  # the same key again does not count
    assert (
        callers.lift_suppression("minor", NOW + 30, by=" OFFICER 1 ")[0] == 202
    )  # another key of that owner does not count
    for spelling in (
        "o\u200bfficer 1",
        "\uff4ffficer 1",
    ):  # an owner that only looks different does not count
        assert callers.lift_suppression("minor", NOW + 30, by=spelling)[0] == 202
    assert callers.blocking_reason() == "minor"
    status, result = callers.lift_suppression("minor", NOW + 40, by="officer 2")
    assert (status, result["outcome"]) == (200, "applied")
    assert (callers.blocking_reason(), callers.blocking_reason("service")) == ("unsubscribed", "ok")
    assert all("expires" not in item for item in callers.world.items())
    assert callers.lift_suppression("minor", NOW + 50, by="officer 2")[1]["outcome"] == "superseded"
    # The person can opt in again.
    change = {"address": JANE, "scope": "offers", "state": "in", **ON_FILE}
    callers.call("POST", "/v1/changes", change, at=NOW + 60)
    assert callers.blocking_reason() == "ok"


def test_the_second_signature_must_come_within_a_day(callers: ApiCallers) -> None:
    callers.report_minor()
    callers.lift_suppression("minor", NOW)
    assert callers.lift_suppression("minor", NOW + DAY_MS, by="officer 2")[0] == 202
    assert callers.blocking_reason() == "minor"
    assert callers.lift_suppression("minor", NOW + 2 * DAY_MS - 1)[0] == 200


def test_a_purge_keeps_a_later_signature(callers: ApiCallers) -> None:
    callers.report_minor()
    callers.lift_suppression("minor", NOW + 10)
    callers.world.context.milliseconds_left = 300_000
    assert purge.handler({}, callers.world.context)["purged"] == 1
    assert callers.lift_suppression("minor", NOW + 20, by="officer 2")[0] == 200


def test_data_is_not_disclosed_when_the_register_fails(
    callers: ApiCallers, monkeypatch: pytest.MonkeyPatch
) -> None:
    callers.report_minor()

    def fail(_: object) -> None:
        raise StoreUnavailable("the test made the store fail")

    monkeypatch.setattr(parts().disclosures, "append", fail)
    lookup = callers.call("POST", "/v1/recipients/lookup", {"address": JANE})
    feed = callers.call("GET", "/v1/suppressions", at=NOW + DAY_MS)
    assert (lookup[0], feed[0]) == (503, 503)
    assert callers.world.recipient(JANE) not in json.dumps([lookup, feed])


@pytest.mark.parametrize("purpose", ["marketing", "Legal", "sending "])
def test_data_is_not_disclosed_for_an_unknown_purpose(callers: ApiCallers, purpose: str) -> None:
    callers.report_minor()
    body = {"address": JANE, "purpose": purpose}
    query = {"purpose": purpose}
    answers = [
        callers.call("POST", "/v1/recipients/lookup", body),
        callers.call("GET", "/v1/suppressions", query=query, at=NOW + DAY_MS),
    ]
    assert {status for status, _ in answers} == {403}
    assert {problem["type"] for _, problem in answers} == {"urn:heed:problem:purpose-refused"}
    assert callers.call("GET", "/v1/disclosures")[1]["disclosures"] == []


@pytest.mark.parametrize("purpose", list(DisclosurePurpose))
def test_each_known_purpose_is_permitted_and_registered(
    callers: ApiCallers, purpose: DisclosurePurpose
) -> None:
    body = {"address": JANE, "purpose": purpose.value}
    assert callers.call("POST", "/v1/recipients/lookup", body)[0] == 200
    (disclosure,) = callers.call("GET", "/v1/disclosures")[1]["disclosures"]
    assert (disclosure["what"], disclosure["purpose"]) == ("lookup", purpose.value)


def test_an_erasure_keeps_the_opt_out_and_is_refused_during_a_hold(callers: ApiCallers) -> None:
    callers.world.apply_changes(
        JANE, Change(out(2), _entry(Millis(NOW - DAY_MS))), Change(COMPLAINT, _entry(Millis(NOW - DAY_MS)))
    )
    hold = {"address": JANE, "source": "letter", **LIFT_REASON}
    assert callers.call("POST", "/v1/holds", hold)[1]["sendable"]["service"] is False
    before = callers.world.items()
    erasure = {"address": JANE, **ON_FILE}
    status, problem = callers.call("POST", "/v1/erasures", erasure, at=NOW + 1)
    assert (status, problem["type"]) == (409, "urn:heed:problem:held")
    assert callers.world.items() == before
    assert callers.lift_suppression("hold", NOW + 2)[1]["outcome"] == "applied"
    assert callers.call("POST", "/v1/erasures", erasure, at=NOW + 3)[0] == 202
    assert (callers.blocking_reason(), callers.blocking_reason("service")) == ("unsubscribed", "ok")
    (item,) = callers.world.items()
    assert "salt" not in item and "x:complaint" not in item and "expires" not in item


@pytest.mark.parametrize(
    ("mistake", "register", "more"),
    [
        (Change(UNDELIVERABLE, _entry(NOW)), "undeliverable", {}),
        (Change(HOLD, _entry(NOW)), "hold", {}),
        (Change(COMPLAINT, _entry(NOW)), "complaint", {"scope": "offers"}),
    ],
)
def test_a_mistake_of_an_agent_can_be_lifted(
    callers: ApiCallers, mistake: Change, register: str, more: dict[str, str]
) -> None:
    callers.world.apply_changes(JANE, mistake)
    assert callers.blocking_reason() != "ok"
    status, result = callers.lift_suppression(register, NOW + 1, **more)
    assert (status, result["outcome"], result["sendable"]["offers"]) == (200, "applied", True)
    assert callers.blocking_reason() == "ok"
    if register == "complaint":
        assert callers.blocking_reason("news") == "complained"


def test_the_function_agents_queues_no_address(callers: ApiCallers) -> None:
    callers.report_minor()
    assert callers.world.messages("SES_LIST_QUEUE_URL") == []


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("/v1/minors", {"address": JANE, "source": "phone"}, "/reference"),
        ("/v1/minors", {**ON_FILE}, "/address"),
        ("/v1/minors", {"address": JANE, **ON_FILE, "source": "age-report"}, "/source"),
        ("/v1/erasures", {"address": JANE, **ON_FILE, "reference": " "}, "/reference"),
        ("/v1/holds", {"address": JANE, **ON_FILE}, "/reason"),
        ("/v1/lifts", {"address": JANE, "register": "complaint", **LIFT_REASON}, "/scope"),
        ("/v1/lifts", {"address": JANE, "register": "hold", "scope": "*", **LIFT_REASON}, "/scope"),
        ("/v1/lifts", {"address": JANE, "register": "paused", **LIFT_REASON}, "/register"),
        (
            "/v1/lifts",
            {"address": JANE, "register": "complaint", "scope": "service", **LIFT_REASON},
            "/scope",
        ),
    ],
)
def test_a_request_that_breaks_the_contract_is_reported_and_changes_nothing(
    callers: ApiCallers, path: str, body: object, pointer: str
) -> None:
    status, problem = callers.call("POST", path, body)
    assert (status, [fault["pointer"] for fault in problem["errors"]]) == (422, [pointer])
    assert callers.world.items() == []


def test_each_lookup_and_each_page_of_the_feed_is_registered(callers: ApiCallers) -> None:
    callers.call("POST", "/v1/recipients/lookup", {"address": JANE, "purpose": "legal"})
    callers.call("GET", "/v1/suppressions")  # the list is empty, so nothing is disclosed
    callers.report_minor()
    feed = {"purpose": "affiliate"}
    callers.call("GET", "/v1/suppressions", query=feed, at=NOW + DAY_MS)
    refused = callers.call("GET", "/v1/suppressions", query={"purpose": "marketing"})
    assert refused[0] == 403

    status, answer = callers.call("GET", "/v1/disclosures")

    assert status == 200
    registered = [
        (disclosure["number"], disclosure["what"], disclosure["purpose"], disclosure["people"])
        for disclosure in answer["disclosures"]
    ]
    assert registered == [(2, "suppressions", "affiliate", 1), (1, "lookup", "legal", 1)]
    assert answer["disclosures"][1]["before"] == FIRST_PREVIOUS_HASH
    assert answer["disclosures"][0]["before"] == answer["disclosures"][1]["hash"]
    texts = json.dumps(answer)
    assert callers.world.recipient(JANE) not in texts and "example" not in texts
    page = callers.call("GET", "/v1/disclosures", query={"limit": "1"})[1]
    second = callers.call("GET", "/v1/disclosures", query={"cursor": page["cursor"]})[1]
    assert [disclosure["number"] for disclosure in (*page["disclosures"], *second["disclosures"])] == [2, 1]
    assert second["cursor"] is None


def test_concurrent_disclosures_make_one_unbroken_chain(
    callers: ApiCallers, monkeypatch: pytest.MonkeyPatch
) -> None:
    register, client, lock = parts().disclosures, parts().client("dynamodb"), threading.Lock()
    call = client._make_api_call

    def atomic(*arguments: Any) -> Any:
        with lock:  # DynamoDB calls are atomic, but moto's are not safe between threads
            return call(*arguments)

    monkeypatch.setattr(client, "_make_api_call", atomic)

    def append(number: int) -> None:
        register.append(
            DisclosureDetails(Millis(NOW + number), "lookup", DisclosurePurpose.LEGAL, 1, f"{number:016x}")
        )

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(append, range(40)))

    entries = register.latest(None, 100).entries
    assert [entry.number for entry in entries] == list(range(40, 0, -1))
    assert {entry.details.key for entry in entries} == {f"{number:016x}" for number in range(40)}
    assert all(is_next_entry(later, earlier) for later, earlier in pairwise(entries))


def test_writers_of_the_register_that_take_turns_make_one_unbroken_chain(callers: ApiCallers) -> None:
    writers = [DisclosuresTable(parts().client("dynamodb"), "Control") for _ in range(2)]
    for number, turn in enumerate((0, 0, 1, 1, 0, 1, 0, 0)):
        details = DisclosureDetails(Millis(NOW + number), "lookup", DisclosurePurpose.LEGAL, 1, "k")
        assert writers[turn].append(details).number == number + 1

    entries = parts().disclosures.latest(None, 100).entries
    assert [entry.number for entry in entries] == list(range(8, 0, -1))
    assert all(is_next_entry(later, earlier) for later, earlier in pairwise(entries))


def test_an_entry_before_a_crash_is_found_by_the_next_append(callers: ApiCallers) -> None:
    register = parts().disclosures
    details = DisclosureDetails(NOW, "lookup", DisclosurePurpose.LEGAL, 1, "k")

    def fail(**_: object) -> None:
        raise RuntimeError("the function is killed")

    events = parts().client("dynamodb").meta.events
    events.register("before-call.dynamodb.UpdateItem", fail, unique_id="kill")
    for _ in range(3):
        with pytest.raises(RuntimeError):
            register.append(details)
    events.unregister("before-call.dynamodb.UpdateItem", unique_id="kill")
    assert len(register.latest(None, 9).entries) == 3
    assert register.append(details).number == 4
    assert [entry.number for entry in register.latest(None, 9).entries] == [4, 3, 2, 1]
