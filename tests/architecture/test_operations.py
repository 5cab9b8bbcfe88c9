"""docs/operations.md, docs/deploying.md and docs/reference agree with the template and the code."""

from __future__ import annotations

import re
from typing import Any

from tests.architecture.test_docs import CODE, ROOT, page
from tests.support.iam_policies import RESOURCES
from tests.support.template import template


def _of(kind: str) -> dict[str, Any]:
    return {name: resource for name, resource in RESOURCES.items() if resource["Type"] == kind}


def is_in_one_paragraph(*words: str) -> bool:
    """Returns whether one paragraph of a page for operators contains all these words."""
    pages = [page("docs/operations.md"), *(path.read_text() for path in ROOT.glob("docs/reference/*.md"))]
    paragraphs = "\n\n".join(pages).split("\n\n")
    return any(all(word in paragraph for word in words) for paragraph in paragraphs)


def test_the_maximum_length_of_a_stack_name_follows_from_the_names_in_ses() -> None:
    """The name of a configuration set or event destination has at most 64 characters."""
    names = [
        *(resource["Properties"]["Name"] for resource in _of("AWS::SES::ConfigurationSet").values()),
        *(
            resource["Properties"]["EventDestination"]["Name"]
            for resource in _of("AWS::SES::ConfigurationSetEventDestination").values()
        ),
    ]
    templates = [name["Fn::Sub"] for name in names if "Fn::Sub" in name]
    left = 64 - max(len(name.removeprefix("${AWS::StackName}")) for name in templates)
    assert all(name.startswith("${AWS::StackName}") for name in templates)
    assert is_in_one_paragraph(f"at most {left} characters", "`aws`")


def test_the_page_names_the_policies_and_queues_to_check_before_a_stack_is_deleted() -> None:
    """CloudFormation does not delete an attached policy. It deletes resource queue with its messages."""
    outputs = {
        name
        for name, output in template()["Outputs"].items()
        if isinstance(output["Value"], dict) and output["Value"].get("Ref") in _of("AWS::IAM::ManagedPolicy")
    }
    assert len(outputs) == len(_of("AWS::IAM::ManagedPolicy"))
    assert is_in_one_paragraph("make destroy", "OptOutRetryQueue", "dead-letter queue", *outputs)
    assert not any("DeletionPolicy" in queue for queue in _of("AWS::SQS::Queue").values())


def test_the_page_explains_how_to_delete_a_protected_table() -> None:
    assert is_in_one_paragraph("ROLLBACK_FAILED", "--no-deletion-protection-enabled")


def test_the_page_names_the_keys_whose_rotation_costs_money() -> None:
    rotated = {
        name for name, key in _of("AWS::KMS::Key").items() if key["Properties"].get("EnableKeyRotation")
    }
    assert is_in_one_paragraph("rotat", "dollar", *(f"`{name}`" for name in rotated))


def test_the_page_explains_that_a_flood_may_hide_from_the_access_log() -> None:
    assert is_in_one_paragraph("access log", "flood of 429")


def test_the_page_explains_that_the_sandbox_refuses_confirmation_mails() -> None:
    assert is_in_one_paragraph("sandbox", "AccessDenied", "MessageRejected")


def test_the_page_names_the_regions_without_support() -> None:
    assert is_in_one_paragraph("GovCloud", "China")


def _below(name: str, heading: str) -> str:
    """Returns the text below a heading of a page, up to the next heading."""
    (section,) = re.findall(rf"^#+ {heading}\n(.*?)(?=^#|\Z)", page(name), re.MULTILINE | re.DOTALL)
    return str(section)


def test_the_page_begins_with_tasks_and_ends_with_reference() -> None:
    headings = re.findall(r"^## (.+)$", page("docs/operations.md"), re.MULTILINE)
    assert headings[:2] == ["What an operator does", "Runbooks"]
    assert headings[-1] == "Reference"
    linked = set(re.findall(r"\(reference/([a-z-]+)\.md\)", _below("docs/operations.md", "Reference")))
    assert linked == {path.stem for path in ROOT.glob("docs/reference/*.md")}


def test_each_metric_filter_is_in_its_table_with_its_alarm() -> None:
    text = page("docs/reference/metrics.md")
    rows = re.findall(r"^\| `(\w+)` \| \[.+\]\(alarms.md#", text, re.MULTILINE)
    filters = _of("AWS::Logs::MetricFilter").values()
    # Two functions log that the work on a job failed.
    names = {each["Properties"]["MetricTransformations"][0]["MetricName"] for each in filters}
    assert sorted(rows) == sorted(names)


def test_the_code_contains_each_log_message_that_the_page_of_alarms_quotes() -> None:
    text = re.sub(r"\s+", " ", page("docs/reference/alarms.md"))
    alarms = re.findall(r"^### Alarm: (.+)$", page("docs/reference/alarms.md"), re.MULTILINE)
    quoted = {words for words in re.findall(r'"([a-z][a-z, …]+)"', text) if len(words.split()) > 3}
    code = "".join(re.sub(r'"\s+"', "", path.read_text()) for path in CODE)
    assert len(quoted) >= 4
    parts = [part.strip() for words in sorted(quoted - set(alarms)) for part in words.split("…")]
    assert [part for part in parts if part not in code] == []


def test_each_alarm_has_one_urgency() -> None:
    listed = re.findall(r"\[([a-z -]+)\]\(#alarm-", _below("docs/reference/alarms.md", "How soon to look"))
    alarms = re.findall(r"^### Alarm: (.+)$", page("docs/reference/alarms.md"), re.MULTILINE)
    assert sorted(listed) == sorted(alarms)


def test_only_alarms_about_lost_opt_outs_and_keys_are_urgent_at_night() -> None:
    """A late removal from the SES list only delays mail that the person wants, so it can wait."""
    (row,) = re.findall(r"^\| at once, .*$", page("docs/reference/alarms.md"), re.MULTILINE)
    assert re.findall(r"\(#alarm-([a-z-]+)\)", row) == [
        "opt-out-refused",
        "opt-out-throttled",
        "opt-out-retry-dead-letters",
        "key",
    ]


def test_the_alarm_subscription_is_confirmed_and_tested_with_an_alarm() -> None:
    """Silent alarms are raised minutes after their creation, and no mail reports their end."""
    assert "confirms the subscription" in _below("docs/deploying.md", "8. First deployment")
    alarms = _of("AWS::CloudWatch::Alarm")
    (named,) = re.findall(r"--logical-resource-id (\w+)", _below("docs/deploying.md", "13. Alarms"))
    assert named in alarms and alarms[named]["Properties"]["TreatMissingData"] == "notBreaching"
    assert "aws cloudwatch set-alarm-state" in _below("docs/deploying.md", "13. Alarms")
    assert not any("OKActions" in alarm["Properties"] for alarm in alarms.values())


def test_the_page_explains_after_how_many_hours_the_sandbox_fails_an_opt_in() -> None:
    queue = RESOURCES["SesListQueue"]["Properties"]
    seconds = queue["VisibilityTimeout"] * queue["RedrivePolicy"]["maxReceiveCount"]
    text = _below("docs/deploying.md", "4. Production access and concurrency")
    assert f"After {seconds // 3_600} hours" in text
    assert "SesListDeadLettersUrl" in text and "BadRequestException" in text


def test_the_steps_of_a_deployment_are_in_the_order_of_their_table() -> None:
    text = page("docs/deploying.md")
    table = re.findall(r"^\| (\d+) \| \[(.+?)\]", text, re.MULTILINE)
    assert table == re.findall(r"^## (\d+)\. (.+)$", text, re.MULTILINE)
