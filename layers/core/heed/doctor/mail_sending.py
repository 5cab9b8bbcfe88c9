"""The checks of SES: whether it sends for the stack, and whether its feedback reaches the stack."""

from __future__ import annotations

import time
from collections.abc import Iterator
from secrets import token_hex

from heed.adapters import stack_health
from heed.adapters.stack_health import IdentityHealth
from heed.doctor.dkim import check_dmarc
from heed.doctor.dns_records import TxtRecords
from heed.doctor.findings import CheckName, DoctorFinding, failed, passed, warned
from heed.doctor.stack_guard import guarded
from heed.entrypoints.cli import api
from heed.entrypoints.cli.stack import Stack

_NEEDED_EVENTS = ("BOUNCE", "COMPLAINT")
_MAX_SHARE = 80  # percent of the quota
_SIMULATOR = "simulator.amazonses.com"
_MAX_WAIT = 90.0  # seconds until a bounce of the simulator is on record
_INTERVAL = 2.0  # seconds


def check_sender(stack: Stack, txt: TxtRecords) -> Iterator[DoctorFinding]:
    """Checks the identity of the sender in SES, and the DNS of its domain."""
    parameters = stack.parameters()
    address = parameters.get("MailFrom", "")
    domain = address.rpartition("@")[2] or parameters.get("SesIdentity", "")
    if not domain:
        mend = "set MailFrom, so that people can subscribe; until then nothing is sent"
        yield warned(CheckName.SES_IDENTITY, "the stack has no sender", mend)
        return
    identity = _find_identity(stack, address, domain)
    if identity is None or not identity.is_verified:
        seen = f"SES does not send for {domain}" + (": it has no such identity" if identity is None else "")
        yield failed(CheckName.SES_IDENTITY, seen, "create the identity, and enter its records in the DNS")
    else:
        yield passed(CheckName.SES_IDENTITY, f"verified for {domain}")
    if identity is not None:
        yield _check_dkim(identity)
        yield _check_mail_from(identity)
    yield guarded(CheckName.DMARC, lambda: check_dmarc(domain, txt))


def _find_identity(stack: Stack, address: str, domain: str) -> IdentityHealth | None:
    """Returns the identity that SES uses: that of the address, of its domain, or of a domain above it."""
    labels = domain.split(".")
    names = [address] if address else []
    names += [".".join(labels[start:]) for start in range(max(len(labels) - 1, 1))]
    found = (stack_health.read_identity(stack.access(), name) for name in names)
    return next((identity for identity in found if identity is not None), None)


def _check_dkim(identity: IdentityHealth) -> DoctorFinding:
    if identity.dkim == "SUCCESS":
        return passed(CheckName.SES_DKIM, "SES signs")
    mend = "enter the three CNAME records of the identity in the DNS (outputs DkimRecord1 to DkimRecord3)"
    return failed(CheckName.SES_DKIM, f"DKIM is {identity.dkim or 'not set up'}", mend)


def _check_mail_from(identity: IdentityHealth) -> DoctorFinding:
    name = CheckName.MAIL_FROM
    if identity.mail_from == "SUCCESS":
        return passed(name, "a MAIL FROM domain of its own")
    mend = "set up a MAIL FROM domain of the identity, with its MX and SPF records"
    if identity.mail_from:
        return failed(name, f"the MAIL FROM domain is {identity.mail_from}", mend)
    return warned(name, "no MAIL FROM domain of its own: SPF is not aligned", mend)


def check_configuration_set(stack: Stack) -> DoctorFinding:
    """Checks that the feedback of campaigns goes to the topic of the stack."""
    name, configuration_set = CheckName.CONFIGURATION_SET, stack.parameters().get("ConfigurationSet", "")
    if not configuration_set:
        mend = "set ConfigurationSet, or point your own notifications to the output FeedbackTopicArn"
        return warned(name, "the stack has no configuration set", mend)
    types = stack_health.read_event_types(stack.access(), configuration_set, stack.output("FeedbackTopicArn"))
    if types is None:
        return failed(name, "SES has no such configuration set", "create it, or correct ConfigurationSet")
    if missing := [kind for kind in _NEEDED_EVENTS if kind not in types]:
        mend = "add an enabled event destination for them with the topic FeedbackTopicArn"
        return failed(name, f"no {' and no '.join(missing)} reaches the topic of the stack", mend)
    return passed(name, f"events: {', '.join(sorted(types))}")


def check_sending(stack: Stack) -> Iterator[DoctorFinding]:
    """Checks the sandbox and the quota of SES."""
    state = stack_health.read_sending(stack.access())
    if state.is_production:
        yield passed(CheckName.SES_SANDBOX, "out of the sandbox")
    else:
        mend = "request production access: in the sandbox SES sends to verified addresses alone"
        yield failed(CheckName.SES_SANDBOX, "the account is in the sandbox", mend)
    name = CheckName.SES_QUOTA
    if not state.is_enabled or state.enforcement == "SHUTDOWN":
        yield failed(name, "SES does not send for this account", "read the notice of SES in the AWS console")
    elif state.enforcement == "PROBATION":
        yield warned(name, "the account is under review", "read the notice of SES in the AWS console")
    elif state.quota >= 0 and state.sent * 100 > state.quota * _MAX_SHARE:
        seen = f"{state.sent} of {state.quota} mails in 24 hours"
        yield warned(name, seen, "request a higher quota: beyond it no confirmation mail goes out")
    else:
        yield passed(name, f"{state.sent} of {state.quota} mails in 24 hours")


def check_feedback(stack: Stack, topic: str) -> DoctorFinding:
    """Sends a mail that bounces, and waits until the bounce is on record.

    Raises:
        DependencyUnavailable: SES did not accept the mail.
    """
    parameters = stack.parameters()
    name, sender = CheckName.FEEDBACK, parameters.get("MailFrom", "")
    configuration_set = parameters.get("ConfigurationSet", "")
    if not sender or not configuration_set:
        mend = "set MailFrom and ConfigurationSet"
        return warned(name, "nothing was sent: the stack has no sender or no configuration set", mend)
    address = f"bounce+{token_hex(4)}@{_SIMULATOR}"
    start = time.monotonic()
    stack_health.send_test_mail(stack.access(), sender, address, configuration_set)
    while time.monotonic() < start + _MAX_WAIT:
        answer = api.post_to_api(stack, "/v1/check", {"topic": topic, "addresses": [address]})
        if answer["results"][0]["reason"] == "undeliverable":
            return passed(name, f"a bounce was on record after {time.monotonic() - start:.0f} seconds")
        time.sleep(_INTERVAL)
    mend = "see the check configuration-set, and the alarms of FeedbackQueue"
    return failed(name, f"a bounce was not on record after {_MAX_WAIT:.0f} seconds", mend)
