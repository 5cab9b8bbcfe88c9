"""The routes of the function `agents`, from HTTP event to answer."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from functions.agents import app
from heed.domain.api_key import KeyScope
from heed.domain.errors import StoreUnavailable
from heed.domain.ledger.transition import make_ledger_entry
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import (
    COMPLAINT,
    DAY_MS,
    HOLD,
    MINOR,
    SOFT_BOUNCE,
    UNDELIVERABLE,
    Change,
    Entry,
    Source,
)
from heed.domain.recipients.recipient import recipient_to_bytes
from tests.support import openapi
from tests.support.deployment import NOW, World, http_event, parts
from tests.support.registers import in_, out

JANE = "jane.doe@example.com"
EVERYTHING = ["offers", "news", "events", "research", "service", "targeted-advertising"]


class Agent:
    """Calls the routes with a key that has both scopes of an agent."""

    def __init__(self, world: World) -> None:
        self.world = world
        scopes = [KeyScope.WRITE, KeyScope.READ]
        self.key_id, self.key = parts().api_keys.create("agent", "ops", scopes)

    def call(self, path: str, body: object, at: int = NOW, key: str | None = None) -> tuple[int, Any]:
        text = body if isinstance(body, str) else json.dumps(body)
        headers = {"Authorization": f"Bearer {key or self.key}", "content-type": "application/json"}
        answer = app.handler(http_event("POST", path, body=text, headers=headers, at=at), self.world.context)
        return answer["statusCode"], openapi.check_response("POST", path, answer)

    def change(self, **fields: object) -> Any:
        status, body = self.call("/v1/changes", _change(**fields))
        assert status == 200, body
        (result,) = body["results"]
        return result

    def faults(self, body: object) -> dict[str, str]:
        """Returns the faults of a body by JSON pointer, and checks that nothing of it was applied."""
        before = self.world.items()
        status, problem = self.call("/v1/changes", body)
        assert (status, self.world.items()) == (422, before), problem
        return {fault["pointer"]: fault["detail"] for fault in problem["errors"]}

    def lookup(self, **fields: object) -> Any:
        status, body = self.call("/v1/recipients/lookup", fields)
        assert status == 200, body
        return body


def _change(**fields: object) -> dict[str, object]:
    body = {"address": JANE, "scope": "offers", "state": "out", "source": "phone", **fields}
    return {name: value for name, value in body.items() if value is not None}


@pytest.fixture
def agent(world: World) -> Agent:
    return Agent(world)


def _entry(at: Millis = Millis(NOW - DAY_MS)) -> Entry:
    return Entry(at, Source.LINK, "{}")


def test_an_opt_out_by_phone_is_recorded_and_answered_with_sendable_topics(agent: Agent) -> None:
    result = agent.change(address=" Jane <Jane.Doe@EXAMPLE.com>", reference="call 17", agent="kim")
    assert result == {
        "recipient": agent.world.recipient(JANE),
        "address": JANE,
        "record": "new",
        "outcome": "applied",
        "blocked_by": [],
        "sendable": {name: name not in ("offers", "research") for name in EVERYTHING},
    }
    (entry,) = parts().preferences.read(agent.world.recipient(JANE)).registers.values()
    assert (entry.at, entry.source, entry.policy) == (NOW, Source.PHONE, "2026-01")
    assert json.loads(entry.evidence) == {
        "key": agent.key_id,
        "reference": "call 17",
        "agent": "kim",
    }


def test_one_change_makes_one_write_to_the_table(agent: Agent) -> None:
    requests: list[str] = []
    parts().client("dynamodb").meta.events.register(
        "before-call.dynamodb", lambda model, **_: requests.append(model.name)
    )
    agent.change()
    assert requests == ["GetItem", "UpdateItem"]  # reads the key, writes the change
    agent.change()
    assert requests[2:] == ["UpdateItem"]


def test_a_recipient_id_in_either_form_replaces_an_address(agent: Agent) -> None:
    recipient = agent.world.recipient(JANE)
    first = agent.change(address=None, recipient=recipient)
    assert first["record"] == "new"
    assert "address" not in first
    again = agent.change(address=None, recipient=recipient_to_bytes(recipient).hex().upper())
    assert (again["recipient"], again["record"]) == (recipient, "existing")


def test_an_opt_in_by_phone_ends_an_opt_out(agent: Agent) -> None:
    agent.world.apply_changes(JANE, Change(out(2), _entry()))
    result = agent.change(state="in", reference="call 18")
    assert (result["outcome"], result["blocked_by"]) == ("applied", [])
    assert result["sendable"]["offers"] is True


@pytest.mark.threat(
    "T13",
    "An agent opts people in again who reported spam.",
    "An agent's opt-in does not lift a complaint. Each change of an agent records the id of the key.",
)
def test_an_opt_in_by_phone_lifts_no_complaint_and_no_bounce(agent: Agent) -> None:
    agent.world.apply_changes(JANE, Change(COMPLAINT, _entry()), Change(UNDELIVERABLE, _entry()))
    result = agent.change(state="in", reference="call 18")
    assert (result["outcome"], result["blocked_by"]) == (
        "applied",
        ["undeliverable", "complained"],
    )
    assert result["sendable"]["offers"] is False


def test_a_letter_older_than_an_opt_in_is_recorded_as_superseded(agent: Agent) -> None:
    agent.world.apply_changes(JANE, Change(in_(2), _entry(Millis(NOW - 1))))
    result = agent.change(source="letter", occurred_at="2026-03-01")
    assert (result["outcome"], result["record"]) == ("superseded", "existing")
    assert result["sendable"]["offers"] is True
    assert out(2) in parts().preferences.read(agent.world.recipient(JANE)).registers


def test_a_change_for_a_minor_is_refused(agent: Agent) -> None:
    agent.world.apply_changes(JANE, Change(MINOR, _entry()))
    before = agent.world.items()
    for state, more in (
        ("out", {}),
        ("in", {"reference": "r"}),
        ("paused", {"until": "2027-01-01"}),
    ):
        result = agent.change(state=state, **more)
        assert (result["outcome"], result["blocked_by"]) == ("refused", ["minor"])
        assert not any(result["sendable"].values())
    assert agent.world.items() == before


def test_an_address_on_hold_accepts_opt_outs_only(agent: Agent) -> None:
    agent.world.apply_changes(JANE, Change(HOLD, _entry()))
    before = agent.world.items()
    refused = agent.change(state="in", reference="r")
    assert (refused["outcome"], refused["blocked_by"]) == ("refused", ["hold"])
    assert agent.world.items() == before
    assert agent.change()["outcome"] == "applied"
    assert agent.change(state="paused", until="2027-01-01")["outcome"] == "applied"


@pytest.mark.parametrize(
    ("state", "occurred_at", "at"),
    [
        ("out", "2026-03-01", "2026-03-01T23:59:59.999Z"),
        ("paused", "2026-03-01", "2026-03-01T23:59:59.999Z"),
        ("in", "2026-03-01", "2026-03-01T00:00:00.000Z"),
        ("out", "2026-03-01T10:00:00+02:00", "2026-03-01T08:00:00.000Z"),
        ("out", "2026-03-05", "2026-03-05T09:12:44.390Z"),  # today: never later than now
        ("in", "2026-03-05", "2026-03-05T00:00:00.000Z"),
        ("out", "2031-01-01T00:00:00Z", "2026-03-05T09:12:44.390Z"),
        ("in", "2031-01-01", "2026-03-05T09:12:44.390Z"),
        ("out", None, "2026-03-05T09:12:44.390Z"),
    ],
)
def test_a_change_counts_from_the_time_of_the_request(
    agent: Agent, state: str, occurred_at: str | None, at: str
) -> None:
    until = "2027-01-01" if state == "paused" else None
    agent.change(state=state, occurred_at=occurred_at, until=until, reference="r")
    (register,) = agent.lookup(address=JANE)["registers"]
    assert register["at"] == at


def test_a_pause_until_a_date_ends_when_that_day_ends_in_all_time_zones(agent: Agent) -> None:
    result = agent.change(state="paused", scope="*", until="2026-03-06")
    assert result["sendable"] == {name: name in ("service", "targeted-advertising") for name in EVERYTHING}
    decision = agent.lookup(address=JANE)["decisions"]["offers"]
    assert (decision["reason"], decision["until"]) == ("paused", "2026-03-07T12:00:00.000Z")


def test_a_pause_until_yesterday_is_accepted_while_that_day_lasts_somewhere(agent: Agent) -> None:
    change = agent.change(state="paused", until="2026-03-04")  # now is 09:12 UTC on the next day
    assert (change["outcome"], change["sendable"]["offers"]) == ("applied", False)


def test_a_leap_second_counts_as_the_end_of_its_day(agent: Agent) -> None:
    assert agent.change(occurred_at="2016-12-31T23:59:60Z")["outcome"] == "applied"
    (register,) = agent.lookup(address=JANE)["registers"]
    assert register["at"] == "2016-12-31T23:59:59.999Z"


def test_targeted_advertising_is_a_separate_choice(agent: Agent) -> None:
    result = agent.change(scope="targeted-advertising")
    assert [name for name, may in result["sendable"].items() if not may] == [
        "research",
        "targeted-advertising",
    ]
    assert agent.change(scope="*")["sendable"]["service"] is True


@pytest.mark.parametrize("scope", ["meridian", "meridian/offers", "*"])
def test_a_scope_can_be_given_as_a_path(agent: Agent, scope: str) -> None:
    assert agent.change(scope=scope)["sendable"]["offers"] is False


def test_changes_are_answered_in_order_and_stored_once_per_person(
    agent: Agent,
) -> None:
    body = {
        "changes": [
            _change(scope="offers"),
            _change(address="sam@example.com", scope="*"),
            _change(scope="news"),
            _change(scope="offers", state="in", reference="r"),
        ]
    }
    status, answer = agent.call("/v1/changes", body)
    assert status == 200
    results = answer["results"]
    assert [result.get("address") for result in results] == [JANE, "sam@example.com", JANE, JANE]
    # Of two changes with the same time the opt-out counts, because nothing says which is newer.
    assert [result["outcome"] for result in results] == ["applied", "applied", "applied", "superseded"]
    assert {result["record"] for result in results} == {"new"}
    assert results[0]["sendable"] == results[2]["sendable"]
    assert results[3]["blocked_by"] == ["topic_unsubscribed"]
    assert [item["n"]["N"] for item in agent.world.items()] == ["1", "1"]  # one write for each person


def test_a_duplicate_request_changes_nothing(agent: Agent) -> None:
    body = {"changes": [_change(occurred_at="2026-03-01"), _change(scope="news")]}
    agent.call("/v1/changes", body)
    before = agent.world.items()
    status, answer = agent.call("/v1/changes", body)
    assert (status, {result["outcome"] for result in answer["results"]}) == (200, {"applied"})
    assert agent.world.items() == before


def test_addresses_in_notes_are_not_stored(agent: Agent) -> None:
    agent.change(reference=f"mail of {JANE}", agent="kim@example.com")
    assert "example.com" not in json.dumps(agent.world.items(), default=str)


def test_all_faults_of_all_changes_are_reported_and_nothing_is_applied(agent: Agent) -> None:
    faults = agent.faults(
        {
            "changes": [
                _change(),
                _change(address="not an address", scope="offer", source="link", state="on"),
                _change(state="in"),
                _change(state="paused"),
                _change(state="paused", until="2026-03-05T09:12:44.390Z"),
                _change(until="2027-01-01", occurred_at="yesterday", colour="red"),
                _change(recipient="a" * 26),
                _change(address=None, recipient="nobody"),
                "offers",
                _change(reference="x" * 201, agent=7, address=None),
                _change(scope="service"),
            ]
        }
    )
    assert set(faults) == {
        "/changes/1/address",
        "/changes/1/scope",
        "/changes/1/state",
        "/changes/1/source",
        "/changes/2/reference",
        "/changes/3/until",
        "/changes/4/until",
        "/changes/5/occurred_at",
        "/changes/5/until",
        "/changes/6/recipient",
        "/changes/7/recipient",
        "/changes/8",
        "/changes/8/address",
        "/changes/8/scope",
        "/changes/8/state",
        "/changes/8/source",
        "/changes/9/address",
        "/changes/9/reference",
        "/changes/9/agent",
        "/changes/10/scope",
        "/changes/5/colour",
    }
    assert "not an address" not in json.dumps(faults)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/address"),
        ({"changes": []}, "/changes"),
        ({"changes": [_change()] * 101}, "/changes"),
        ({"changes": [_change()], "scope": "offers"}, "/scope"),
        (_change(state="in", reference="  "), "/reference"),
        (_change(until="2027-01-01"), "/until"),
        (_change(state="paused", until="2026-02-28", occurred_at="2026-03-01"), "/until"),
        (_change(address=""), "/address"),
        (_change(address="a@b@example.com"), "/address"),
        (_change(address=["a@example.com"]), "/address"),
        (_change(source="one-click"), "/source"),
        (_change(scope="meridian/other"), "/scope"),
        (_change(occurred_at="2026-03-01T10:00:00"), "/occurred_at"),
        (_change(occurred_at=1772701964), "/occurred_at"),
        (_change(reference="half a pair: \ud800"), "/reference"),
        ([_change()], ""),
    ],
)
def test_a_change_that_breaks_the_contract_is_reported(agent: Agent, body: object, pointer: str) -> None:
    assert pointer in agent.faults(body)


@pytest.mark.parametrize(
    ("scope", "nearest"),
    [
        ("ofers", "offers"),
        ("Offers", "offers"),
        ("meridian/ofers", "meridian/offers"),
        ("meridan", "meridian"),
        ("jane.doe@example.com", None),
        ("x" * 1_000, None),
    ],
)
def test_an_unknown_scope_gets_the_nearest_name_but_is_not_echoed(
    agent: Agent, scope: str, nearest: str | None
) -> None:
    hint = "" if nearest is None else f"; the most similar name is {nearest}"
    detail = f"is not in the catalogue{hint}; GET /v1/topics lists all names"
    assert agent.faults(_change(scope=scope)) == {"/scope": detail}


def test_a_pause_that_has_ended_already_is_accepted(agent: Agent) -> None:
    past = {"occurred_at": "2026-02-01", "until": "2026-02-20"}
    result = agent.change(state="paused", source="letter", **past)
    assert (result["outcome"], result["sendable"]["offers"]) == ("applied", True)


def test_a_body_that_is_not_json_is_answered_with_400(agent: Agent) -> None:
    for body in ("", "{", "\ufeff{}", '{"a": NaN}'):
        assert agent.call("/v1/changes", body)[0] == 400


@pytest.mark.threat(
    "T11",
    "An attacker calls a route for which the key has no scope.",
    "Each route requires scopes. A key without them is answered with 403.",
)
@pytest.mark.parametrize(
    ("path", "scope"),
    [("/v1/changes", KeyScope.READ), ("/v1/recipients/lookup", KeyScope.WRITE)],
)
def test_a_key_needs_the_scope_of_the_route(agent: Agent, path: str, scope: KeyScope) -> None:
    _, other = parts().api_keys.create("other", "ops", [scope])
    status, problem = agent.call(path, "no json", key=other)
    assert (status, problem["type"]) == (403, "urn:heed:problem:not-authorised")
    assert agent.call(path, "no json", key="heed_" + "a" * 43)[0] == 401


def test_a_failed_write_is_503_and_a_retry_completes_it(
    agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"changes": [_change(), _change(address="sam@example.com")]}
    preferences = parts().preferences
    apply = preferences.apply

    def fail(recipient: str, *rest: Any) -> Any:
        if recipient == agent.world.recipient("sam@example.com"):
            raise StoreUnavailable("throttled by the test")
        return apply(recipient, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(preferences, "apply", fail)
        status, problem = agent.call("/v1/changes", body)
        assert (status, problem["type"]) == (503, "urn:heed:problem:unavailable")
    status, answer = agent.call("/v1/changes", body)
    assert [result["record"] for result in answer["results"]] == ["existing", "new"]
    assert {result["outcome"] for result in answer["results"]} == {"applied"}


def test_a_lookup_shows_all_stored_data_in_words(agent: Agent) -> None:
    agent.change(scope="*", reference="call 17", occurred_at="2026-03-01")
    agent.change(scope="offers", state="paused", until="2026-04-01")
    agent.world.apply_changes(JANE, Change(UNDELIVERABLE, _entry(Millis(NOW - 2 * DAY_MS))))
    agent.world.apply_changes(
        JANE, *(Change(SOFT_BOUNCE, _entry(Millis(day * DAY_MS))) for day in (20_000, 20_001))
    )
    person = agent.lookup(address=JANE, purpose="legal")
    assert person["recipient"] == agent.world.recipient(JANE)
    assert [(register["register"], register["scope"]) for register in person["registers"]] == [
        ("out", "*"),
        ("undeliverable", "*"),
        ("pause", "offers"),
    ]
    assert person["registers"][0] == {
        "register": "out",
        "scope": "*",
        "at": "2026-03-01T23:59:59.999Z",
        "source": "phone",
        "evidence": {"key": agent.key_id, "reference": "call 17"},
        "policy_version": "2026-01",
        "until": None,
    }
    assert person["registers"][2]["until"] == "2026-04-02T12:00:00.000Z"
    assert person["soft_bounces"] == ["2024-10-04", "2024-10-05"]
    assert person["erased_at"] is None
    assert sorted(person["decisions"]) == sorted(EVERYTHING)
    assert person["decisions"]["service"]["reason"] == "undeliverable"
    assert person["history"] == []


def test_a_lookup_of_an_unknown_person_shows_the_defaults(agent: Agent) -> None:
    person = agent.lookup(recipient=agent.world.recipient(JANE))
    assert (person["registers"], person["soft_bounces"]) == ([], [])
    assert person["decisions"]["offers"] == {
        "sendable": True,
        "reason": "ok",
        "since": None,
        "source": None,
        "until": None,
    }
    assert person["decisions"]["research"]["reason"] == "no_consent"


def test_a_long_history_is_cut_to_its_latest_part_and_marked(
    agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent.world.apply_changes(JANE, Change(out(2), Entry(NOW, Source.LINK, "{}")))
    recipient = agent.world.recipient(JANE)
    salt = parts().preferences.read(recipient).salt
    for seq in range(1, 6):
        change = Change(out(2), Entry(Millis(NOW + seq), Source.LINK, "{}"))
        parts().ledger.enter(*make_ledger_entry(salt, recipient, change, seq, NOW))

    whole = agent.lookup(address=JANE)
    monkeypatch.setattr("heed.use_cases.privacy.lookup.MAX_HISTORY", 2)
    cut = agent.lookup(address=JANE)

    assert len(whole["history"]) == 5 and "history_left_out" not in whole
    assert cut["history"] == whole["history"][-2:] and cut["history_left_out"] == 3


def test_a_history_above_the_read_limit_is_cut_and_marked(
    agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent.world.apply_changes(JANE, Change(out(2), Entry(NOW, Source.LINK, "{}")))
    recipient = agent.world.recipient(JANE)
    salt = parts().preferences.read(recipient).salt
    for seq in range(1, 6):
        change = Change(out(2), Entry(Millis(NOW + seq), Source.LINK, "{}"))
        parts().ledger.enter(*make_ledger_entry(salt, recipient, change, seq, NOW))
    monkeypatch.setattr("heed.use_cases.privacy.lookup.MAX_HISTORY_READ", 5)
    assert "history_cut" not in agent.lookup(address=JANE)

    monkeypatch.setattr("heed.use_cases.privacy.lookup.MAX_HISTORY_READ", 4)
    cut = agent.lookup(address=JANE)
    assert len(cut["history"]) == 4 and cut["history_cut"] is True
    assert [register["register"] for register in cut["registers"]] == ["out"]


def test_a_lookup_changes_nothing(agent: Agent) -> None:
    agent.lookup(address=JANE)
    assert agent.world.items() == []


@pytest.mark.parametrize(
    "purpose", ["sending", "business-transfer", "affiliate", "legal", "safety", "data-subject"]
)
def test_the_purposes_of_the_policy_are_accepted(agent: Agent, purpose: str) -> None:
    assert agent.lookup(address=JANE, purpose=purpose)["registers"] == []


@pytest.mark.parametrize("purpose", ["marketing", "Legal", "data subject"])
def test_a_lookup_for_another_purpose_is_refused(agent: Agent, purpose: str) -> None:
    body = {"address": JANE, "purpose": purpose}
    status, problem = agent.call("/v1/recipients/lookup", body)
    assert (status, problem["type"]) == (403, "urn:heed:problem:purpose-refused")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/address"),
        ({"address": "nobody"}, "/address"),
        ({"recipient": "nobody"}, "/recipient"),
        ({"address": JANE, "purpose": 1}, "/purpose"),
        ({"address": JANE, "history": True}, "/history"),
    ],
)
def test_a_lookup_that_breaks_the_contract_is_reported(agent: Agent, body: object, pointer: str) -> None:
    status, problem = agent.call("/v1/recipients/lookup", body)
    assert status == 422
    assert pointer in [fault["pointer"] for fault in problem["errors"]]


def test_a_lookup_logs_its_purpose_but_not_the_person(agent: Agent, caplog: pytest.LogCaptureFixture) -> None:
    agent.lookup(address=JANE, purpose="legal")
    (line,) = [vars(record) for record in caplog.records if record.message == "looked up"]
    assert (line["purpose"], line["key_id"]) == ("legal", agent.key_id)
    assert JANE not in str(line)
    assert agent.world.recipient(JANE) not in str(line)


def test_an_unreadable_record_is_answered_with_503(agent: Agent) -> None:
    recipient = agent.world.recipient(JANE)
    boto3.client("dynamodb").put_item(
        TableName=agent.world.table,
        Item={"id": {"S": recipient}, "n": {"N": "1"}, "i:3": {"S": "?"}},
    )
    assert agent.call("/v1/recipients/lookup", {"address": JANE})[0] == 503
    body = {"changes": [_change(), _change(address="sam@example.com")]}
    assert agent.call("/v1/changes", body)[0] == 503
    record = parts().preferences.read(agent.world.recipient("sam@example.com"))
    assert out(2) in record.registers
