"""The stack that is looked at: a trial in an account, or the local one as far as that goes."""

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
from tests.account.checking import Skipped, Unexpected, soon
from tests.account.web import Answer

_SCOPES = (KeyScope.CHECK, KeyScope.LINKS, KeyScope.READ)


@dataclass(frozen=True)
class Wishes:
    """What whoever runs the script asked for.

    Attributes:
        topic: of the deployed brand, one that may be sent to whom nobody ever spoke of.
        tester: an address that SES may mail and a person reads; empty: none.
        silence: whether the nightly seal may be stopped for a day.
        break_a_creation: whether a production stack is made that fails.
    """

    topic: str = "offers"
    tester: str = ""
    silence: bool = False
    break_a_creation: bool = False


@dataclass(frozen=True)
class Target:
    """A stack, how it is reached, and what is to be cleaned up behind the checks.

    Attributes:
        name: of the stack in CloudFormation.
        outputs: of the template.
        access: to AWS, or to the emulator.
        is_local: whether it is the local stack.
        mailbox: the text of the newest mail to an address; empty: there is none.
        end: what is done when the checks are over, whatever became of them.
        run: of these checks alone, in every address that they make up.
    """

    name: str
    outputs: Mapping[str, str]
    access: AwsAccess
    is_local: bool
    mailbox: Callable[[str], str]
    wishes: Wishes
    end: ExitStack
    run: str = field(default_factory=lambda: secrets.token_hex(4))

    @property
    def api(self) -> str:
        """Base of the API."""
        return self.outputs["ApiUrl"].rstrip("/")

    def client(self, service: str) -> Any:
        """A client of AWS."""
        return self.access.client(service)

    @cached_property
    def parameters(self) -> dict[str, str]:
        """What the stack was deployed with."""
        described = self.client("cloudformation").describe_stacks(StackName=self.name)["Stacks"][0]
        return {each["ParameterKey"]: each["ParameterValue"] for each in described["Parameters"]}

    @cached_property
    def resources(self) -> dict[str, str]:
        """The physical name of each resource, by its name in the template."""
        pages = self.client("cloudformation").get_paginator("list_stack_resources")
        return {
            each["LogicalResourceId"]: each.get("PhysicalResourceId", "")
            for page in pages.paginate(StackName=self.name)
            for each in page["StackResourceSummaries"]
        }

    @cached_property
    def is_in_sandbox(self) -> bool:
        """Whether SES has not let this account out of its sandbox yet."""
        return not self.client("sesv2").get_account()["ProductionAccessEnabled"]

    @cached_property
    def key(self) -> str:
        """A key made for this run as `heed keys create` makes one, and revoked at its end."""
        keys = ApiKeys(self.client("dynamodb"), self.outputs["ControlTable"])
        key_id, key = keys.create(f"account {self.run}", "the account's checks", _SCOPES)
        self.end.callback(keys.revoke, key_id)
        return key

    def person(self, who: str) -> str:
        """An address of this run that nobody mails."""
        return f"{who}+{self.run}@example.com"

    def post(self, path: str, body: object) -> Answer:
        """A request of the API with that key."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        return web.ask("POST", self.api + path, headers, json.dumps(body).encode())

    def link(self, address: str) -> dict[str, Any]:
        """The links of a person, minted now."""
        answer = self.post("/v1/links", {"topic": self.wishes.topic, "addresses": [address]})
        if answer.status != 200:
            raise Unexpected(f"{answer} from /v1/links")
        link: dict[str, Any] = answer.json()["links"][0]
        return link

    def verdict(self, address: str) -> dict[str, Any]:
        """Whether a person may be sent the topic."""
        answer = self.post("/v1/check", {"topic": self.wishes.topic, "addresses": [address]})
        if answer.status != 200:
            raise Unexpected(f"{answer} from /v1/check")
        result: dict[str, Any] = answer.json()["results"][0]
        return result

    def reason(self, address: str) -> str:
        """The reason of that verdict: `ok` where the person may be sent it."""
        return str(self.verdict(address)["reason"])

    def parameter(self, name: str) -> str:
        """A parameter of the stack that a check needs.

        Raises:
            Skipped: it is not set.
        """
        if not (value := self.parameters.get(name, "")):
            raise Skipped(f"deploy with {name}, and run this again")
        return value


def deployed(name: str, wishes: Wishes, end: ExitStack) -> Target:
    """The stack of that name, with the AWS settings of this shell.

    Raises:
        NotFound: there is none.
    """
    access = AwsAccess()
    return Target(name, stack.stack_outputs(access, name), access, False, _pasted, wishes, end)


def local(announcement: Path, wishes: Wishes, end: ExitStack) -> Target:
    """The local stack that a `stack.json` announces."""
    said = json.loads(announcement.read_text())
    outputs = {**said["outputs"], "ApiUrl": said["api"]}
    del outputs["functions"]

    def newest(address: str) -> str:
        kept = web.ask("GET", f"{said['aws']}/_ministack/ses/messages").json()["messages"]
        mails = [mail for account in kept.values() for mail in account]
        return next((str(one["BodyText"]) for one in reversed(mails) if one["To"] == [address]), "")

    def mailbox(address: str) -> str:
        return soon(lambda: newest(address), 300, "no mail")

    access = AwsAccess(said["aws"], said["region"])
    return Target(STACK, outputs, access, True, mailbox, wishes, end)


def _pasted(_: str) -> str:
    """A mailbox that a person reads."""
    try:
        return input("  A mail should reach the tester now. Paste its link (empty: none came): ")
    except EOFError:  # nobody sits there
        return ""
