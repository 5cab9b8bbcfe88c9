"""Every AWS call is allowed, and every permission is used.

The tests of the handlers record the calls. AWS makes more calls itself. An IAM policy
evaluator checks them against the translated template.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from service_models import OPERATIONS
from tests.iam.expected_requests import derive_requests
from tests.iam.findings import PolicyFaults, find_policy_faults
from tests.iam.recorder import recorded
from tests.support.iam_policies import FUNCTIONS
from tests.support.stack import Stack
from tests.support.translated_template import PARAMETERS, translated_template

pytestmark = pytest.mark.system
Template = dict[str, Any]


@pytest.fixture(scope="module")
def calls(pytestconfig: pytest.Config) -> list[dict[str, Any]]:
    """Returns the recorded calls."""
    folder = pytestconfig.getoption("calls")
    assert folder, "make iam records the calls first and names their folder"
    return recorded(folder)


def _find_faults(template: Template, calls: list[dict[str, Any]]) -> PolicyFaults:
    stack = Stack(template, PARAMETERS["production"])
    return find_policy_faults(stack, derive_requests(stack, calls))


@pytest.fixture(scope="module")
def faults(calls: list[dict[str, Any]]) -> PolicyFaults:
    """Returns the faults of the template."""
    return _find_faults(translated_template("production"), calls)


def test_the_calls_of_every_function_were_recorded(calls: list[dict[str, Any]]) -> None:
    assert {call["function"] for call in calls} == FUNCTIONS.keys()


def test_the_layer_has_the_models_of_exactly_the_operations_that_were_recorded(
    calls: list[dict[str, Any]],
) -> None:
    modelled = {f"{service}:{operation}" for service, names in OPERATIONS.items() for operation in names}
    assert {call["operation"] for call in calls} == modelled


def test_every_call_is_allowed(faults: PolicyFaults) -> None:
    assert not faults.missing, "\n".join(faults.missing)


@pytest.mark.threat(
    "T17",
    "A function's role permits more than the function does.",
    "A test fails if no call needs an action on a resource, or if a wildcard permits more than the calls "
    "need. Other tests check the values of some conditions, but not of all.",
)
def test_every_permission_is_used(faults: PolicyFaults) -> None:
    assert not faults.unused, "\n".join(faults.unused)


def test_a_wildcard_matches_no_unused_resource(faults: PolicyFaults) -> None:
    assert not faults.too_wide, "\n".join(faults.too_wide)


@pytest.mark.threat(
    "T28",
    "SES, a topic, an alarm or a rule of another account sends to a topic or a queue of this account.",
    "Each policy checks the account of the sender. The test repeats each permitted call as another account.",
)
def test_strangers_plain_connections_and_overwriting_are_denied(faults: PolicyFaults) -> None:
    assert not faults.wrongly_allowed, "\n".join(faults.wrongly_allowed)


def test_the_evaluator_accepts_every_condition_key(faults: PolicyFaults) -> None:
    assert not faults.ignored


def _find_statement(template: Template, role: str, text: str) -> dict[str, Any]:
    """Returns the first statement of a role that mentions the text."""
    (policy,) = template["Resources"][role]["Properties"]["Policies"]
    statements: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return next(statement for statement in statements if text in str(statement))


def _remove_update_permission(template: Template) -> None:
    _find_statement(template, "UnsubscribeRole", "UpdateItem")["Action"] = "dynamodb:PutItem"


def _narrow_attribute_condition(template: Template) -> None:
    condition = _find_statement(template, "PreferencesRole", "UpdateItem")["Condition"]
    condition["ForAllValues:StringLike"]["dynamodb:Attributes"].remove("o:*")


def _remove_poller_permissions(template: Template) -> None:
    _find_statement(template, "FeedbackRole", "ReceiveMessage")["Action"] = "sqs:ReceiveMessage"


def _remove_recipient_identities(template: Template) -> None:
    ses = "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}"
    mail_statement = _find_statement(template, "SendConfirmationRole", "SendEmail")
    mail_statement["Resource"][0] = {"Fn::Sub": ses + ":identity/${MailFrom}"}


def _change_encryption_context(template: Template) -> None:
    key_statement = _find_statement(template, "AfterConfirmationRole", "AddressKey")
    key_statement["Condition"] = {"StringEquals": {"kms:EncryptionContext:heed": "another"}}


def _remove_key_statement(template: Template) -> None:
    statements = template["Resources"]["DataKey"]["Properties"]["KeyPolicy"]["Statement"]
    statements[:] = [statement for statement in statements if statement["Sid"] != "SesPublishesToTheTopics"]


def test_a_missing_permission_is_found(calls: list[dict[str, Any]]) -> None:
    expected_by_change: dict[Callable[[Template], None], set[str]] = {
        _remove_update_permission: {"UnsubscribeRole: dynamodb:UpdateItem"},
        _narrow_attribute_condition: {"PreferencesRole: dynamodb:UpdateItem"},
        _remove_poller_permissions: {
            "FeedbackRole: sqs:DeleteMessage",
            "FeedbackRole: sqs:GetQueueAttributes",
        },
        _remove_recipient_identities: {
            "SendConfirmationRole: ses:SendEmail",
            "SendConfirmationRole: ses:SendRawEmail",
        },
        _change_encryption_context: {"AfterConfirmationRole: kms:Decrypt"},
        _remove_key_statement: {
            "ses.amazonaws.com: kms:GenerateDataKey",
            "ses.amazonaws.com: kms:Decrypt",
        },
    }
    changed = copy.deepcopy(translated_template("production"))
    for change in expected_by_change:
        change(changed)
    denied = {finding.split(" on ")[0] for finding in _find_faults(changed, calls).missing}
    assert denied == set().union(*expected_by_change.values())


def test_an_unused_permission_a_wide_one_and_an_open_topic_are_found(
    calls: list[dict[str, Any]],
) -> None:
    changed = copy.deepcopy(translated_template("production"))
    _find_statement(changed, "SesListRole", "ReceiveMessage")["Action"].append("sqs:PurgeQueue")
    _find_statement(changed, "LedgerRole", "PutItem")["Resource"] = {
        "Fn::Sub": "arn:aws:dynamodb:*:*:table/${AWS::StackName}-*"
    }
    alarm_policy = changed["Resources"]["AlarmTopicPolicy"]["Properties"]["PolicyDocument"]
    alarm_policy["Statement"][0].pop("Condition")
    faults = _find_faults(changed, calls)
    (unused,) = faults.unused
    assert unused.startswith("SesListRole") and "sqs:PurgeQueue" in unused
    assert {finding.split(" on ")[0] for finding in faults.too_wide} == {
        "LedgerRole: dynamodb:PutItem",
        "LedgerRole: dynamodb:Query",
    }
    assert faults.wrongly_allowed and all(
        "cloudwatch.amazonaws.com" in finding for finding in faults.wrongly_allowed
    )
