"""Mail through SES: the way back to a tester, and what a bounce and a complaint become.

`bounce+…` and `complaint+…` are addresses of SES's mailbox simulator. It works in the sandbox too, and counts
neither in the quota nor in an account's reputation.
"""

from __future__ import annotations

import re
from urllib.parse import urlencode

from botocore.exceptions import ClientError

from heed.adapters.aws import error_code
from tests.account import web
from tests.account.checking import Check, Skipped, Unexpected, check, soon
from tests.account.links import ONE_CLICK
from tests.account.target import Target
from tests.account.web import FORM

_SIMULATED = "the emulator's SES has no mailbox simulator"


def _tester(target: Target) -> str:
    """The tester's address, if SES would mail it."""
    target.parameter("MailFrom")
    if not (address := target.wishes.tester):
        raise Skipped("name an address whose mail you read: --tester")
    names = (address, address.rpartition("@")[2])
    if target.is_in_sandbox and not any(_is_verified(target, name) for name in names):
        raise Skipped(
            "the sandbox mails verified addresses alone: "
            "aws sesv2 create-email-identity --email-identity, then press the link that SES mails"
        )
    return address


def _is_verified(target: Target, identity: str) -> bool:
    try:
        found = target.client("sesv2").get_email_identity(EmailIdentity=identity)
    except ClientError as error:
        if error_code(error) != "NotFoundException":
            raise
        return False
    return bool(found["VerifiedForSendingStatus"])


@check("a stop, then 202, a mail, a page, and after its button a yes")
def the_way_back_reaches_a_tester(target: Target) -> str:
    """In the sandbox SES asks for a permission on the recipient's identity too."""
    address = _tester(target)
    url = target.link(address)["unsubscribe_url"]
    web.ask("POST", url, {"Content-Type": FORM}, ONE_CLICK)
    stopped = target.reason(address)
    form = {"address": address, "topics": target.wishes.topic, "intent": "in"}
    asked = web.ask("POST", f"{target.api}/subscribe", {"Content-Type": FORM}, urlencode(form).encode())
    seen = f"{stopped}, {asked.status}"
    if asked.status != 202:
        raise Unexpected(seen)
    if not (links := re.findall(r"https?://\S+/c/[^\s<>\"]+", target.mailbox(address))):
        raise Unexpected(f"{seen}, no mail; the log group /heed/{target.name}/send-confirmation says why")
    page, pressed = web.ask("GET", links[0]), web.ask("POST", links[0])
    seen = f"{seen}, a mail, {page.status}, {pressed.status}, {target.reason(address)}"
    if seen != "topic_unsubscribed, 202, a mail, 200, 200, ok":
        raise Unexpected(seen)
    return seen


# The way of a confirmed yes: its address is handed on, is taken off SES's own list, and comes back to be told
# of. Read in this order, a yes that moves on meanwhile is in one of them.
_WAY_OF_A_YES = ("ConfirmedOptInsQueueUrl", "SesListQueueUrl", "ConfirmedOptInsQueueUrl")


@check("nothing left in ConfirmedOptInsQueue and SesListQueue within five minutes")
def what_follows_from_the_yes_is_done(target: Target) -> str:
    """In the sandbox AWS may refuse calls of SES's own list: the address waits in SesListQueue then."""
    if target.reason(_tester(target)) != "ok":
        raise Skipped("nobody has confirmed")
    try:
        soon(lambda: not any(_messages(target, each) for each in _WAY_OF_A_YES), 300, "not empty")
    except Unexpected as seen:
        if not target.is_in_sandbox or _messages(target, "ConfirmedOptInsQueueUrl"):
            raise
        raise Skipped(f"SesListQueue is {seen}: AWS disables the suppression list in the sandbox") from seen
    return "nothing left"


def _messages(target: Target, queue: str) -> int:
    """How many there are in a queue, by the name of its output: those that a function has in hand too."""
    found = target.client("sqs").get_queue_attributes(
        QueueUrl=target.outputs[queue],
        AttributeNames=[f"ApproximateNumberOfMessages{part}" for part in ("", "NotVisible")],
    )["Attributes"]
    return sum(int(count) for count in found.values())


def _simulated(target: Target, what: str, reason: str) -> str:
    """Send a mail to the simulator as a campaign would, and wait for what SES says of it."""
    sender = target.parameter("MailFrom")
    address = f"{what}+{target.run}@simulator.amazonses.com"
    link = target.link(address)
    target.client("sesv2").send_email(
        FromEmailAddress=sender,
        Destination={"ToAddresses": [address]},
        Content={
            "Simple": {
                "Subject": {"Data": "A check of Heed"},
                "Body": {"Text": {"Data": "To SES's mailbox simulator."}},
            }
        },
        ConfigurationSetName=target.parameters.get("ConfigurationSet") or target.resources["ConfirmationSet"],
        EmailTags=[{"Name": name, "Value": value} for name, value in link["tags"].items()],
    )
    soon(lambda: target.reason(address) == reason, 600, f"no {reason}")
    return reason


@check("within ten minutes a no, with the reason undeliverable", only_in_an_account=_SIMULATED)
def a_bounce_becomes_a_no(target: Target) -> str:
    """SES, its configuration set, topic, queue, function, table."""
    return _simulated(target, "bounce", "undeliverable")


@check("within ten minutes a no, with the reason complained", only_in_an_account=_SIMULATED)
def a_complaint_becomes_a_no(target: Target) -> str:
    """The same way."""
    return _simulated(target, "complaint", "complained")


CHECKS: tuple[Check, ...] = (
    the_way_back_reaches_a_tester,
    what_follows_from_the_yes_is_done,
    a_bounce_becomes_a_no,
    a_complaint_becomes_a_no,
)
