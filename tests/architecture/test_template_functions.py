"""The functions of template.yaml: each with a role of its own that may do what it does, no more."""

from __future__ import annotations

from typing import Any

import pytest

from functions.ses_list import app as ses_list
from heed.adapters import aws
from heed.adapters.dynamodb import mail_caps, opt_in_notifications
from heed.adapters.kms.address_encryption import CONFIRMATION, LIST_POSITION
from heed.adapters.ses.suppression_list import CALL_INTERVAL, SES_ATTEMPTS
from tests.architecture.test_template_time import LONGEST_CALL
from tests.support.iam_policies import FUNCTIONS, RESOURCES, listed, named, rights, role, statements
from tests.support.template import template, time_of, variables

_OF_AN_ENCRYPTED_STORE = ("dynamodb", "sqs")


def _encrypted_stores(function: str) -> list[str]:
    used = {action.split(":")[0] for action, _ in rights(function)}
    return [service for service in _OF_AN_ENCRYPTED_STORE if service in used]


def _data_key_is_used(statement: dict[str, Any]) -> bool:
    return bool(statement["Resource"] == {"Fn::GetAtt": ["DataKey", "Arn"]})


@pytest.mark.parametrize(
    ("function", "prefix"),
    [
        ("SendConfirmationFunction", mail_caps.MAIL_CAP_PREFIX),
        ("AfterConfirmationFunction", opt_in_notifications.NOTIFICATION_PREFIX),
    ],
)
def test_of_the_table_of_api_keys_a_function_of_mail_touches_its_own_items_alone(
    function: str, prefix: str
) -> None:
    (statement,) = (s for s in statements(function) if "ControlTable" in str(s["Resource"]))
    assert statement["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": f"{prefix}*"}}


@pytest.mark.parametrize("function", ["SendConfirmationFunction", "AfterConfirmationFunction"])
def test_an_address_is_encrypted_here_and_decrypted_there_for_this_purpose_alone(
    function: str,
) -> None:
    (statement,) = (s for s in statements(function) if "AddressKey" in str(s["Resource"]))
    assert statement["Condition"] == {"StringEquals": {"kms:EncryptionContext:heed": "confirmation"}}


def test_where_a_walk_goes_on_is_encrypted_for_its_own_function_and_no_address_is() -> None:
    found = {
        s["Action"]: s["Condition"]["StringEquals"]["kms:EncryptionContext:heed"]
        for s in statements("SesListFunction")
        if "AddressKey" in str(s["Resource"])
    }
    assert found == {"kms:Decrypt": [CONFIRMATION, LIST_POSITION], "kms:Encrypt": LIST_POSITION}


@pytest.mark.threat(
    "W31",
    "Two functions ask SES about its list at once, and SES refuses both: nobody comes off it.",
    "One function may, of one queue, with the fewest readers there can be; each waits after every call.",
)
def test_one_function_calls_the_list_of_ses_at_one_call_a_second_in_all() -> None:
    calling = {
        name
        for name in FUNCTIONS
        for action, _ in rights(name)
        if action.startswith("ses:") and "Suppress" in action
    }
    assert calling == {"SesListFunction"}
    (event,) = FUNCTIONS["SesListFunction"]["Events"].values()
    assert event["Type"] == "SQS", "nobody else wakes it"
    readers = event["Properties"]["ScalingConfig"]["MaximumConcurrency"]
    assert readers / CALL_INTERVAL <= 1


def test_a_walk_of_many_parts_is_no_loop_to_lambda() -> None:
    """Lambda stops a function that its own messages wake 16 times on end, unless told that this is meant."""
    allowing = {name for name, given in FUNCTIONS.items() if given.get("RecursiveLoop") == "Allow"}
    sends_to_itself = {
        name
        for name, given in FUNCTIONS.items()
        for event in given.get("Events", {}).values()
        if event["Type"] == "SQS"
        and any(
            action == "sqs:SendMessage" and resource == named(event["Properties"]["Queue"])
            for action, resource in rights(name)
        )
    }
    assert allowing == sends_to_itself == {"SesListFunction"}


def test_that_function_has_time_for_what_one_message_may_ask_of_it() -> None:
    (event,) = FUNCTIONS["SesListFunction"]["Events"].values()
    assert event["Properties"]["BatchSize"] == 1
    once: Any = aws._ONCE
    of_ses = SES_ATTEMPTS * (once.connect_timeout + once.read_timeout + CALL_INTERVAL)
    spellings_of_one = 3
    assert time_of("SesListFunction") >= spellings_of_one * of_ses + 2 * LONGEST_CALL
    # Of a walk: what is begun with the reserve left is one call, its mark, the place sealed and kept.
    assert of_ses + 3 * LONGEST_CALL <= ses_list._RESERVE / 1_000
    assert time_of("SesListFunction") * 1_000 >= 2 * ses_list._RESERVE


def test_the_follow_up_has_time_for_all_its_calls() -> None:
    a_press_taken_and_old_ones_forgotten, unsealed, read, handed_on, told, finished = (
        2,
        1,
        1,
        1,
        1,
        1,
    )
    calls = a_press_taken_and_old_ones_forgotten + unsealed + read + handed_on + told + finished
    assert time_of("AfterConfirmationFunction") >= calls * LONGEST_CALL


@pytest.mark.parametrize("function", [one for one in FUNCTIONS if _encrypted_stores(one)])
def test_the_key_of_the_data_is_used_through_tables_and_queues_alone(function: str) -> None:
    (statement,) = (s for s in statements(function) if _data_key_is_used(s))
    assert sorted(listed(statement["Condition"]["StringLike"]["kms:ViaService"])) == [
        f"{service}.*.amazonaws.com" for service in _encrypted_stores(function)
    ]


def test_every_function_has_a_role_of_its_own_that_only_lambda_takes() -> None:
    roles = [role(function) for function in FUNCTIONS]
    assert len({name for name, _ in roles}) == len(FUNCTIONS)
    for _, properties in roles:
        assert "ManagedPolicyArns" not in properties
        (trust,) = properties["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}


def test_every_function_has_a_log_group_of_its_own_for_thirty_days() -> None:
    groups = {name: FUNCTIONS[name]["LoggingConfig"]["LogGroup"]["Ref"] for name in FUNCTIONS}
    for function, group in groups.items():
        own = variables(function)["POWERTOOLS_SERVICE_NAME"]
        name = {"Fn::Sub": f"/heed/${{AWS::StackName}}/{own}"}
        assert RESOURCES[group]["Properties"]["LogGroupName"] == name
    for group in [*groups.values(), "ApiLogs"]:
        assert RESOURCES[group]["Properties"]["RetentionInDays"] == 30
        assert RESOURCES[group]["Properties"]["KmsKeyId"] == {"Fn::GetAtt": ["DataKey", "Arn"]}
    assert template()["Globals"]["Function"]["LoggingConfig"]["LogFormat"] == "JSON"


def test_a_function_and_nothing_else_is_called_as_its_folder_with_function_behind_it() -> None:
    """By that `heed invoke` finds the functions of a deployed stack."""
    folders = [each["CodeUri"].removeprefix("functions/") for each in FUNCTIONS.values()]
    named = ["".join(map(str.title, folder.split("_"))) + "Function" for folder in folders]
    assert named == list(FUNCTIONS) == [name for name in RESOURCES if name.endswith("Function")]


def test_runtime_and_architecture_are_the_layers_own() -> None:
    common = template()["Globals"]["Function"]
    for layer in ("CoreLayer", "BrandLayer"):
        properties = RESOURCES[layer]["Properties"]
        assert properties["CompatibleRuntimes"] == [common["Runtime"]] == ["python3.13"]
        assert properties["CompatibleArchitectures"] == common["Architectures"] == ["arm64"]
    for properties in FUNCTIONS.values():
        assert not {"Runtime", "Architectures", "Layers"} & properties.keys()


def test_nothing_slows_a_start_or_keeps_keys_in_a_snapshot() -> None:
    for properties in [template()["Globals"]["Function"], *FUNCTIONS.values()]:
        assert not {"SnapStart", "Tracing"} & properties.keys()


def test_executions_are_reserved_for_opt_outs_alone_and_only_where_the_adopter_says_how_many() -> None:
    """An account may run only ten at first, of which Lambda lets nobody reserve any."""
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
