"""Every AWS call is allowed, and every permission is used.

The calls are those recorded by the tests of the handlers, and those that AWS makes itself. An IAM policy
evaluator checks them against the translated template.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from service_models import OPERATIONS
from tests.iam.findings import Findings, findings
from tests.iam.questions import questions
from tests.iam.recorder import recorded
from tests.support.iam_policies import FUNCTIONS
from tests.support.stack import Stack
from tests.support.translated_template import PARAMETERS, translated_template

pytestmark = pytest.mark.system
Template = dict[str, Any]


@pytest.fixture(scope="module")
def calls(pytestconfig: pytest.Config) -> list[dict[str, Any]]:
    """The recorded calls."""
    folder = pytestconfig.getoption("calls")
    assert folder, "make iam records the calls first and names their folder"
    return recorded(folder)


def _of(template: Template, calls: list[dict[str, Any]]) -> Findings:
    stack = Stack(template, PARAMETERS["production"])
    return findings(stack, questions(stack, calls))


@pytest.fixture(scope="module")
def found(calls: list[dict[str, Any]]) -> Findings:
    """What is wrong with the template as it is."""
    return _of(translated_template("production"), calls)


def test_the_calls_of_every_function_were_recorded(calls: list[dict[str, Any]]) -> None:
    assert {call["function"] for call in calls} == FUNCTIONS.keys()


def test_the_layer_has_the_models_of_exactly_the_operations_that_were_recorded(
    calls: list[dict[str, Any]],
) -> None:
    modelled = {f"{service}:{operation}" for service, names in OPERATIONS.items() for operation in names}
    assert {call["operation"] for call in calls} == modelled


def test_every_call_is_allowed(found: Findings) -> None:
    assert not found.missing, "\n".join(found.missing)


@pytest.mark.threat(
    "T17",
    "A function's role permits more than the function does.",
    "A test fails if no call needs an action on a resource, or if a wildcard permits more than the calls "
    "need. Other tests check the values of some conditions, but not of all.",
)
def test_every_permission_is_used(found: Findings) -> None:
    assert not found.unused, "\n".join(found.unused)


def test_a_wildcard_matches_no_unused_resource(found: Findings) -> None:
    assert not found.wide, "\n".join(found.wide)


@pytest.mark.threat(
    "T28",
    "SES, a topic, an alarm or a rule of another account sends to a topic or a queue of this account.",
    "Each policy checks the account of the sender. The test repeats each permitted call as another account.",
)
def test_strangers_plain_connections_and_overwriting_are_denied(found: Findings) -> None:
    assert not found.wrongly_allowed, "\n".join(found.wrongly_allowed)


def test_the_evaluator_accepts_every_condition_key(found: Findings) -> None:
    assert not found.ignored


def _statement(template: Template, role: str, wanted: str) -> dict[str, Any]:
    """Returns the first statement of a role that mentions the text."""
    (policy,) = template["Resources"][role]["Properties"]["Policies"]
    statements: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return next(statement for statement in statements if wanted in str(statement))


def _take_away(template: Template) -> None:
    _statement(template, "UnsubscribeRole", "UpdateItem")["Action"] = "dynamodb:PutItem"


def _narrow_a_condition(template: Template) -> None:
    condition = _statement(template, "PreferencesRole", "UpdateItem")["Condition"]
    condition["ForAllValues:StringLike"]["dynamodb:Attributes"].remove("o:*")


def _forget_the_poller(template: Template) -> None:
    _statement(template, "FeedbackRole", "ReceiveMessage")["Action"] = "sqs:ReceiveMessage"


def _forget_the_sandbox(template: Template) -> None:
    ses = "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}"
    of_mail = _statement(template, "SendConfirmationRole", "SendEmail")
    of_mail["Resource"][0] = {"Fn::Sub": ses + ":identity/${MailFrom}"}


def _want_another_context(template: Template) -> None:
    of_addresses = _statement(template, "AfterConfirmationRole", "AddressKey")
    of_addresses["Condition"] = {"StringEquals": {"kms:EncryptionContext:heed": "another"}}


def _forget_the_key(template: Template) -> None:
    statements = template["Resources"]["DataKey"]["Properties"]["KeyPolicy"]["Statement"]
    statements[:] = [statement for statement in statements if statement["Sid"] != "SesPublishesToTheTopic"]


def test_a_missing_permission_is_found(calls: list[dict[str, Any]]) -> None:
    gone: dict[Callable[[Template], None], set[str]] = {
        _take_away: {"UnsubscribeRole: dynamodb:UpdateItem"},
        _narrow_a_condition: {"PreferencesRole: dynamodb:UpdateItem"},
        _forget_the_poller: {
            "FeedbackRole: sqs:DeleteMessage",
            "FeedbackRole: sqs:GetQueueAttributes",
        },
        _forget_the_sandbox: {
            "SendConfirmationRole: ses:SendEmail",
            "SendConfirmationRole: ses:SendRawEmail",
        },
        _want_another_context: {"AfterConfirmationRole: kms:Decrypt"},
        _forget_the_key: {
            "ses.amazonaws.com: kms:GenerateDataKey",
            "ses.amazonaws.com: kms:Decrypt",
        },
    }
    changed = copy.deepcopy(translated_template("production"))
    for change in gone:
        change(changed)
    missed = {finding.split(" on ")[0] for finding in _of(changed, calls).missing}
    assert missed == set().union(*gone.values())


def test_an_unused_permission_a_wide_one_and_an_open_topic_are_found(
    calls: list[dict[str, Any]],
) -> None:
    changed = copy.deepcopy(translated_template("production"))
    _statement(changed, "SesListRole", "ReceiveMessage")["Action"].append("sqs:PurgeQueue")
    _statement(changed, "LedgerRole", "PutItem")["Resource"] = {
        "Fn::Sub": "arn:aws:dynamodb:*:*:table/${AWS::StackName}-*"
    }
    open_to_all = changed["Resources"]["AlarmTopicPolicy"]["Properties"]["PolicyDocument"]
    open_to_all["Statement"][0].pop("Condition")
    found = _of(changed, calls)
    (unused,) = found.unused
    assert unused.startswith("SesListRole") and "sqs:PurgeQueue" in unused
    assert {finding.split(" on ")[0] for finding in found.wide} == {
        "LedgerRole: dynamodb:PutItem",
        "LedgerRole: dynamodb:Query",
    }
    assert found.wrongly_allowed and all(
        "cloudwatch.amazonaws.com" in finding for finding in found.wrongly_allowed
    )
