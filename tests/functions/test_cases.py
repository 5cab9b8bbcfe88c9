"""Cases, from HTTP event to answer: listed, shown, decided once, and continued after a failure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError

from functions.cases import app
from functions.purge import app as purge
from heed.domain.api_key import KeyScope
from heed.domain.mailbox.case import Case, CaseKind, new_case
from heed.domain.milliseconds import Millis
from heed.domain.opt_in.confirmation_request import ConfirmationRequest
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.preferences.register import (
    ALL_SCOPES,
    DAY_MS,
    HOLD,
    LIFT_HOLD,
    MINOR,
    Change,
    Entry,
    Source,
    opt_in_register,
    opt_out_register,
    pause_register,
)
from tests.functions.conftest import HOUR, Clock
from tests.support import mailbox, openapi
from tests.support.aws_calls import outside_handlers
from tests.support.cases import RECEIVED, SENDER, mail_of, mails_of_cases, open_case
from tests.support.crash import run_after_calls
from tests.support.deployment import NOW, World, client, http_event, parts, restart
from tests.support.ses_messages import EVENTS

JANE = SENDER
WHY = {"reason": "as she writes"}
PAUSE = pause_register(ALL_SCOPES)


class Desk:
    """Opens cases as the mailbox does, and calls the routes with the key of an officer."""

    def __init__(self, world: World) -> None:
        self.world, self.number = world, 0
        self.key_id, self.key = parts().api_keys.create("desk", "officer", [KeyScope.PRIVACY])

    def open(self, kind: CaseKind, address: str | None = JANE, mail: bytes | None = None) -> Case:
        self.number += 1
        return open_case(self.world, kind, address, mail, message=f"message {self.number}")

    def call(
        self, method: str, path: str, body: object = None, at: int = NOW, **query: str
    ) -> tuple[int, Any]:
        text = body if isinstance(body, str) or body is None else json.dumps(body)
        event = http_event(
            method, path, body=text, headers={"Authorization": f"Bearer {self.key}"}, at=at, query=query
        )
        answer = app.handler(event, self.world.context)
        route = "/v1/cases" if path == "/v1/cases" else "/v1/cases/{id}"
        return answer["statusCode"], openapi.check_response(method, route, answer)

    def decide(self, case: Case, decision: str, **fields: object) -> tuple[int, Any]:
        return self.call("POST", f"/v1/cases/{case.id}", {"decision": decision, **WHY, **fields})

    def list_cases(self, **query: str) -> Any:
        status, body = self.call("GET", "/v1/cases", None, NOW, **query)
        assert status == 200, body
        return body

    def show(self, case: Case) -> Any:
        status, body = self.call("GET", f"/v1/cases/{case.id}")
        assert status == 200, body
        return body

    def registers(self, address: str = JANE) -> Mapping[Any, Entry]:
        return parts().preferences.read(self.world.recipient(address)).registers


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


def test_open_cases_are_listed_in_the_order_of_their_due_dates(desk: Desk) -> None:
    other, child = desk.open(CaseKind.OTHER, None), desk.open(CaseKind.CHILD_REPORT)
    opt_out = desk.open(CaseKind.OPT_OUT_DOUBTFUL)
    listed = desk.list_cases(state="open")
    assert [case["id"] for case in listed["cases"]] == [opt_out.id, child.id, other.id]
    assert listed["cases"][0] == {
        "id": opt_out.id,
        "kind": "opt-out-doubtful",
        "recipient": desk.world.recipient(JANE),
        "received_at": "2026-03-04T09:12:44.390Z",
        "due_at": "2026-03-06T09:12:44.390Z",
        "state": "open",
        "names_other_address": False,
    }
    assert (listed["cases"][2]["recipient"], listed["cursor"]) == (None, None)


def test_the_cursor_of_a_page_continues_the_list_without_a_gap(desk: Desk) -> None:
    cases = [new_case(CaseKind.OTHER, f"m{n}", "", RECEIVED) for n in range(102)]
    for case in cases:
        parts().cases.add(case)
    first = desk.list_cases()
    second = desk.list_cases(cursor=first["cursor"])
    ids = [case["id"] for page in (first, second) for case in page["cases"]]
    assert (len(first["cases"]), second["cursor"]) == (100, None)
    assert ids == sorted(case.id for case in cases)


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"state": "decided"}, "/state"),
        ({"cursor": "1-x"}, "/cursor"),
        ({"cursor": f"{'9' * 15}-{'0' * 32}"}, "/cursor"),
        ({"limit": "5"}, "/limit"),
    ],
)
def test_a_wrong_query_is_refused_with_a_pointer(desk: Desk, query: dict[str, str], pointer: str) -> None:
    status, problem = desk.call("GET", "/v1/cases", None, NOW, **query)
    assert (status, [fault["pointer"] for fault in problem["errors"]]) == (422, [pointer])


def test_a_case_is_shown_with_the_text_of_its_mail_and_the_disclosure_is_on_record(desk: Desk) -> None:
    case = desk.open(CaseKind.ERASURE, mail=mail_of(JANE, "Delete me! " + "é" * 30_000, file=b"x" * 30))
    shown = desk.show(case)
    assert shown["text"].startswith("Delete me! é")
    assert len(shown["text"]) == 20_000
    assert [file["name"] for file in shown["attachments"]] == ["form.pdf"]
    assert shown["suggested"] == ["erase", "opt-out", "none"]
    (entry,) = parts().disclosures.latest(None, 10).entries
    assert (entry.details.what, entry.details.people, entry.details.key) == ("case", 1, desk.key_id)


def test_a_case_whose_mail_is_gone_is_shown_without_it_and_discloses_nothing(desk: Desk) -> None:
    case = desk.open(CaseKind.ACCESS)
    parts().case_mails.delete(case.id)
    shown = desk.show(case)
    assert (shown["text"], shown["attachments"], shown["state"]) == ("", [], "open")
    assert parts().disclosures.latest(None, 10).entries == []


def test_an_unknown_case_is_404(desk: Desk) -> None:
    for path in ("0" * 32, "ABC", "0" * 33):
        assert desk.call("GET", f"/v1/cases/{path}")[0] == 404
        assert desk.call("POST", f"/v1/cases/{path}", {"decision": "none", **WHY})[0] == 404


def test_the_sample_events_list_show_and_decide_a_case(desk: Desk) -> None:
    case = desk.open(CaseKind.OPT_OUT_DOUBTFUL)
    answers = {}
    for name in ("get-list", "get-case", "post-decision"):
        text = (EVENTS / f"cases-v2-{name}.json").read_text()
        event = json.loads(text.replace("3f9a1c0b5d7e42868a9bd0c1e2f30415", case.id))
        event["headers"]["authorization"] = f"Bearer {desk.key}"
        answers[name] = json.loads(app.handler(event, desk.world.context)["body"])

    assert [listed["id"] for listed in answers["get-list"]["cases"]] == [case.id]
    assert answers["get-case"]["text"].strip() == "please"
    decided = answers["post-decision"]
    assert (decided["state"], decided["decision"], decided["scope"]) == ("decided", "opt-out", "offers")


def test_a_decided_opt_out_counts_from_the_arrival_of_the_mail_and_names_the_case(desk: Desk) -> None:
    case = desk.open(CaseKind.OPT_OUT_DOUBTFUL)
    status, answer = desk.decide(case, "opt-out", scope="offers", reason="says joan@example.com")
    assert (status, answer["state"], answer["recipient"]) == (200, "decided", None)
    assert (answer["scope"], answer["decided_by"]) == ("offers", desk.key_id)
    entry = desk.registers()[opt_out_register(parts().catalogue.scope_number("offers"))]
    assert (entry.at, entry.source) == (RECEIVED, Source.MAILBOX)
    evidence = json.loads(entry.evidence)
    assert evidence == {"key": desk.key_id, "reference": f"case {case.id}", "reason": "says [address]"}
    assert mails_of_cases() == []


def test_a_decided_case_names_nobody_and_is_not_listed(desk: Desk) -> None:
    case = desk.open(CaseKind.OPT_OUT_DOUBTFUL)
    desk.decide(case, "none")
    shown = desk.show(case)
    assert (shown["state"], shown["recipient"], shown["text"], shown["suggested"]) == (
        "decided",
        None,
        "",
        [],
    )
    assert (shown["decision"], shown["scope"]) == ("none", None)
    assert desk.list_cases()["cases"] == []
    (item,) = [item for item in desk.world.items("Control") if item["pk"]["S"].startswith("case#")]
    assert desk.world.recipient(JANE) not in repr(item)
    assert int(item["expires"]["N"]) == (NOW + 731 * DAY_MS) // 1000


@pytest.mark.parametrize("decision", ["none", "forwarded"])
def test_a_decision_to_do_nothing_changes_no_record(desk: Desk, decision: str) -> None:
    assert desk.decide(desk.open(CaseKind.OTHER, None), decision)[0] == 200
    assert desk.world.items() == []


def test_another_decision_is_refused_and_the_same_again_is_accepted(desk: Desk) -> None:
    case = desk.open(CaseKind.OPT_OUT_DOUBTFUL)
    first = desk.decide(case, "opt-out")
    again = desk.decide(case, "opt-out", reason="pressed twice")
    assert again == first
    for other in ({"decision": "none"}, {"decision": "opt-out", "scope": "offers"}):
        status, problem = desk.call("POST", f"/v1/cases/{case.id}", {**other, **WHY})
        assert (status, problem["type"]) == (409, "urn:heed:problem:case-decided")
    assert len(desk.registers()) == 1


@pytest.mark.parametrize(("decision", "cause"), [("minor", "minor"), ("erase", "erasure")])
def test_an_erasure_begins_at_the_decision_and_orders_a_purge(desk: Desk, decision: str, cause: str) -> None:
    between = Entry(Millis(NOW - 1), Source.LINK, "{}")
    desk.world.apply_changes(JANE, Change(opt_in_register(ALL_SCOPES), between))
    case = desk.open(CaseKind.ERASURE)
    assert desk.decide(case, decision)[0] == 200
    record = parts().preferences.read(desk.world.recipient(JANE))
    assert record.erased_at == NOW
    assert opt_in_register(ALL_SCOPES) not in record.registers
    assert (MINOR in record.registers) is (decision == "minor")
    (order,) = [item for item in desk.world.items("Control") if item["pk"]["S"].startswith("purge#")]
    assert order["cause"]["S"] == cause


def test_an_erasure_under_a_hold_waits_and_is_continued_after_the_hold(desk: Desk) -> None:
    desk.world.apply_changes(JANE, Change(HOLD, Entry(Millis(NOW - DAY_MS), Source.AGENT, "{}")))
    case = desk.open(CaseKind.ERASURE)
    status, problem = desk.decide(case, "erase")
    assert (status, problem["type"]) == (409, "urn:heed:problem:held")
    assert desk.list_cases()["cases"][0]["state"] == "deciding"
    assert desk.decide(case, "none")[0] == 409
    desk.world.apply_changes(JANE, Change(LIFT_HOLD, Entry(NOW, Source.AGENT, "{}")))
    assert desk.decide(case, "erase")[0] == 200


def test_a_purge_closes_the_cases_of_the_person_and_deletes_their_mails(desk: Desk) -> None:
    complaint, child = desk.open(CaseKind.COMPLAINT), desk.open(CaseKind.CHILD_REPORT)
    other = desk.open(CaseKind.COMPLAINT, "else@example.com")
    erasure = desk.open(CaseKind.ERASURE)
    assert desk.decide(erasure, "erase")[0] == 200
    with mailbox.fake_ses_list():
        desk.world.context.milliseconds_left = 300_000
        purge.handler({}, desk.world.context)
    waiting = {case["id"]: case["recipient"] for case in desk.list_cases()["cases"]}
    assert waiting == {child.id: child.recipient, other.id: other.recipient}
    assert mails_of_cases() == [f"cases/{other.id}"]
    closed = desk.show(complaint)
    assert (closed["decision"], closed["decided_by"], closed["recipient"]) == ("none", "purge", None)
    assert desk.decide(child, "minor")[0] == 200


def test_an_erasure_that_meets_a_hold_leaves_no_order_of_a_purge(desk: Desk) -> None:
    desk.world.apply_changes(JANE, Change(opt_in_register(ALL_SCOPES), Entry(RECEIVED, Source.LINK, "{}")))
    case = desk.open(CaseKind.ERASURE)
    hold = Change(HOLD, Entry(Millis(NOW - 1), Source.AGENT, "{}"))

    def place_hold() -> None:
        with outside_handlers():
            desk.world.apply_changes(JANE, hold)

    # The decision reads the key, the case, claims it, reads the record, and stores the order.
    with run_after_calls(5, place_hold) as calls:
        status, problem = desk.decide(case, "erase")
    assert calls[4] == "PutItem"
    assert (status, problem["type"]) == (409, "urn:heed:problem:held")
    assert not [item for item in desk.world.items("Control") if item["pk"]["S"].startswith("purge#")]


def test_a_confirmation_is_requested_for_the_sender_of_the_mail(desk: Desk) -> None:
    case = desk.open(CaseKind.OPT_IN, mail=mail_of("Jane <Jane.Doe@Example.com>", "send me the news again"))
    restart()  # so that the decision itself derives the key of recipient ids
    assert desk.decide(case, "confirmation", scope="news")[0] == 200
    (message,) = desk.world.messages("CONFIRMATION_REQUESTS_QUEUE_URL")
    request = ConfirmationRequest.from_message(message)
    assert (request.address, request.intent, request.id) == (JANE, Intent.IN, case.id)
    assert request.scopes == (parts().catalogue.scope_number("news"),)
    assert desk.registers() == {}


@pytest.mark.parametrize(
    ("mail", "sender_setting"),
    [
        (mail_of("somebody.else@example.com", "for my wife"), "preferences@example.com"),
        (b"no mail", "preferences@example.com"),
        (mail_of(JANE, "again"), ""),
    ],
)
def test_a_confirmation_without_an_address_or_without_a_sender_is_refused(
    desk: Desk, mail: bytes, sender_setting: str
) -> None:
    restart(MAIL_FROM=sender_setting)
    case = desk.open(CaseKind.OPT_IN, mail=mail)
    status, problem = desk.decide(case, "confirmation")
    assert (status, problem["errors"][0]["pointer"]) == (422, "/decision")
    assert desk.list_cases()["cases"][0]["state"] == "open"


@pytest.mark.parametrize("decision", ["opt-out", "confirmation", "minor", "erase"])
def test_a_case_without_a_person_has_only_decisions_without_a_person(desk: Desk, decision: str) -> None:
    case = desk.open(CaseKind.COMPLAINT, None)
    assert desk.show(case)["suggested"] == ["forwarded", "none"]
    status, problem = desk.decide(case, decision)
    assert (status, problem["errors"][0]["pointer"]) == (422, "/decision")


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"decision": "perhaps"}, "/decision"),
        ({"decision": "none", "scope": "offers"}, "/scope"),
        ({"decision": "opt-out", "scope": "service"}, "/scope"),
        ({"decision": "opt-out", "scope": "unknown"}, "/scope"),
        ({"decision": "opt-out", "reason": " "}, "/reason"),
    ],
)
def test_a_wrong_body_is_refused_and_changes_nothing(
    desk: Desk, fields: dict[str, str], pointer: str
) -> None:
    case = desk.open(CaseKind.OPT_OUT_DOUBTFUL)
    status, problem = desk.call("POST", f"/v1/cases/{case.id}", {**WHY, **fields})
    assert (status, [fault["pointer"] for fault in problem["errors"]]) == (422, [pointer])
    assert desk.list_cases()["cases"][0]["state"] == "open"


@pytest.mark.parametrize("decision", ["opt-out", "confirmation", "minor", "erase", "none"])
def test_a_decision_that_fails_at_any_call_is_completed_by_the_same_decision(
    desk: Desk, decision: str
) -> None:
    """Each call to AWS is lost once: before AWS gets it, so that it has no effect."""
    case = desk.open(CaseKind.OPT_IN)
    parts().authenticator  # noqa: B018 - its own read of the key is not part of the decision
    failures = calls = 0
    budget = 0

    def fail_after_budget(**_: Any) -> None:
        nonlocal calls, failures
        calls += 1
        if calls > budget:
            failures += 1
            raise ConnectionClosedError(endpoint_url="https://aws")

    clients = [parts().client(name) for name in ("dynamodb", "s3", "sqs", "kms")]
    for aws in clients:
        aws.meta.events.register("before-call", fail_after_budget, unique_id="crash")
    try:
        for attempt in range(40):
            budget, calls = attempt, 0
            status, body = desk.decide(case, decision)
            if status == 200:
                break
            assert status == 503, body
    finally:
        for aws in clients:
            aws.meta.events.unregister("before-call", unique_id="crash")
    assert status == 200
    assert failures >= 3
    assert (desk.show(case)["state"], mails_of_cases()) == ("decided", [])
    if decision == "opt-out":
        assert desk.registers()[opt_out_register(ALL_SCOPES)].at == RECEIVED
    if decision == "confirmation":
        requests = map(
            ConfirmationRequest.from_message, desk.world.messages("CONFIRMATION_REQUESTS_QUEUE_URL")
        )
        assert {request.id for request in requests} == {case.id}
    if decision in ("minor", "erase"):
        assert parts().preferences.read(desk.world.recipient(JANE)).erased_at == NOW


def test_the_check_reports_cases_that_are_due_within_a_day(desk: Desk, clock: Clock, log: Any) -> None:
    clock.now = RECEIVED
    desk.open(CaseKind.OPT_OUT_DOUBTFUL)
    assert app.handler({}, desk.world.context) == {"waiting": 1, "due_soon": 0, "unreadable": 0}
    assert '"cases are due"' not in log.getvalue()
    clock.now = RECEIVED + DAY_MS
    assert app.handler({}, desk.world.context) == {"waiting": 1, "due_soon": 1, "unreadable": 0}
    assert '"cases are due"' in log.getvalue()


def test_the_pause_of_a_reported_child_is_renewed_until_somebody_decides(desk: Desk, clock: Clock) -> None:
    case = desk.open(CaseKind.CHILD_REPORT)
    first = desk.registers()[PAUSE]
    assert (first.until, first.source) == (RECEIVED + 14 * DAY_MS, Source.MAILBOX)
    clock.now = RECEIVED + 7 * DAY_MS
    app.handler({}, desk.world.context)
    assert desk.registers()[PAUSE] == first
    clock.now += HOUR
    app.handler({}, desk.world.context)
    assert desk.registers()[PAUSE].until == clock.now + 14 * DAY_MS
    renewed = desk.registers()[PAUSE]
    desk.decide(case, "none")
    clock.now += 10 * DAY_MS
    app.handler({}, desk.world.context)
    assert desk.registers()[PAUSE] == renewed


def test_a_mail_that_arrives_again_opens_no_second_case(desk: Desk) -> None:
    case = desk.open(CaseKind.CHILD_REPORT)
    parts().open_case(case, b"", "", RECEIVED)
    assert len(desk.list_cases()["cases"]) == 1
    desk.decide(case, "none")
    parts().open_case(case, b"", "", RECEIVED)
    assert (desk.list_cases()["cases"], mails_of_cases()) == ([], [])


def test_a_full_list_takes_requests_of_proven_senders_until_it_is_fuller(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("heed.use_cases.cases.open_case.MAX_OPEN_CASES", 2)
    monkeypatch.setattr("heed.use_cases.cases.open_case.MAX_OPEN_REQUESTS", 3)
    number = 0

    def opens(kind: CaseKind, sender: str) -> bool:
        nonlocal number
        number += 1
        return parts().open_case(new_case(kind, f"mail {number}", "", RECEIVED), b"", sender, RECEIVED)

    assert opens(CaseKind.OTHER, "") and opens(CaseKind.ERASURE, "")
    assert [opens(kind, "") for kind in CaseKind] == [False] * len(CaseKind)
    assert not opens(CaseKind.OTHER, JANE)
    assert opens(CaseKind.ERASURE, JANE)
    assert not opens(CaseKind.ERASURE, JANE)
    assert len(desk.list_cases()["cases"]) == len(mails_of_cases()) == 3


def test_many_waiting_cases_raise_an_alarm(desk: Desk, log: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "MAX_OPEN_CASES", 2)
    desk.open(CaseKind.OTHER)
    app.handler({}, desk.world.context)
    assert '"many cases wait"' in log.getvalue()


def _damage(case: Case) -> None:
    client("dynamodb").update_item(
        TableName="Control",
        Key={"pk": {"S": f"case#{case.id}"}},
        UpdateExpression="SET kind = :kind",
        ExpressionAttributeValues={":kind": {"S": "of a later version"}},
    )


def test_an_unreadable_case_is_counted_and_an_officer_sees_its_id(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged, readable = desk.open(CaseKind.OPT_OUT_DOUBTFUL), desk.open(CaseKind.CHILD_REPORT)
    _damage(damaged)
    listed = desk.list_cases()
    assert ([case["id"] for case in listed["cases"]], listed["unreadable"]) == ([readable.id], [damaged.id])
    assert app.handler({}, desk.world.context)["unreadable"] == 1
    (counted,) = [
        line["UnreadableRecordFound"]
        for line in map(json.loads, capsys.readouterr().out.splitlines())
        if "UnreadableRecordFound" in line
    ]
    assert counted == [1]


def test_a_case_says_whether_its_mail_names_another_address(desk: Desk) -> None:
    recipient = desk.world.recipient(JANE)
    named = new_case(CaseKind.OPT_OUT_DOUBTFUL, "m1", recipient, RECEIVED, names_other=True)
    assert parts().open_case(named, mail_of(JANE, "stop else@example.com"), JANE, RECEIVED)
    alone = desk.open(CaseKind.OPT_OUT_DOUBTFUL)
    assert (desk.show(named)["names_other_address"], desk.show(alone)["names_other_address"]) == (True, False)
    assert desk.show(named)["suggested"] == ["opt-out", "none"]


def test_the_check_reads_the_records_of_all_reported_children_together(desk: Desk, clock: Clock) -> None:
    for number in range(8):
        desk.open(CaseKind.CHILD_REPORT, f"kid{number}@example.com")
    clock.now = RECEIVED + HOUR
    calls: list[str] = []
    events = parts().client("dynamodb").meta.events
    events.register("before-call", lambda model, **_: calls.append(model.name), unique_id="count")
    try:
        app.handler({}, desk.world.context)
    finally:
        events.unregister("before-call", unique_id="count")
    assert calls == ["Query", "BatchGetItem"]


def test_an_unreadable_record_of_a_child_stops_no_other_renewal(desk: Desk, clock: Clock) -> None:
    desk.open(CaseKind.CHILD_REPORT, "kid1@example.com")
    desk.open(CaseKind.CHILD_REPORT, "kid2@example.com")
    client("dynamodb").update_item(
        TableName="Preferences",
        Key={"id": {"S": desk.world.recipient("kid1@example.com")}},
        UpdateExpression="SET n = :text",
        ExpressionAttributeValues={":text": {"S": "one"}},
    )
    clock.now = RECEIVED + 8 * DAY_MS
    app.handler({}, desk.world.context)
    assert desk.registers("kid2@example.com")[PAUSE].until == clock.now + 14 * DAY_MS
