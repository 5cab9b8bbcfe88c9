"""The privacy officer's routes as AWS calls them: minors, erasures, holds, lifts, disclosures."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import pytest

from functions.purge import app as purge
from heed.domain.errors import StoreUnavailable
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
from tests.support.api_callers import JANE, ON_FILE, WHY, Office
from tests.support.deployment import NOW, World, parts
from tests.support.registers import out


@pytest.fixture
def office(world: World) -> Office:
    return Office(world)


def _entry(at: int) -> Entry:
    return Entry(at, Source.LINK, "{}")


def test_a_minor_is_totally_stopped_at_the_answer_service_mail_too(office: Office) -> None:
    office.world.put(JANE, Change(out(2), _entry(NOW - DAY_MS)))
    answer = office.minor()
    assert answer["recipient"] == office.world.recipient(JANE)
    assert {office.reason(topic) for topic in ("offers", "service", "targeted-advertising")} == {"minor"}
    status, certificate = office.call("GET", f"/v1/purges/{answer['purge']}", route="/v1/purges/{id}")
    assert (status, certificate["state"], certificate["completed_at"]) == (200, "due", None)
    texts = json.dumps(certificate)
    assert office.world.recipient(JANE) not in texts and "example" not in texts


def test_a_second_report_changes_nothing_and_names_the_same_purge(office: Office) -> None:
    first = office.minor()
    before = office.world.items()
    assert office.minor(NOW + 5) == first
    assert office.call("POST", "/v1/erasures", {"address": JANE, **ON_FILE})[1] == first
    assert office.world.items() == before


def test_nothing_about_a_minor_is_recorded_and_no_yes_brings_it_back(office: Office) -> None:
    office.minor()
    before = office.world.items()
    change = {"address": JANE, "scope": "offers", "state": "in", **ON_FILE}
    _, answer = office.call("POST", "/v1/changes", change, at=NOW + DAY_MS)
    assert answer["results"][0]["outcome"] == "refused"
    for register in ("undeliverable", "hold"):
        assert office.lift(register, NOW + DAY_MS)[1]["outcome"] == "refused"
    hold = {"address": JANE, "source": "letter", **WHY}
    assert office.call("POST", "/v1/holds", hold)[1]["blocked_by"] == ["minor"]
    assert office.world.items() == before


@pytest.mark.threat(
    "W15",
    "One person makes two keys, whose owners differ by a sign that nobody sees, and signs twice.",
    "Owners are compared without what nobody sees, without width and case; new keys may hold none of it.",
)
def test_a_wrong_report_is_undone_by_two_owners_and_undoes_no_opt_out(office: Office) -> None:
    office.minor()
    assert office.lift("minor", NOW + 10)[0] == 202
    assert office.lift("minor", NOW + 20)[0] == 202  # the same key again is not another
    assert office.lift("minor", NOW + 30, by=" KIM ")[0] == 202  # nor another key of that owner
    for spelling in ("k\u200bim", "\uff4bim"):  # nor one whose owner only looks like it
        assert office.lift("minor", NOW + 30, by=spelling)[0] == 202
    assert office.reason() == "minor"
    status, done = office.lift("minor", NOW + 40, by="lou")
    assert (status, done["outcome"]) == (200, "applied")
    assert (office.reason(), office.reason("service")) == ("unsubscribed", "ok")
    assert all("expires" not in item for item in office.world.items())
    assert office.lift("minor", NOW + 50, by="lou")[1]["outcome"] == "superseded"
    # And the person may come back.
    change = {"address": JANE, "scope": "offers", "state": "in", **ON_FILE}
    office.call("POST", "/v1/changes", change, at=NOW + 60)
    assert office.reason() == "ok"


def test_the_second_key_must_come_within_a_day(office: Office) -> None:
    office.minor()
    office.lift("minor", NOW)
    assert office.lift("minor", NOW + DAY_MS, by="lou")[0] == 202
    assert office.reason() == "minor"
    assert office.lift("minor", NOW + 2 * DAY_MS - 1)[0] == 200


def test_the_purge_of_a_wrong_report_takes_no_signature_that_came_after_it(office: Office) -> None:
    office.minor()
    office.lift("minor", NOW + 10)
    office.world.context.left = 300_000
    assert purge.handler({}, office.world.context)["purged"] == 1
    assert office.lift("minor", NOW + 20, by="lou")[0] == 200


def test_what_cannot_be_put_on_the_register_is_not_given_out(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.minor()

    def fail(_: object) -> None:
        raise StoreUnavailable("kept so by the test")

    monkeypatch.setattr(parts().disclosures, "append", fail)
    asked = office.call("POST", "/v1/recipients/lookup", {"address": JANE})
    listed = office.call("GET", "/v1/suppressions", at=NOW + DAY_MS)
    assert (asked[0], listed[0]) == (503, 503)
    assert office.world.recipient(JANE) not in json.dumps([asked, listed])


@pytest.mark.parametrize("purpose", ["marketing", "Legal", "sending "])
def test_for_a_purpose_that_is_not_on_the_list_nothing_is_given_out(office: Office, purpose: str) -> None:
    office.minor()
    body = {"address": JANE, "purpose": purpose}
    query = {"purpose": purpose}
    answers = [
        office.call("POST", "/v1/recipients/lookup", body),
        office.call("GET", "/v1/suppressions", query=query, at=NOW + DAY_MS),
    ]
    assert {status for status, _ in answers} == {403}
    assert {problem["type"] for _, problem in answers} == {"urn:heed:problem:purpose-refused"}
    assert office.call("GET", "/v1/disclosures")[1]["disclosures"] == []


@pytest.mark.parametrize("purpose", list(DisclosurePurpose))
def test_every_purpose_of_the_list_is_permitted_and_told(office: Office, purpose: DisclosurePurpose) -> None:
    body = {"address": JANE, "purpose": purpose.value}
    assert office.call("POST", "/v1/recipients/lookup", body)[0] == 200
    (told,) = office.call("GET", "/v1/disclosures")[1]["disclosures"]
    assert (told["what"], told["purpose"]) == ("lookup", purpose.value)


def test_an_erasure_keeps_the_bare_stop_and_waits_for_a_hold(office: Office) -> None:
    office.world.put(JANE, Change(out(2), _entry(NOW - DAY_MS)), Change(COMPLAINT, _entry(NOW - DAY_MS)))
    hold = {"address": JANE, "source": "letter", **WHY}
    assert office.call("POST", "/v1/holds", hold)[1]["sendable"]["service"] is False
    before = office.world.items()
    erasure = {"address": JANE, **ON_FILE}
    status, problem = office.call("POST", "/v1/erasures", erasure, at=NOW + 1)
    assert (status, problem["type"]) == (409, "urn:heed:problem:held")
    assert office.world.items() == before
    assert office.lift("hold", NOW + 2)[1]["outcome"] == "applied"
    assert office.call("POST", "/v1/erasures", erasure, at=NOW + 3)[0] == 202
    assert (office.reason(), office.reason("service")) == ("unsubscribed", "ok")
    (item,) = office.world.items()
    assert "salt" not in item and "x:complaint" not in item and "expires" not in item


@pytest.mark.parametrize(
    ("mistake", "register", "more"),
    [
        (Change(UNDELIVERABLE, _entry(NOW)), "undeliverable", {}),
        (Change(HOLD, _entry(NOW)), "hold", {}),
        (Change(COMPLAINT, _entry(NOW)), "complaint", {"scope": "offers"}),
    ],
)
def test_a_mistake_of_an_agent_has_an_inverse(
    office: Office, mistake: Change, register: str, more: dict[str, str]
) -> None:
    office.world.put(JANE, mistake)
    assert office.reason() != "ok"
    status, done = office.lift(register, NOW + 1, **more)
    assert (status, done["outcome"], done["sendable"]["offers"]) == (200, "applied", True)
    assert office.reason() == "ok"
    if register == "complaint":
        assert office.reason("news") == "complained"


def test_the_function_agents_hands_no_address_on(office: Office) -> None:
    office.minor()
    assert office.world.messages("SES_LIST_QUEUE_URL") == []


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("/v1/minors", {"address": JANE, "source": "phone"}, "/reference"),
        ("/v1/minors", {**ON_FILE}, "/address"),
        ("/v1/minors", {"address": JANE, **ON_FILE, "source": "age-report"}, "/source"),
        ("/v1/erasures", {"address": JANE, **ON_FILE, "reference": " "}, "/reference"),
        ("/v1/holds", {"address": JANE, **ON_FILE}, "/reason"),
        ("/v1/lifts", {"address": JANE, "register": "complaint", **WHY}, "/scope"),
        ("/v1/lifts", {"address": JANE, "register": "hold", "scope": "*", **WHY}, "/scope"),
        ("/v1/lifts", {"address": JANE, "register": "paused", **WHY}, "/register"),
        (
            "/v1/lifts",
            {"address": JANE, "register": "complaint", "scope": "service", **WHY},
            "/scope",
        ),
    ],
)
def test_what_breaks_the_contract_is_named_and_nobody_is_stopped(
    office: Office, path: str, body: object, pointer: str
) -> None:
    status, problem = office.call("POST", path, body)
    assert (status, [fault["pointer"] for fault in problem["errors"]]) == (422, [pointer])
    assert office.world.items() == []


def test_every_lookup_and_every_page_of_the_feed_is_on_the_register(office: Office) -> None:
    office.call("POST", "/v1/recipients/lookup", {"address": JANE, "purpose": "legal"})
    office.call("GET", "/v1/suppressions")  # nobody: nothing is disclosed
    office.minor()
    feed = {"purpose": "affiliate"}
    office.call("GET", "/v1/suppressions", query=feed, at=NOW + DAY_MS)
    refused = office.call("GET", "/v1/suppressions", query={"purpose": "marketing"})
    assert refused[0] == 403

    status, answer = office.call("GET", "/v1/disclosures")

    assert status == 200
    told = [(d["number"], d["what"], d["purpose"], d["people"]) for d in answer["disclosures"]]
    assert told == [(2, "suppressions", "affiliate", 1), (1, "lookup", "legal", 1)]
    assert answer["disclosures"][1]["before"] == FIRST_PREVIOUS_HASH
    assert answer["disclosures"][0]["before"] == answer["disclosures"][1]["hash"]
    texts = json.dumps(answer)
    assert office.world.recipient(JANE) not in texts and "example" not in texts
    page = office.call("GET", "/v1/disclosures", query={"limit": "1"})[1]
    second = office.call("GET", "/v1/disclosures", query={"cursor": page["cursor"]})[1]
    assert [d["number"] for d in (*page["disclosures"], *second["disclosures"])] == [2, 1]
    assert second["cursor"] is None


def test_the_chain_grows_by_one_entry_each_however_many_append_at_once(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    register, client, one_call = parts().disclosures, parts().client("dynamodb"), threading.Lock()
    call = client._make_api_call

    def atomic(*arguments: Any) -> Any:
        with one_call:  # as DynamoDB has it; moto alone is torn apart by threads
            return call(*arguments)

    monkeypatch.setattr(client, "_make_api_call", atomic)

    def append(n: int) -> None:
        register.append(DisclosureDetails(NOW + n, "lookup", DisclosurePurpose.LEGAL, 1, f"{n:016x}"))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(append, range(40)))

    entries = register.latest(None, 100).entries
    assert [entry.number for entry in entries] == list(range(40, 0, -1))
    assert {entry.details.key for entry in entries} == {f"{n:016x}" for n in range(40)}
    assert all(is_next_entry(later, earlier) for later, earlier in pairwise(entries))


def test_an_entry_whose_end_was_not_marked_is_found_by_the_next(office: Office) -> None:
    register = parts().disclosures
    given = DisclosureDetails(NOW, "lookup", DisclosurePurpose.LEGAL, 1, "k")

    def fail(**_: object) -> None:
        raise RuntimeError("the function is killed")

    events = parts().client("dynamodb").meta.events
    events.register("before-call.dynamodb.UpdateItem", fail, unique_id="kill")
    for _ in range(3):
        with pytest.raises(RuntimeError):
            register.append(given)
    events.unregister("before-call.dynamodb.UpdateItem", unique_id="kill")
    assert len(register.latest(None, 9).entries) == 3
    assert register.append(given).number == 4
    assert [entry.number for entry in register.latest(None, 9).entries] == [4, 3, 2, 1]
