"""Checks of mail through SES: a confirmation mail to a tester, a bounce and a complaint.

`bounce+…` and `complaint+…` are addresses of SES's mailbox simulator. It works in the sandbox too. Its mails
count neither for the quota nor for the reputation of the account.
"""

from __future__ import annotations

import re
from urllib.parse import urlencode

from botocore.exceptions import ClientError

from heed.adapters.aws import error_code
from tests.account import web
from tests.account.checking import Check, Skipped, Unexpected, check, wait_for
from tests.account.links import ONE_CLICK
from tests.account.target import Target
from tests.account.web import FORM

_NO_SIMULATOR = "the emulator's SES has no mailbox simulator"


def _tester_address(target: Target) -> str:
    """Returns the tester's address if SES would send mail to it."""
    target.parameter("MailFrom")
    if not (address := target.options.tester):
        raise Skipped("name an address whose mail you can read: --tester")
    names = (address, address.rpartition("@")[2])
    if target.is_in_sandbox and not any(_is_verified(target, name) for name in names):
        raise Skipped(
            "the sandbox sends mail only to verified addresses: "
            "aws sesv2 create-email-identity --email-identity, then open the link that SES sends"
        )
    return address


def _is_verified(target: Target, identity: str) -> bool:
    try:
        identity_state = target.client("sesv2").get_email_identity(EmailIdentity=identity)
    except ClientError as error:
        if error_code(error) != "NotFoundException":
            raise
        return False
    return bool(identity_state["VerifiedForSendingStatus"])


@check("an opt-out, then 202, a mail, a page, and after a press on its button a yes")
def a_confirmation_mail_reaches_the_tester(target: Target) -> str:
    """In the sandbox SES also needs a permission for the recipient's identity."""
    address = _tester_address(target)
    url = target.link(address)["unsubscribe_url"]
    web.send("POST", url, {"Content-Type": FORM}, ONE_CLICK)
    stopped = target.reason(address)
    form = {"address": address, "topics": target.options.topic, "intent": "in"}
    answer = web.send("POST", f"{target.api}/subscribe", {"Content-Type": FORM}, urlencode(form).encode())
    observed = f"{stopped}, {answer.status}"
    if answer.status != 202:
        raise Unexpected(observed)
    if not (links := re.findall(r"https?://\S+/c/[^\s<>\"]+", target.mailbox(address))):
        raise Unexpected(f"{observed}, no mail; see the log group /heed/{target.name}/send-confirmation")
    page, pressed = web.send("GET", links[0]), web.send("POST", links[0])
    observed = f"{observed}, a mail, {page.status}, {pressed.status}, {target.reason(address)}"
    if observed != "topic_unsubscribed, 202, a mail, 200, 303, ok":
        raise Unexpected(observed)
    return observed


# A confirmed opt-in goes through these queues: its address is removed from the SES list, and then the opt-in
# is reported. Read in this order, an opt-in that moves on meanwhile is in one of them.
_QUEUES_OF_AN_OPT_IN = ("ConfirmedOptInsQueueUrl", "SesListQueueUrl", "ConfirmedOptInsQueueUrl")


@check("ConfirmedOptInsQueue and SesListQueue are empty within five minutes")
def the_confirmed_opt_in_is_processed(target: Target) -> str:
    """In the sandbox AWS may refuse calls of the SES list. Then the address waits in SesListQueue."""
    if target.reason(_tester_address(target)) != "ok":
        raise Skipped("the tester has not confirmed")
    try:
        wait_for(
            lambda: not any(_count_messages(target, queue) for queue in _QUEUES_OF_AN_OPT_IN),
            300,
            "not empty",
        )
    except Unexpected as observed:
        if not target.is_in_sandbox or _count_messages(target, "ConfirmedOptInsQueueUrl"):
            raise
        raise Skipped(
            f"SesListQueue is {observed}: AWS disables calls of the SES list in the sandbox"
        ) from observed
    return "empty"


def _count_messages(target: Target, queue: str) -> int:
    """Returns the number of messages in a queue, with those that a function is processing.

    Args:
        target: The stack.
        queue: The name of the queue's output.
    """
    counts = target.client("sqs").get_queue_attributes(
        QueueUrl=target.outputs[queue],
        AttributeNames=[f"ApproximateNumberOfMessages{part}" for part in ("", "NotVisible")],
    )["Attributes"]
    return sum(int(count) for count in counts.values())


def _send_to_simulator(target: Target, mailbox: str, reason: str) -> str:
    """Sends a mail to the simulator like a campaign, and waits until SES's report changes the check."""
    sender = target.parameter("MailFrom")
    address = f"{mailbox}+{target.run_id}@simulator.amazonses.com"
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
    wait_for(lambda: target.reason(address) == reason, 600, f"no {reason}")
    return reason


@check("within ten minutes a no, with the reason undeliverable", only_in_an_account=_NO_SIMULATOR)
def a_bounce_stops_mail(target: Target) -> str:
    """The way is SES, configuration set, topic, queue, function, table."""
    return _send_to_simulator(target, "bounce", "undeliverable")


@check("within ten minutes a no, with the reason complained", only_in_an_account=_NO_SIMULATOR)
def a_complaint_stops_mail(target: Target) -> str:
    """The way is the same as that of a bounce."""
    return _send_to_simulator(target, "complaint", "complained")


CHECKS: tuple[Check, ...] = (
    a_confirmation_mail_reaches_the_tester,
    the_confirmed_opt_in_is_processed,
    a_bounce_stops_mail,
    a_complaint_stops_mail,
)
