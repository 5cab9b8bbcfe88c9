"""Checks the alarm for a missing seal of the ledger. It takes two runs, one day apart.

The first run needs --silence and disables the schedule. A later run, with or without --silence, checks the
alarm and enables the schedule again. The schedule itself stores what the later run needs to know.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.account.checking import Check, Skipped, Unexpected, check
from tests.account.target import Target

# The seal may have run just before. The alarm needs 26 hours, and up to two more for its evaluation.
_MAX_WAIT = timedelta(hours=28)


@check(
    f"an alarm within {_MAX_WAIT // timedelta(hours=1)} hours",
    only_in_an_account="the local stack runs no schedules and evaluates no alarms",
)
def a_missing_seal_raises_an_alarm(target: Target) -> str:
    """CloudWatch may report a missing metric days later. This alarm is designed to avoid that."""
    scheduler, name = target.client("scheduler"), target.resources["SealFunctionNightly"]
    schedule = scheduler.get_schedule(Name=name)
    alarm = target.client("cloudwatch").describe_alarms(AlarmNames=[target.resources["SealSilentAlarm"]])[
        "MetricAlarms"
    ][0]
    if schedule["State"] == "ENABLED":
        _begin_silence(target, schedule, alarm)
    since = schedule["LastModificationDate"]
    if alarm["StateValue"] == "ALARM":
        _set_state(target, schedule, "ENABLED")
        after = alarm["StateUpdatedTimestamp"] - since
        return f"an alarm {after} after the schedule was disabled; it is enabled again"
    if datetime.now(UTC) - since < _MAX_WAIT:
        raise Skipped(f"the schedule has been disabled since {since:%d %B %H:%M %Z}; run this again")
    _set_state(target, schedule, "ENABLED")
    raise Unexpected(f"no alarm since {since:%d %B %H:%M %Z}; the schedule is enabled again")


def _begin_silence(target: Target, schedule: dict[str, Any], alarm: dict[str, Any]) -> None:
    if not target.options.silence:
        raise Skipped("it takes a day: use --silence, and run this again a day later")
    if alarm["StateValue"] != "OK":
        raise Skipped("there is no seal yet, so the alarm is active: begin after 02:00 UTC")
    _set_state(target, schedule, "DISABLED")
    raise Skipped("the schedule is disabled now; run this again a day later")


def _set_state(target: Target, schedule: dict[str, Any], state: str) -> None:
    """Enables or disables a schedule. An update replaces all fields, so this sends all fields again."""
    scheduler = target.client("scheduler")
    members = scheduler.meta.service_model.operation_model("UpdateSchedule").input_shape.members
    fields = {name: value for name, value in schedule.items() if name in members}
    scheduler.update_schedule(**{**fields, "State": state})


CHECKS: tuple[Check, ...] = (a_missing_seal_raises_an_alarm,)
