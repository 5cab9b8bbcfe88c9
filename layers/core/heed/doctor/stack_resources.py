"""The checks of a stack's resources and parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version

from heed.adapters import stack_health
from heed.adapters.stack import AwsAccess
from heed.doctor.findings import CheckName, DoctorFinding, failed, passed, warned
from heed.entrypoints.cli.stack import Stack

_TABLES = ("PreferencesTable", "ControlTable", "LedgerTable")
# POST /u/{token} may have 2,000 requests a second, of which each takes about a tenth of a second.
_NEEDED_CONCURRENCY = 200
_PRODUCTION = "production"


def check_concurrency(access: AwsAccess) -> DoctorFinding:
    """Checks how many functions may run at once, against the throttles of the routes."""
    name, limit = CheckName.LAMBDA_CONCURRENCY, stack_health.read_concurrency(access)
    if limit >= _NEEDED_CONCURRENCY:
        return passed(name, f"{limit} functions at once")
    mend = "request 1,000 from AWS (Service Quotas, Lambda): beyond the limit an opt-out is refused"
    return warned(name, f"{limit} functions at once; a burst of one-click needs {_NEEDED_CONCURRENCY}", mend)


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
