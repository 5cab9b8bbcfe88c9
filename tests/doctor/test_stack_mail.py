"""The checks of SES, with a server on this machine that answers as AWS does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from heed.adapters.ses import listed_addresses
from heed.adapters.stack import AwsAccess
from heed.doctor import mail_sending
from heed.doctor.findings import CheckName, CheckOutcome, DoctorFinding
from heed.doctor.mail_sending import check_configuration_set, check_feedback, check_sender, check_sending
from heed.doctor.stack_guard import guarded, guarded_each
from heed.doctor.stack_links import check_suppression_list
from heed.domain.api_key import KEY_PREFIX
from heed.entrypoints.cli.stack import Stack
from tests.support.doctor_servers import Answer, WebServer, json_answer, web_server

OK, WARNING, FAULT = CheckOutcome
KEY = KEY_PREFIX + "k" * 43
TOPIC = "arn:aws:sns:us-east-1:123456789012:feedback"
PARAMETERS = {"MailFrom": "preferences@mail.example.com", "ConfigurationSet": "campaigns"}
DMARC = {"_dmarc.example.com": ["v=DMARC1; p=reject"]}
NOT_FOUND = json_answer({"message": "no"}, "404 Not Found", "NotFoundException")
IDENTITY = {
    "VerifiedForSendingStatus": True,
    "DkimAttributes": {"Status": "SUCCESS"},
    "MailFromAttributes": {"MailFromDomain": "m.example.com", "MailFromDomainStatus": "SUCCESS"},
}
ACCOUNT = {
    "ProductionAccessEnabled": True,
    "SendingEnabled": True,
    "EnforcementStatus": "HEALTHY",
    "SendQuota": {"Max24HourSend": 50_000.0, "SentLast24Hours": 10.0, "MaxSendRate": 14.0},
}
DESTINATION = {
    "Name": "heed",
    "Enabled": True,
    "MatchingEventTypes": ["BOUNCE", "COMPLAINT"],
    "SnsDestination": {"TopicArn": TOPIC},
}


def make_stack(server: WebServer, parameters: Mapping[str, str] = PARAMETERS) -> Stack:
    base = server.url.removesuffix("/u/token")
    outputs = {"ApiUrl": base, "FeedbackTopicArn": TOPIC}
    access = AwsAccess(base, "us-east-1")
    return Stack(outputs, dict, KEY, lambda: access, lambda: parameters, "heed")


@contextmanager
def aws(answers: Mapping[str, Answer], parameters: Mapping[str, str] = PARAMETERS) -> Iterator[Stack]:
    with web_server({"GET": NOT_FOUND, **answers}) as server:
        yield make_stack(server, parameters)


def results(findings: Iterable[DoctorFinding]) -> dict[str, CheckOutcome]:
    return {finding.name.value: finding.result for finding in findings}


def _txt(records: Mapping[str, Sequence[str]]) -> Any:
    return lambda name: list(records.get(name, ()))


def _identity(**changes: object) -> dict[str, Answer]:
    return {"GET /v2/email/identities/example.com": json_answer({**IDENTITY, **changes})}


def test_the_identity_of_a_domain_above_the_sender_is_enough() -> None:
    with aws(_identity()) as stack:
        found = results(check_sender(stack, _txt(DMARC)))

    assert found == {"ses-identity": OK, "ses-dkim": OK, "mail-from": OK, "dmarc": OK}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"VerifiedForSendingStatus": False}, {"ses-identity": FAULT}),
        ({"DkimAttributes": {"Status": "PENDING"}}, {"ses-dkim": FAULT}),
        ({"DkimAttributes": {}}, {"ses-dkim": FAULT}),
        ({"MailFromAttributes": {}}, {"mail-from": WARNING}),
        (
            {"MailFromAttributes": {"MailFromDomain": "m.example.com", "MailFromDomainStatus": "FAILED"}},
            {"mail-from": FAULT},
        ),
    ],
)
def test_an_identity_that_is_not_set_up_is_found(
    changes: dict[str, object], expected: dict[str, CheckOutcome]
) -> None:
    with aws(_identity(**changes)) as stack:
        found = results(check_sender(stack, _txt(DMARC)))

    assert {name: result for name, result in found.items() if result != OK} == expected


def test_a_sender_that_ses_does_not_know_is_found() -> None:
    with aws({}) as stack:
        found = list(check_sender(stack, _txt({})))

    assert results(found) == {"ses-identity": FAULT, "dmarc": FAULT}
    assert not [finding for finding in found if "@" in finding.seen]


def test_a_stack_without_a_sender_is_a_warning() -> None:
    with aws({}, {}) as stack:
        assert results(check_sender(stack, _txt({}))) == {"ses-identity": WARNING}


def test_a_refusal_of_aws_is_not_checked() -> None:
    denied = json_answer({"message": "no"}, "403 Forbidden", "AccessDeniedException")
    with aws({"GET": denied}) as stack:
        (finding,) = guarded_each(CheckName.SES_IDENTITY, lambda: check_sender(stack, _txt({})))

    assert (finding.is_checked, finding.result) == (False, WARNING)
    assert "AWS answers AccessDeniedException" in finding.seen


def test_an_answer_of_aws_that_is_cut_is_not_checked() -> None:
    with aws({"GET": json_answer({})}) as stack:
        (finding,) = guarded_each(CheckName.SES_SANDBOX, lambda: check_sending(stack))

    assert not finding.is_checked


@pytest.mark.parametrize(
    ("destinations", "result"),
    [
        ([DESTINATION], OK),
        ([], FAULT),
        ([{**DESTINATION, "Enabled": False}], FAULT),
        ([{**DESTINATION, "MatchingEventTypes": ["BOUNCE"]}], FAULT),
        ([{**DESTINATION, "SnsDestination": {"TopicArn": f"{TOPIC}-other"}}], FAULT),
        ([{**DESTINATION, "MatchingEventTypes": [kind]} for kind in ("BOUNCE", "COMPLAINT")], OK),
    ],
)
def test_a_configuration_set_sends_bounces_and_complaints_to_the_stack(
    destinations: list[dict[str, object]], result: CheckOutcome
) -> None:
    path = "GET /v2/email/configuration-sets/campaigns/event-destinations"
    with aws({path: json_answer({"EventDestinations": destinations})}) as stack:
        assert check_configuration_set(stack).result is result


def test_a_configuration_set_that_does_not_exist_is_a_fault_and_none_at_all_a_warning() -> None:
    with aws({}) as stack, aws({}, {}) as without:
        assert check_configuration_set(stack).result is FAULT
        assert check_configuration_set(without).result is WARNING


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {"ses-sandbox": OK, "ses-quota": OK}),
        ({"ProductionAccessEnabled": False}, {"ses-sandbox": FAULT, "ses-quota": OK}),
        ({"SendingEnabled": False}, {"ses-sandbox": OK, "ses-quota": FAULT}),
        ({"EnforcementStatus": "SHUTDOWN"}, {"ses-sandbox": OK, "ses-quota": FAULT}),
        ({"EnforcementStatus": "PROBATION"}, {"ses-sandbox": OK, "ses-quota": WARNING}),
        (
            {"SendQuota": {"Max24HourSend": 200.0, "SentLast24Hours": 161.0}},
            {"ses-sandbox": OK, "ses-quota": WARNING},
        ),
        (
            {"SendQuota": {"Max24HourSend": -1.0, "SentLast24Hours": 161.0}},
            {"ses-sandbox": OK, "ses-quota": OK},
        ),
    ],
)
def test_the_sandbox_and_the_quota_are_found(
    changes: dict[str, object], expected: dict[str, CheckOutcome]
) -> None:
    with aws({"GET /v2/email/account": json_answer({**ACCOUNT, **changes})}) as stack:
        assert results(check_sending(stack)) == expected


def _check_answer(*results: dict[str, object]) -> bytes:
    return json_answer({"as_of": "2026-03-05T09:12:44Z", "results": list(results)})


@pytest.mark.parametrize(("sendable", "result"), [(False, OK), (True, WARNING)])
def test_an_address_that_ses_lists_and_the_stack_does_not_stop_is_found(
    sendable: bool, result: CheckOutcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listed_addresses, "_INTERVAL", 0)
    listed = {"EmailAddress": "ada@example.com", "Reason": "BOUNCE", "LastUpdateTime": 1_772_701_964}
    answers = {
        "GET /v2/email/suppression/addresses": json_answer({"SuppressedDestinationSummaries": [listed]}),
        "POST /v2/email/tenants/list": json_answer({"Tenants": []}),
        "POST /v1/check": _check_answer({"sendable": sendable}),
    }
    with aws(answers) as stack:
        finding = check_suppression_list(stack, "offers")

    assert (finding.result, "ada" in finding.seen) == (result, False)


def test_an_empty_list_of_ses_has_nothing_to_compare(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listed_addresses, "_INTERVAL", 0)
    answers = {
        "GET /v2/email/suppression/addresses": json_answer({"SuppressedDestinationSummaries": []}),
        "POST /v2/email/tenants/list": json_answer({"Tenants": []}),
    }
    with aws(answers) as stack:
        assert check_suppression_list(stack, "offers").seen == "the SES list is empty"


SENT = {"POST /v2/email/outbound-emails": json_answer({"MessageId": "m"})}


@pytest.mark.parametrize(
    ("reason", "seconds", "result"), [("undeliverable", mail_sending._MAX_WAIT, OK), ("ok", 0.3, FAULT)]
)
def test_a_bounce_of_the_simulator_is_waited_for(
    reason: str, seconds: float, result: CheckOutcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_sending, "_MAX_WAIT", seconds)
    monkeypatch.setattr(mail_sending, "_INTERVAL", 0.05)
    with web_server({**SENT, "POST /v1/check": _check_answer({"reason": reason})}) as server:
        finding = check_feedback(make_stack(server), "offers")

    sent = server.requests[0]
    assert finding.result is result
    assert b"@simulator.amazonses.com" in sent and b'"ConfigurationSetName": "campaigns"' in sent


def test_nothing_is_sent_without_a_sender() -> None:
    with web_server() as server:
        finding = check_feedback(make_stack(server, {}), "offers")

    assert (finding.result, server.requests) == (WARNING, [])


def test_a_mail_that_ses_refuses_is_not_checked() -> None:
    refused = json_answer({"message": "no"}, "400 Bad Request", "MessageRejected")
    with aws({"POST": refused}) as stack:
        finding = guarded(CheckName.FEEDBACK, lambda: check_feedback(stack, "offers"))

    assert (finding.is_checked, "AWS answers MessageRejected" in finding.seen) == (False, True)
