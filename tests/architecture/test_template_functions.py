"""The functions of template.yaml: each has its own role with only the rights that it needs."""

from __future__ import annotations

from typing import Any

import pytest

from functions.ses_list import app as ses_list
from heed.adapters import aws
from heed.adapters.dynamodb import mail_caps, opt_in_notifications
from heed.adapters.kms.address_encryption import CONFIRMATION, LIST_POSITION
from heed.adapters.ses.suppression_list import CALL_INTERVAL, SES_ATTEMPTS
from tests.architecture.test_template_time import LONGEST_CALL
from tests.support.iam_policies import (
    FUNCTIONS,
    RESOURCES,
    as_list,
    permitted_actions,
    resource_id,
    role,
    statements,
)
from tests.support.template import template, timeout_of, variables

_SERVICES_WITH_ENCRYPTED_STORES = ("dynamodb", "s3", "sqs")
_WITHOUT_DATA_KEY = ("LedgerBucket", "s3:DeleteObject")  # another encryption; a deletion decrypts nothing


def _encrypted_stores(function: str) -> list[str]:
    used = {
        action.split(":")[0]
        for action, resource in permitted_actions(function)
        if not any(name in f"{action} {resource}" for name in _WITHOUT_DATA_KEY)
    }
    return [service for service in _SERVICES_WITH_ENCRYPTED_STORES if service in used]


def _data_key_is_used(statement: dict[str, Any]) -> bool:
    return bool(statement["Resource"] == {"Fn::GetAtt": ["DataKey", "Arn"]})


@pytest.mark.parametrize(
    ("function", "prefix"),
    [
        ("SendConfirmationFunction", mail_caps.MAIL_CAP_PREFIX),
        ("AfterConfirmationFunction", opt_in_notifications.NOTIFICATION_PREFIX),
    ],
)
def test_a_mail_function_accesses_only_its_own_items_in_the_control_table(function: str, prefix: str) -> None:
    (statement,) = (s for s in statements(function) if "ControlTable" in str(s["Resource"]))
    assert statement["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": f"{prefix}*"}}


@pytest.mark.parametrize("function", ["SendConfirmationFunction", "AfterConfirmationFunction"])
def test_addresses_are_encrypted_and_decrypted_only_for_confirmation(
    function: str,
) -> None:
    (statement,) = (s for s in statements(function) if "AddressKey" in str(s["Resource"]))
    assert statement["Condition"] == {"StringEquals": {"kms:EncryptionContext:heed": "confirmation"}}


def test_the_ses_list_function_encrypts_only_its_position() -> None:
    contexts = {
        s["Action"]: s["Condition"]["StringEquals"]["kms:EncryptionContext:heed"]
        for s in statements("SesListFunction")
        if "AddressKey" in str(s["Resource"])
    }
    assert contexts == {"kms:Decrypt": [CONFIRMATION, LIST_POSITION], "kms:Encrypt": LIST_POSITION}


@pytest.mark.threat(
    "W31",
    "Two functions call the SES list at once. SES refuses both, so no address is removed.",
    "Only one function may call the list. It has the fewest readers possible and waits after each call.",
)
def test_one_function_calls_the_ses_list_at_most_once_a_second() -> None:
    calling = {
        name
        for name in FUNCTIONS
        for action, _ in permitted_actions(name)
        if action.startswith("ses:") and "Suppress" in action
    }
    assert calling == {"SesListFunction"}
    (event,) = FUNCTIONS["SesListFunction"]["Events"].values()
    assert event["Type"] == "SQS", "no other event invokes it"
    readers = event["Properties"]["ScalingConfig"]["MaximumConcurrency"]
    assert readers / CALL_INTERVAL <= 1


def test_only_a_function_that_sends_to_its_own_queue_allows_recursion() -> None:
    """Lambda stops a function that its own messages invoke 16 times in a row, unless it allows recursion."""
    allowing = {name for name, properties in FUNCTIONS.items() if properties.get("RecursiveLoop") == "Allow"}
    sends_to_itself = {
        name
        for name, properties in FUNCTIONS.items()
        for event in properties.get("Events", {}).values()
        if event["Type"] == "SQS"
        and any(
            action == "sqs:SendMessage" and resource == resource_id(event["Properties"]["Queue"])
            for action, resource in permitted_actions(name)
        )
    }
    assert allowing == sends_to_itself == {"SesListFunction"}


def test_the_ses_list_function_has_time_for_one_message() -> None:
    (event,) = FUNCTIONS["SesListFunction"]["Events"].values()
    assert event["Properties"]["BatchSize"] == 1
    once: Any = aws._ONCE
    of_ses = SES_ATTEMPTS * (once.connect_timeout + once.read_timeout + CALL_INTERVAL)
    spellings = 3  # of one address
    assert timeout_of("SesListFunction") >= spellings * of_ses + 2 * LONGEST_CALL
    # The reserve covers one step of a walk: a call, its marker, the encrypted position and its write.
    assert of_ses + 3 * LONGEST_CALL <= ses_list._RESERVED_MS / 1_000
    assert timeout_of("SesListFunction") * 1_000 >= 2 * ses_list._RESERVED_MS


def test_the_after_confirmation_function_has_time_for_all_its_calls() -> None:
    claim_and_delete_old, decrypt, read_record, send_removal, notify, complete = 2, 1, 1, 1, 1, 1
    calls = claim_and_delete_old + decrypt + read_record + send_removal + notify + complete
    assert timeout_of("AfterConfirmationFunction") >= calls * LONGEST_CALL


@pytest.mark.parametrize("function", [name for name in FUNCTIONS if _encrypted_stores(name)])
def test_the_data_key_is_used_only_through_encrypted_stores(function: str) -> None:
    (statement,) = (s for s in statements(function) if _data_key_is_used(s))
    assert sorted(as_list(statement["Condition"]["StringLike"]["kms:ViaService"])) == [
        f"{service}.*.amazonaws.com" for service in _encrypted_stores(function)
    ]


def test_each_function_has_its_own_role_for_lambda() -> None:
    roles = [role(function) for function in FUNCTIONS]
    assert len({name for name, _ in roles}) == len(FUNCTIONS)
    for _, properties in roles:
        assert "ManagedPolicyArns" not in properties
        (trust,) = properties["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}


def test_each_function_has_its_own_log_group_for_30_days() -> None:
    groups = {name: FUNCTIONS[name]["LoggingConfig"]["LogGroup"]["Ref"] for name in FUNCTIONS}
    for function, group in groups.items():
        own = variables(function)["POWERTOOLS_SERVICE_NAME"]
        name = {"Fn::Sub": f"/heed/${{AWS::StackName}}/{own}"}
        assert RESOURCES[group]["Properties"]["LogGroupName"] == name
    for group in [*groups.values(), "ApiLogs"]:
        assert RESOURCES[group]["Properties"]["RetentionInDays"] == 30
        assert RESOURCES[group]["Properties"]["KmsKeyId"] == {"Fn::GetAtt": ["DataKey", "Arn"]}
    assert template()["Globals"]["Function"]["LoggingConfig"]["LogFormat"] == "JSON"


def test_a_function_has_the_name_of_its_folder_with_the_suffix_function() -> None:
    """`heed invoke` finds the functions of a deployed stack by this rule."""
    folders = [each["CodeUri"].removeprefix("functions/") for each in FUNCTIONS.values()]
    named = ["".join(map(str.title, folder.split("_"))) + "Function" for folder in folders]
    assert named == list(FUNCTIONS) == [name for name in RESOURCES if name.endswith("Function")]


def test_functions_and_layers_have_the_same_runtime_and_architecture() -> None:
    common = template()["Globals"]["Function"]
    for layer in ("CoreLayer", "BrandLayer", "DeskLayer"):
        properties = RESOURCES[layer]["Properties"]
        assert properties["CompatibleRuntimes"] == [common["Runtime"]] == ["python3.13"]
        assert properties["CompatibleArchitectures"] == common["Architectures"] == ["arm64"]
    for name, properties in FUNCTIONS.items():
        assert not {"Runtime", "Architectures"} & properties.keys()
        own = [{"Ref": "DeskLayer"}] if name == "DeskFunction" else None
        assert properties.get("Layers") == own, "SAM adds it to those of all functions"


def test_no_function_uses_snapstart_or_tracing() -> None:
    for properties in [template()["Globals"]["Function"], *FUNCTIONS.values()]:
        assert not {"SnapStart", "Tracing"} & properties.keys()


def test_concurrency_is_reserved_only_for_opt_outs_and_only_by_parameter() -> None:
    """A new account may have only ten executions, and Lambda does not permit to reserve any of them."""
    reserved = {
        function: properties["ReservedConcurrentExecutions"]
        for function, properties in FUNCTIONS.items()
        if "ReservedConcurrentExecutions" in properties
    }
    number, nothing = {"Ref": "ReservedForOptOuts"}, {"Ref": "AWS::NoValue"}
    assert reserved == {"UnsubscribeFunction": {"Fn::If": ["ReservesForOptOuts", number, nothing]}}
    parameter = template()["Parameters"]["ReservedForOptOuts"]
    assert (parameter["Default"], parameter["MinValue"]) == (0, 0)
    assert template()["Conditions"]["ReservesForOptOuts"] == {"Fn::Not": [{"Fn::Equals": [number, 0]}]}
