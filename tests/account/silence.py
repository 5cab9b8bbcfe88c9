"""Whether the alarm comes when nobody seals the ledger any more: it takes two runs, a day apart.

The first run, with --silence, disables the schedule. A later one, with or without it, looks at the alarm and
enables the schedule again. What a run has to know of the one before stands in the schedule itself.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.account.checking import Check, Skipped, Unexpected, check
from tests.account.target import Target

# The seal may have run just before that: the alarm's own 26 hours, and two in which it is evaluated.
_LONGEST = timedelta(hours=28)


@check(
    f"an alarm within {_LONGEST // timedelta(hours=1)} hours",
    only_in_an_account="no schedule runs and no alarm is evaluated here for a day",
)
def the_alarm_comes_when_nobody_seals(target: Target) -> str:
    """A metric that is missing may be told late, by days: this alarm was written so that it is not."""
    scheduler, name = target.client("scheduler"), target.resources["SealFunctionNightly"]
    schedule = scheduler.get_schedule(Name=name)
    alarm = target.client("cloudwatch").describe_alarms(AlarmNames=[target.resources["SealSilentAlarm"]])[
        "MetricAlarms"
    ][0]
    if schedule["State"] == "ENABLED":
        _begin(target, schedule, alarm)
    since = schedule["LastModificationDate"]
    if alarm["StateValue"] == "ALARM":
        _switch(target, schedule, "ENABLED")
        after = alarm["StateUpdatedTimestamp"] - since
        return f"an alarm {after} after the schedule was disabled; it is enabled again"
    if datetime.now(UTC) - since < _LONGEST:
        raise Skipped(f"the schedule is disabled since {since:%d %B %H:%M %Z}; run this again")
    _switch(target, schedule, "ENABLED")
    raise Unexpected(f"no alarm since {since:%d %B %H:%M %Z}; the schedule is enabled again")


def _begin(target: Target, schedule: dict[str, Any], alarm: dict[str, Any]) -> None:
    if not target.wishes.silence:
        raise Skipped("it takes a day: --silence, and run this again a day later")
    if alarm["StateValue"] != "OK":
        raise Skipped("nothing was sealed yet, so that the alarm stands: begin after 02:00 UTC")
    _switch(target, schedule, "DISABLED")
    raise Skipped("the schedule is disabled now; run this again a day later")


def _switch(target: Target, schedule: dict[str, Any], state: str) -> None:
    """Enable or disable a schedule: an update takes all of it, so all that it takes is given back."""
    scheduler = target.client("scheduler")
    taken = scheduler.meta.service_model.operation_model("UpdateSchedule").input_shape.members
    same = {name: value for name, value in schedule.items() if name in taken}
    scheduler.update_schedule(**{**same, "State": state})


CHECKS: tuple[Check, ...] = (the_alarm_comes_when_nobody_seals,)
