"""What docs/operations.md says of the template, where the template alone knows whether it is so."""

from __future__ import annotations

import re
from typing import Any

from tests.architecture.test_docs import page
from tests.support.iam_policies import RESOURCES
from tests.support.template import template


def _of(kind: str) -> dict[str, Any]:
    return {name: each for name, each in RESOURCES.items() if each["Type"] == kind}


def told_together(*words: str) -> bool:
    """Whether one paragraph has them all."""
    paragraphs = page("docs/operations.md").split("\n\n")
    return any(all(word in paragraph for word in words) for paragraph in paragraphs)


def test_how_long_a_stacks_name_may_be_follows_from_the_longest_name_that_ses_is_given() -> None:
    """SES allows 64 characters to a configuration set and to an event destination."""
    names = [
        *(each["Properties"]["Name"] for each in _of("AWS::SES::ConfigurationSet").values()),
        *(
            each["Properties"]["EventDestination"]["Name"]
            for each in _of("AWS::SES::ConfigurationSetEventDestination").values()
        ),
    ]
    written = [name["Fn::Sub"] for name in names if "Fn::Sub" in name]
    left = 64 - max(len(name.removeprefix("${AWS::StackName}")) for name in written)
    assert all(name.startswith("${AWS::StackName}") for name in written)
    assert told_together(f"at most {left} characters", "`aws`")


def test_whoever_deletes_a_stack_is_told_which_policies_to_detach_and_which_queues_to_look_at() -> None:
    """CloudFormation deletes no policy that is attached, and every queue with what is in it."""
    outputs = {
        name
        for name, output in template()["Outputs"].items()
        if output["Value"].get("Ref") in _of("AWS::IAM::ManagedPolicy")
    }
    assert len(outputs) == len(_of("AWS::IAM::ManagedPolicy"))
    assert told_together("make destroy", "OptOutRetryQueue", "dead letter queue", *outputs)
    assert not any("DeletionPolicy" in queue for queue in _of("AWS::SQS::Queue").values())


def test_a_table_that_is_protected_from_deletion_has_its_way_out_told() -> None:
    assert told_together("ROLLBACK_FAILED", "--no-deletion-protection-enabled")


def test_the_keys_that_grow_dearer_by_rotation_are_told() -> None:
    rotated = {
        name for name, key in _of("AWS::KMS::Key").items() if key["Properties"].get("EnableKeyRotation")
    }
    assert told_together("rotat", "dollar", *(f"`{name}`" for name in rotated))


def test_where_the_alarm_may_be_blind_to_a_flood_it_is_told() -> None:
    assert told_together("access log", "flood of 429")


def test_confirmation_mails_that_the_sandbox_refuses_are_told_of() -> None:
    assert told_together("sandbox", "AccessDenied", "MessageRejected")


def test_regions_are_told() -> None:
    assert told_together("GovCloud", "China")


def _below(name: str, heading: str) -> str:
    """What stands below a heading of a page, up to the next one of any rank."""
    (found,) = re.findall(rf"^#+ {heading}\n(.*?)(?=^#|\Z)", page(name), re.MULTILINE | re.DOTALL)
    return str(found)


def test_the_page_begins_with_what_an_operator_does_and_ends_with_what_is_looked_up() -> None:
    headings = re.findall(r"^## (.+)$", page("docs/operations.md"), re.MULTILINE)
    assert headings[:2] == ["What an operator does", "Runbooks"]
    assert headings[-6:] == [
        "Parameters",
        "Settings",
        "Metrics",
        "Alarms",
        "Error codes",
        "Retention",
    ]


def test_how_soon_each_alarm_is_to_be_looked_at_is_told_once() -> None:
    told = re.findall(r"\[([a-z -]+)\]\(#alarm-", _below("docs/operations.md", "When an alarm comes"))
    alarms = re.findall(r"^### Alarm: (.+)$", page("docs/operations.md"), re.MULTILINE)
    assert sorted(told) == sorted(alarms)


def test_nobody_is_woken_but_where_a_wish_is_lost_or_a_key_is() -> None:
    """What waits for SES's own list is mail to somebody who wants it: that has a night's time."""
    (row,) = re.findall(r"^\| at once, .*$", page("docs/operations.md"), re.MULTILINE)
    assert re.findall(r"\(#alarm-([a-z-]+)\)", row) == [
        "opt-out-refused",
        "opt-out-throttled",
        "opt-out-retry-dead-letters",
        "key",
    ]


def test_the_subscription_is_confirmed_before_any_alarm_and_the_way_is_proved_by_setting_one_off() -> None:
    """Alarms that watch for silence come minutes after their creation; no mail says that they end."""
    assert "confirms the subscription" in _below("docs/deploying.md", "8. First deployment")
    alarms = _of("AWS::CloudWatch::Alarm")
    (named,) = re.findall(r"--logical-resource-id (\w+)", _below("docs/deploying.md", "13. Alarms"))
    assert named in alarms and alarms[named]["Properties"]["TreatMissingData"] == "notBreaching"
    assert "aws cloudwatch set-alarm-state" in _below("docs/deploying.md", "13. Alarms")
    assert not any("OKActions" in alarm["Properties"] for alarm in alarms.values())


def test_what_the_sandbox_does_to_every_confirmed_yes_is_told_with_its_hours() -> None:
    queue = RESOURCES["SesListQueue"]["Properties"]
    seconds = queue["VisibilityTimeout"] * queue["RedrivePolicy"]["maxReceiveCount"]
    told = _below("docs/deploying.md", "4. Production access and concurrency")
    assert f"After {seconds // 3_600} hours" in told
    assert "SesListDeadLettersUrl" in told and "BadRequestException" in told


def test_the_steps_of_a_deployment_stand_in_the_order_of_their_table() -> None:
    text = page("docs/deploying.md")
    table = re.findall(r"^\| (\d+) \| \[(.+?)\]", text, re.MULTILINE)
    assert table == re.findall(r"^## (\d+)\. (.+)$", text, re.MULTILINE)
