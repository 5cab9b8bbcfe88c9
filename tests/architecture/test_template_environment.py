"""What template.yaml gives the functions to know, against what heed/config.py asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

import pytest
from aws_lambda_powertools.shared import constants

from heed.config import Config
from tests.architecture.test_template_queues import LINES
from tests.support.iam_policies import FUNCTIONS, rights
from tests.support.template import PATH, variables

_LAMBDAS_OWN = {"AWS_LAMBDA_FUNCTION_NAME"}
_BY_DEFAULT = {"BRAND_DIR"}  # /opt/brand, where the layer is
_POWERTOOLS = {constants.SERVICE_NAME_ENV, constants.METRICS_NAMESPACE_ENV}

# A variable, and what it names: of no use without a right to it.
NEEDS = {
    "CONTROL_TABLE": "ControlTable",
    "IDENTITY_KEY": "IdentityKey",
    "LINKS_KEY": "LinksKey",
    "CONFIRMATION_KEY": "ConfirmationKey",
    "ADDRESS_KEY": "AddressKey",
    "OPT_OUT_RETRY_QUEUE_URL": "OptOutRetryQueue",
    "FEEDBACK_DLQ_URL": "FeedbackDeadLetters",
    "CONFIRMATION_REQUESTS_QUEUE_URL": "ConfirmationRequestsQueue",
    "WAITING_QUEUE_URL": "WaitingQueue",
    "CONFIRMED_OPT_INS_QUEUE_URL": "ConfirmedOptInsQueue",
    "OPT_IN_NOTIFICATIONS_QUEUE_URL": "OptInNotificationsQueue",
    "SES_LIST_QUEUE_URL": "SesListQueue",
    "SES_LIST_DLQ_URL": "SesListDeadLetters",
    "OPT_OUT_RETRY_DLQ_URL": "OptOutRetryDeadLetters",
    "CONFIRMATION_REQUESTS_DLQ_URL": "ConfirmationRequestsDeadLetters",
    "CONFIRMED_OPT_INS_DLQ_URL": "ConfirmedOptInsDeadLetters",
    "LEDGER_TABLE": "LedgerTable",
    "EVENT_BUS": "EventBus",
    "LEDGER_DLQ_URL": "LedgerDeadLetters",
}
# Lambda itself reads a queue for its function, which need not know its name.
_READING = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}


class _Asked(Mapping[str, str]):
    """An environment that has everything and remembers what it was asked for."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        return "1"

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


def test_every_variable_is_asked_for_and_given() -> None:
    asked = _Asked()
    settings = Config(asked)
    for name, member in vars(Config).items():
        if isinstance(member, cached_property):
            getattr(settings, name)
    given = set().union(*(variables(function) for function in FUNCTIONS))
    assert given - _POWERTOOLS == asked.names - _LAMBDAS_OWN - _BY_DEFAULT


@pytest.mark.parametrize("function", FUNCTIONS)
def test_metrics_and_logs_bear_the_functions_own_name_and_the_stacks(function: str) -> None:
    own = FUNCTIONS[function]["CodeUri"].removeprefix("functions/").replace("_", "-")
    given = variables(function)
    assert given[constants.SERVICE_NAME_ENV] == own
    assert given[constants.METRICS_NAMESPACE_ENV] == {"Fn::Sub": "Heed/${AWS::StackName}"}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_knows_what_it_may_use_and_may_use_what_it_knows(function: str) -> None:
    known = {NEEDS[name] for name in variables(function).keys() & NEEDS.keys()}
    used = {resource for action, resource in rights(function) if action not in _READING or resource in LINES}
    assert known == used & set(NEEDS.values())


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_that_makes_links_knows_where_they_lead(function: str) -> None:
    assert ("LINKS_KEY" in variables(function)) == ("LINK_KEY_IDS" in variables(function))
    told_by_the_request = {"SendConfirmationFunction"}  # which knows by which host it came
    knows = "PUBLIC_URL" in variables(function) or function in told_by_the_request
    assert ("LINKS_KEY" in variables(function)) == knows


def test_no_function_names_the_api_which_names_the_functions() -> None:
    assert "HttpApi" not in str([FUNCTIONS[name]["Environment"] for name in FUNCTIONS])


def test_whole_events_are_never_logged() -> None:
    assert "LOG_EVENT" not in PATH.read_text()
    assert "POWERTOOLS_DEV" not in PATH.read_text()
