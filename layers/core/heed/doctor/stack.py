"""Whether a stack works, and will work: the checks of `heed doctor`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from heed import clock
from heed.adapters.stack import AwsAccess, stack_resources
from heed.doctor.dns_records import TxtRecords
from heed.doctor.findings import CheckName, DoctorFinding
from heed.doctor.mail_sending import check_configuration_set, check_feedback, check_sender, check_sending
from heed.doctor.stack_guard import guarded, guarded_each
from heed.doctor.stack_links import check_links, check_suppression_list, find_topic
from heed.doctor.stack_resources import (
    check_active_alarms,
    check_alarms,
    check_concurrency,
    check_functions,
    check_keys,
    check_object_lock,
    check_parameters,
    check_recovery,
    check_version,
)
from heed.entrypoints.cli.stack import Stack

Check = Callable[[], DoctorFinding]


def examine_stack(stack: Stack, txt: TxtRecords, *, presses: bool, sends: bool) -> Iterator[DoctorFinding]:
    """Makes all checks of a stack. Those of an AWS account are left out for the local stack.

    Args:
        stack: the stack.
        txt: asks the DNS.
        presses: whether to press a link of the recipient of the doctor.
        sends: whether to send a mail to the mailbox simulator of SES.
    """
    yield check_version(stack.outputs)
    yield from guarded_each(
        CheckName.LINK, lambda: check_links(stack, find_topic(stack), clock.now, presses=presses)
    )
    yield guarded(CheckName.PARAMETERS, lambda: check_parameters(stack))
    if stack.name is None:
        return
    yield from _examine_account(stack, stack.name)
    yield from guarded_each(CheckName.SES_IDENTITY, lambda: check_sender(stack, txt))
    yield guarded(CheckName.CONFIGURATION_SET, lambda: check_configuration_set(stack))
    yield from guarded_each(CheckName.SES_SANDBOX, lambda: check_sending(stack))
    yield guarded(CheckName.SUPPRESSION_LIST, lambda: check_suppression_list(stack, find_topic(stack)))
    if sends:
        yield guarded(CheckName.FEEDBACK, lambda: check_feedback(stack, find_topic(stack)))


def _examine_account(stack: Stack, name: str) -> Iterator[DoctorFinding]:
    access = stack.access()
    checks: dict[CheckName, Check] = {
        CheckName.KEYS: lambda: check_keys(access, _list_keys(access, name)),
        CheckName.FUNCTIONS: lambda: check_functions(access, name),
        CheckName.POINT_IN_TIME_RECOVERY: lambda: check_recovery(access, stack.outputs),
        CheckName.OBJECT_LOCK: lambda: check_object_lock(
            access, stack.output("LedgerBucket"), stack.parameters().get("Environment", "")
        ),
        CheckName.ALARMS: lambda: check_alarms(access, stack.output("AlarmTopicArn")),
        CheckName.ACTIVE_ALARMS: lambda: check_active_alarms(access, name),
        CheckName.LAMBDA_CONCURRENCY: lambda: check_concurrency(access, name),
    }
    for check_name, check in checks.items():
        yield guarded(check_name, check)


def _list_keys(access: AwsAccess, stack: str) -> list[str]:
    return [key for _, key in stack_resources(access, stack, "AWS::KMS::Key").values()]
