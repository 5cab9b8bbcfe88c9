"""The environment variables in template.yaml are those that heed/config.py reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

import pytest
from aws_lambda_powertools.shared import constants

from heed.config import Config
from tests.architecture.test_template_queues import SCHEDULED_QUEUES
from tests.support.iam_policies import FUNCTIONS, permitted_actions
from tests.support.template import PATH, variables

_LAMBDAS_OWN = {"AWS_LAMBDA_FUNCTION_NAME"}
_BY_DEFAULT = {"BRAND_DIR", "SERVICE_MODELS_DIR"}  # /opt/brand and /opt/service_models, where the layers are
_POWERTOOLS = {constants.SERVICE_NAME_ENV, constants.METRICS_NAMESPACE_ENV}

# Each variable with the resource that it names. A function with the variable needs a right to the resource.
NEEDS = {
    "CONTROL_TABLE": "ControlTable",
    "IDENTITY_KEY": "IdentityKey",
    "LINKS_KEY": "LinksKey",
    "CONFIRMATION_KEY": "ConfirmationKey",
    "ADDRESS_KEY": "AddressKey",
    "SNAPSHOT_KEYS": "SnapshotKey",
    "OPT_OUT_RETRY_QUEUE_URL": "OptOutRetryQueue",
    "FEEDBACK_DLQ_URL": "FeedbackDeadLetters",
    "MAILBOX_DLQ_URL": "MailboxDeadLetters",
    "CONFIRMATION_REQUESTS_QUEUE_URL": "ConfirmationRequestsQueue",
    "WAITING_QUEUE_URL": "WaitingQueue",
    "CONFIRMED_OPT_INS_QUEUE_URL": "ConfirmedOptInsQueue",
    "OPT_IN_NOTIFICATIONS_QUEUE_URL": "OptInNotificationsQueue",
    "SES_LIST_QUEUE_URL": "SesListQueue",
    "SES_LIST_DLQ_URL": "SesListDeadLetters",
    "OPT_OUT_RETRY_DLQ_URL": "OptOutRetryDeadLetters",
    "CONFIRMATION_REQUESTS_DLQ_URL": "ConfirmationRequestsDeadLetters",
    "CONFIRMED_OPT_INS_DLQ_URL": "ConfirmedOptInsDeadLetters",
    "WEBHOOK_SECRET_ARN": "WebhookSecret",
    "WEBHOOK_QUEUE_URL": "WebhookQueue",
    "WEBHOOK_DLQ_URL": "WebhookDeadLetters",
    "LEDGER_TABLE": "LedgerTable",
    "EVENT_BUS": "EventBus",
    "LEDGER_DLQ_URL": "LedgerDeadLetters",
}
# Lambda itself reads the queue of a function, so the function does not need its name.
_READING = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}


class _RecordingEnvironment(Mapping[str, str]):
    """An environment that has each variable and records which ones are read."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        return "1"

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


def test_the_functions_get_exactly_the_variables_that_the_code_reads() -> None:
    environment = _RecordingEnvironment()
    settings = Config(environment)
    for name, member in vars(Config).items():
        if isinstance(member, cached_property):
            getattr(settings, name)
    variables_of_functions = set().union(*(variables(function) for function in FUNCTIONS))
    assert variables_of_functions - _POWERTOOLS == environment.names - _LAMBDAS_OWN - _BY_DEFAULT


@pytest.mark.parametrize("function", FUNCTIONS)
def test_metrics_and_logs_have_the_name_of_the_function_and_stack(function: str) -> None:
    own = FUNCTIONS[function]["CodeUri"].removeprefix("functions/").replace("_", "-")
    environment = variables(function)
    assert environment[constants.SERVICE_NAME_ENV] == own
    assert environment[constants.METRICS_NAMESPACE_ENV] == {"Fn::Sub": "Heed/${AWS::StackName}"}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_has_variables_exactly_for_the_resources_that_it_may_use(function: str) -> None:
    known = {NEEDS[name] for name in variables(function).keys() & NEEDS.keys()}
    used = {
        resource
        for action, resource in permitted_actions(function)
        if action not in _READING or resource in SCHEDULED_QUEUES
    }
    assert known == used & set(NEEDS.values())


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_that_mints_links_knows_their_base_url(function: str) -> None:
    assert ("LINKS_KEY" in variables(function)) == ("LINK_KEY_IDS" in variables(function))
    base_url_in_request = {"SendConfirmationFunction"}
    knows = "PUBLIC_URL" in variables(function) or function in base_url_in_request
    needs = {"LINKS_KEY", "CONFIRMATION_REQUESTS_QUEUE_URL"}  # a request for a mail has the base URL
    accepts_scrubs_with_links = function == "JobsFunction"
    has_forms = function == "DeskFunction"  # it compares the origin of each form
    assert (accepts_scrubs_with_links or has_forms or not needs.isdisjoint(variables(function))) == knows


def test_no_function_depends_on_the_api() -> None:
    assert "HttpApi" not in str([FUNCTIONS[name]["Environment"] for name in FUNCTIONS])


def test_whole_events_are_never_logged() -> None:
    assert "LOG_EVENT" not in PATH.read_text()
    assert "POWERTOOLS_DEV" not in PATH.read_text()
