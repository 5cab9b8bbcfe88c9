"""The stack under check: a trial in an AWS account, or the local stack."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from heed.adapters import stack
from heed.adapters.dynamodb.api_keys import ApiKeys
from heed.adapters.stack import AwsAccess
from heed.domain.api_key import KeyScope
from local.deploy import STACK
from tests.account import web
from tests.account.checking import Skipped, Unexpected, wait_for
from tests.account.web import Answer

_SCOPES = (KeyScope.CHECK, KeyScope.LINKS, KeyScope.READ)


@dataclass(frozen=True)
class Options:
    """The options of a run.

    Attributes:
        topic: A topic of the deployed brand that may be sent to a person without a record.
        tester: An address to which SES may send and whose mail a person reads, or "".
        silence: Whether to stop the nightly seal for a day.
        break_a_creation: Whether to create a production stack that fails.
    """

    topic: str = "offers"
    tester: str = ""
    silence: bool = False
    break_a_creation: bool = False


@dataclass(frozen=True)
class Target:
    """A stack, the access to it, and the cleanup after the checks.

    Attributes:
        name: The name of the stack in CloudFormation.
        outputs: The outputs of the template.
        access: Access to AWS or to the emulator.
        is_local: Whether it is the local stack.
        mailbox: Returns the text of the newest mail to an address, or "" if there is none.
        options: The options of this run.
        cleanup: Runs after the checks, even if they fail.
        run_id: A part of each address that this run invents.
    """

    name: str
    outputs: Mapping[str, str]
    access: AwsAccess
    is_local: bool
    mailbox: Callable[[str], str]
    options: Options
    cleanup: ExitStack
    run_id: str = field(default_factory=lambda: secrets.token_hex(4))

    @property
    def api(self) -> str:
        """The base URL of the API."""
        return self.outputs["ApiUrl"].rstrip("/")

    def client(self, service: str) -> Any:
        """Returns a client of an AWS service."""
        return self.access.client(service)

    @cached_property
    def parameters(self) -> dict[str, str]:
        """The parameters of the deployed stack, by name."""
        description = self.client("cloudformation").describe_stacks(StackName=self.name)["Stacks"][0]
        return {item["ParameterKey"]: item["ParameterValue"] for item in description["Parameters"]}

    @cached_property
    def resources(self) -> dict[str, str]:
        """The physical name of each resource by its logical id."""
        pages = self.client("cloudformation").get_paginator("list_stack_resources")
        return {
            item["LogicalResourceId"]: item.get("PhysicalResourceId", "")
            for page in pages.paginate(StackName=self.name)
            for item in page["StackResourceSummaries"]
        }

    @cached_property
    def is_in_sandbox(self) -> bool:
        """Whether the account is still in the SES sandbox."""
        return not self.client("sesv2").get_account()["ProductionAccessEnabled"]

    @cached_property
    def key(self) -> str:
        """An API key that is created like by `heed keys create`, and revoked at the end of the run."""
        keys = ApiKeys(self.client("dynamodb"), self.outputs["ControlTable"])
        key_id, key = keys.create(f"account {self.run_id}", "the checks of the account", _SCOPES)
        self.cleanup.callback(keys.revoke, key_id)
        return key

    def person(self, name: str) -> str:
        """Returns an invented address of this run."""
        return f"{name}+{self.run_id}@example.com"

    def post(self, path: str, body: object) -> Answer:
        """Sends a request to the API with the key of this run."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        return web.send("POST", self.api + path, headers, json.dumps(body).encode())

    def link(self, address: str) -> dict[str, Any]:
        """Returns new links for a person."""
        answer = self.post("/v1/links", {"topic": self.options.topic, "addresses": [address]})
        if answer.status != 200:
            raise Unexpected(f"{answer} from /v1/links")
        link: dict[str, Any] = answer.json()["links"][0]
        return link

    def check(self, address: str) -> dict[str, Any]:
        """Returns the answer of the check: whether the topic may be sent to a person."""
        answer = self.post("/v1/check", {"topic": self.options.topic, "addresses": [address]})
        if answer.status != 200:
            raise Unexpected(f"{answer} from /v1/check")
        result: dict[str, Any] = answer.json()["results"][0]
        return result

    def reason(self, address: str) -> str:
        """Returns the reason of the check's answer. It is `ok` if the topic may be sent."""
        return str(self.check(address)["reason"])

    def parameter(self, name: str) -> str:
        """Returns a parameter of the stack that a check needs.

        Raises:
            Skipped: The parameter is not set.
        """
        if not (value := self.parameters.get(name, "")):
            raise Skipped(f"deploy with {name}, and run this again")
        return value


def connect_deployed(name: str, options: Options, cleanup: ExitStack) -> Target:
    """Returns a deployed stack, with the AWS settings of this shell.

    Raises:
        NotFound: There is no stack with this name.
    """
    access = AwsAccess()
    return Target(
        name, stack.stack_outputs(access, name), access, False, _ask_person_for_link, options, cleanup
    )


def connect_local(announcement: Path, options: Options, cleanup: ExitStack) -> Target:
    """Returns the local stack that a `stack.json` announces."""
    content = json.loads(announcement.read_text())
    outputs = {**content["outputs"], "ApiUrl": content["api"]}
    del outputs["functions"]

    def find_newest_mail(address: str) -> str:
        accounts = web.send("GET", f"{content['aws']}/_ministack/ses/messages").json()["messages"]
        mails = [mail for account in accounts.values() for mail in account]
        return next((str(mail["BodyText"]) for mail in reversed(mails) if mail["To"] == [address]), "")

    def mailbox(address: str) -> str:
        return wait_for(lambda: find_newest_mail(address), 300, "no mail")

    access = AwsAccess(content["aws"], content["region"])
    return Target(STACK, outputs, access, True, mailbox, options, cleanup)


def _ask_person_for_link(_: str) -> str:
    """Asks the person at the terminal for the link in the mail."""
    try:
        return input("  The tester should get a mail now. Paste its link (leave empty if there is no mail): ")
    except EOFError:  # there is no terminal
        return ""
