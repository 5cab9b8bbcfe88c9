"""The checks of a stack's resources and parameters."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from importlib.metadata import version

from heed.adapters import stack_health
from heed.adapters.stack import AwsAccess, stack_resources
from heed.adapters.stack_activity import (
    SWITCHED,
    is_on,
    read_active_alarms,
    read_rates,
    read_reservation,
    read_unreserved_concurrency,
)
from heed.doctor.findings import CheckName, DoctorFinding, failed, passed, warned
from heed.entrypoints.cli.stack import Stack

_TABLES = ("PreferencesTable", "ControlTable", "LedgerTable")
LINK_ROUTES = ("POST /u/{token}", "GET /u/{token}", "HEAD /u/{token}")
REQUEST_SECONDS = 0.05  # of a request for a link, as docs/reference/load.md assumes
_ACCOUNT_RATE = 10_000  # requests a second that API Gateway admits to a route without a throttle
_LINK_FUNCTION, _API = "UnsubscribeFunction", "HttpApi"
_BUS, _RULE = "AWS::Events::EventBus", "AWS::Events::Rule"
_ALARM, _SILENCE = "AWS::CloudWatch::Alarm", "Silent"
_PRODUCTION = "production"


def check_functions(access: AwsAccess, stack: str) -> DoctorFinding:
    """Checks that no function of the stack is switched off, and nothing that starts one."""
    name = CheckName.FUNCTIONS
    parts = stack_resources(access, stack, *SWITCHED, _BUS)
    buses = [identifier for kind, identifier in parts.values() if kind == _BUS]
    switched = {part: found for part, found in parts.items() if found[0] != _BUS}
    off = sorted(
        part
        for part, (kind, identifier) in switched.items()
        if not any(is_on(access, kind, each) for each in _find_ids(kind, identifier, buses))
    )
    if off:
        mend = "switch them on again, or create again what is gone: what they do waits, or is lost"
        return failed(name, f"off or gone: {', '.join(off)}", mend)
    return passed(name, f"{len(switched)} functions and what starts them are on")


def _find_ids(kind: str, identifier: str, buses: Sequence[str]) -> list[str]:
    """Returns the ids that a part may have. The id of a rule does not always name its bus."""
    if kind != _RULE or "|" in identifier:
        return [identifier]
    return [identifier, *(f"{bus}|{identifier}" for bus in buses)]


def check_concurrency(access: AwsAccess, stack: str) -> DoctorFinding:
    """Checks how many functions may run at once, against what the routes of links admit."""
    name = CheckName.LAMBDA_CONCURRENCY
    parts = stack_resources(access, stack, "AWS::Lambda::Function", "AWS::ApiGatewayV2::Api")
    if not {_LINK_FUNCTION, _API} <= parts.keys():
        mend = "check that the stack was deployed from Heed's template"
        return failed(name, "the stack has no function for links", mend)
    rates = read_rates(access, parts[_API][1])
    rate = sum(rates.get(route, _ACCOUNT_RATE) for route in LINK_ROUTES)
    needed = math.ceil(rate * REQUEST_SECONDS)
    reserved = read_reservation(access, parts[_LINK_FUNCTION][1])
    limit = read_unreserved_concurrency(access) if reserved is None else reserved
    whose = f"{limit:,} functions at once" + (", reserved for links" if reserved is not None else "")
    if limit >= needed:
        return passed(name, f"{whose}; links need {needed:,}")
    seen = f"{whose}; the throttles of links admit {rate:,.0f} requests a second, which need {needed:,}"
    if reserved is not None:
        return warned(name, seen, "raise ReservedForOptOuts: beyond it an opt-out is refused")
    mend = "request 1,000 from AWS (Service Quotas, Lambda): beyond the limit an opt-out is refused"
    return warned(name, seen, mend)


def check_keys(access: AwsAccess, keys: Sequence[str]) -> DoctorFinding:
    """Checks the keys of the stack: enabled, rotated, and with a replica in another region."""
    name = CheckName.KEYS
    states = [stack_health.read_key(access, key) for key in keys]
    if not states:
        return failed(name, "the stack has no keys", "check that the stack was deployed from Heed's template")
    if disabled := [state.state for state in states if state.state != "Enabled"]:
        mend = "enable them at once, or cancel their deletion: without them no link works"
        return failed(name, f"keys that do not work: {', '.join(sorted(disabled))}", mend)
    if fixed := sum(state.is_rotated is False for state in states):
        return warned(name, f"keys that are not rotated: {fixed}", "switch the yearly rotation on")
    if alone := sum(state.replicas == 0 for state in states):
        mend = "make a replica in another region (docs/operations.md): with the key each opt-out is lost"
        return warned(name, f"keys without a replica in another region: {alone}", mend)
    return passed(name, f"{len(states)} keys work")


def check_alarms(access: AwsAccess, topic: str) -> DoctorFinding:
    """Checks that somebody receives the alarms."""
    name = CheckName.ALARMS
    confirmed, pending = stack_health.count_subscriptions(access, topic)
    if pending:
        mend = "open the link in the mail of SNS, or subscribe again"
        return failed(name, f"subscriptions that nobody confirmed: {pending}", mend)
    if not confirmed:
        return failed(name, "nobody receives the alarms", "set AlarmEmail, or subscribe to AlarmTopicArn")
    return passed(name, f"{confirmed} subscriptions")


def check_active_alarms(access: AwsAccess, stack: str) -> DoctorFinding:
    """Checks that no alarm of the stack is on."""
    name, active = CheckName.ACTIVE_ALARMS, read_active_alarms(access, stack)
    alarms = stack_resources(access, stack, _ALARM)
    if on := sorted(alarm for alarm, (_, identifier) in alarms.items() if identifier in active):
        # Those that watch for silence are on until each function has run once.
        found = failed if any(_SILENCE not in alarm for alarm in on) else warned
        return found(name, f"on: {', '.join(on)}", "see the section of each in docs/reference/alarms.md")
    return passed(name, f"none of {len(alarms)} is on")


def check_object_lock(access: AwsAccess, bucket: str, environment: str) -> DoctorFinding:
    """Checks that the seals of the ledger cannot be deleted."""
    name = CheckName.OBJECT_LOCK
    if stack_health.is_locked(access, bucket):
        return passed(name, "the seals are locked")
    mend = "deploy a new stack of production: a lock comes with the creation of a bucket"
    if environment == _PRODUCTION:
        return failed(name, "the bucket of the seals has no lock", mend)
    return passed(name, "no lock, as in each trial")


def check_recovery(access: AwsAccess, outputs: Mapping[str, str]) -> DoctorFinding:
    """Checks that the tables can be restored."""
    name = CheckName.POINT_IN_TIME_RECOVERY
    missing = [label for label in _TABLES if not stack_health.has_recovery(access, outputs.get(label, label))]
    if missing:
        mend = "switch it on again: docs/operations.md#restore needs it"
        return failed(name, f"off for {', '.join(missing)}", mend)
    return passed(name, f"on for {len(_TABLES)} tables")


def check_parameters(stack: Stack) -> DoctorFinding:
    """Checks parameters that contradict each other, or the account."""
    name, parameters = CheckName.PARAMETERS, stack.parameters()
    domain, rule_set = parameters.get("MailDomain", ""), parameters.get("ReceiptRuleSet", "")
    if parameters.get("ForwardTo") and not parameters.get("MailFrom"):
        return failed(name, "ForwardTo without MailFrom: nothing is forwarded", "set MailFrom")
    if domain and not rule_set:
        mend = "set ReceiptRuleSet, unless you enter each mail yourself (docs/mailbox.md)"
        return warned(name, "MailDomain without ReceiptRuleSet: the stack reads no mail", mend)
    if rule_set:
        receipt = stack_health.read_receipt(stack.access())
        if receipt.rule_set != rule_set:
            seen = "the receipt rule set is not the active one: SES receives no mail by it"
            return failed(name, seen, "aws ses set-active-receipt-rule-set --rule-set-name NAME")
        if domain not in receipt.domains:
            return failed(
                name, "no enabled rule receives mail for MailDomain", "deploy again, or enable the rule"
            )
    if parameters.get("Environment") == _PRODUCTION and not parameters.get("DomainName"):
        mend = "set DomainName: with the stack the host of each link that was ever sent would be gone"
        return warned(name, "a production stack without DomainName", mend)
    return passed(name, "no contradiction")


def check_version(outputs: Mapping[str, str]) -> DoctorFinding:
    """Checks that the command and the stack are of one version."""
    name, ours, theirs = CheckName.VERSION, version("heed"), outputs.get("Version", "")
    if ours == theirs:
        return passed(name, f"{ours}, as the command")
    mend = "deploy the version of the command, or install the command of the stack"
    return warned(name, f"the stack is {theirs or 'older than 0.1.0'}, the command {ours}", mend)
