"""Planted bugs of the kind that such systems had: the checker has to find each one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from functions.feedback import app as feedback
from heed.adapters.dynamodb import preferences, table
from heed.codec.record import encode_entry
from heed.domain.errors import DependencyUnavailable, HeedError
from heed.domain.feedback import outcome
from heed.domain.feedback.outcome import apply_feedback_rules
from heed.domain.links.queued_opt_out import QueuedOptOut
from heed.domain.milliseconds import Millis
from heed.domain.preferences import decision, record
from heed.domain.preferences.decision import Decision
from heed.domain.preferences.reasons import Reason
from heed.domain.preferences.record import EMPTY_RECORD, Record
from heed.domain.preferences.register import Change
from heed.domain.privacy import erasure
from heed.entrypoints import ses_events
from heed.use_cases.feedback import record_feedback
from heed.use_cases.links import unsubscribe
from heed.use_cases.ports.preferences import WriteResult
from heed.use_cases.preferences import check as checking
from tests.simulation import planted_link_bugs
from tests.simulation.aws_in_memory import Dynamo
from tests.simulation.planted_link_bugs import bug
from tests.support.registers import in_, pause, yes

Patch = pytest.MonkeyPatch
BUGS = planted_link_bugs.BUGS


@bug
def last_arrival_wins(patch: Patch) -> None:
    patch.setattr(preferences, "_IS_NEWER", "attribute_not_exists(no)")
    patch.setattr(Record, "accepts", lambda _self, _change: True)


@bug
def acknowledged_before_it_is_stored(patch: Patch) -> None:
    def opt_out(self: unsubscribe.Unsubscribe, request: QueuedOptOut) -> unsubscribe.UnsubscribeResult:
        try:
            return unsubscribe.UnsubscribeResult(self.write_opt_out(request, request.at).after, None)
        except DependencyUnavailable:
            return unsubscribe.UnsubscribeResult(EMPTY_RECORD, None)

    patch.setattr(unsubscribe.Unsubscribe, "__call__", opt_out)


@bug
def promised_and_put_into_no_queue(patch: Patch) -> None:
    class Nowhere:
        def send(self, _: str) -> None:
            return

    made = unsubscribe.Unsubscribe.__init__

    def init(self: Any, write: Any, _later: Any) -> None:
        made(self, write, Nowhere)

    patch.setattr(unsubscribe.Unsubscribe, "__init__", init)


@bug
def a_general_yes_lifts_a_particular_no(patch: Patch) -> None:
    patch.setattr(decision, "_overriding_scopes", lambda topic, _scope: topic.path)


@bug
def withdrawn_consent_is_revived(patch: Patch) -> None:
    def without(record: Record, topic: Any, _scopes: Any) -> Decision | None:
        given = any(record.get(kind(scope)) for kind in (in_, yes) for scope in topic.path)
        return None if topic.default_in or given else Decision(False, Reason.NO_CONSENT)

    patch.setattr(decision, "_without_consent", without)


@bug
def a_pause_heals_an_out(patch: Patch) -> None:
    def latest(record: Record, scopes: Any) -> int:
        return max(record.time_of(kind(s)) for s in scopes for kind in (in_, yes, pause))

    patch.setattr(decision, "_latest_override", latest)


@bug
def a_yes_of_the_same_instant_lifts(patch: Patch) -> None:
    lift = decision._latest_override
    patch.setattr(decision, "_latest_override", lambda record, scopes: lift(record, scopes) + 1)


@bug
def a_yes_that_nobody_confirmed_passes_a_complaint(patch: Patch) -> None:
    original = decision.active_complaint

    def passed(record: Record, topic: Any) -> Any:
        entry = original(record, topic)
        return None if entry and record.time_of(in_(topic.number)) > entry.at else entry

    patch.setattr(decision, "active_complaint", passed)


@bug
def a_batch_that_failed_whole_is_deleted(patch: Patch) -> None:
    def handle(message: Any, queued_at: Any, context: Any, counts: Counter[str]) -> bool:
        with suppress(HeedError):
            feedback._record(message, queued_at, counts)
        return True

    patch.setattr(feedback, "_handle", handle)


@bug
def what_cannot_be_understood_is_dropped(patch: Patch) -> None:
    record_it = feedback._record

    def quietly(*arguments: Any) -> str:
        record_it(*arguments)
        return ""

    patch.setattr(feedback, "_record", quietly)


@bug
def one_recipient_that_fails_takes_the_others_along(patch: Patch) -> None:
    def call(self: Any, event: Any, now: Millis) -> Any:
        found = apply_feedback_rules(event, self._identify, self.catalogue)
        for recipient, changes in list(found.changes.items())[:1]:
            self.preferences.apply(recipient, changes, now)
        return found

    patch.setattr(record_feedback.RecordFeedback, "__call__", call)


@bug
def an_event_counts_as_of_when_it_is_handled(patch: Patch) -> None:
    write = unsubscribe.WriteOptOut.__call__

    def late(self: unsubscribe.WriteOptOut, request: QueuedOptOut, now: Millis) -> WriteResult:
        return write(self, replace(request, at=now), now)

    patch.setattr(unsubscribe.WriteOptOut, "__call__", late)


@bug
def a_time_of_the_future_is_believed(patch: Patch) -> None:
    patch.setattr(
        ses_events,
        "_event_time",
        lambda event, stamp: ses_events.parse_aws_time(event.get("timestamp")) or stamp,
    )


@bug
def a_report_is_believed_whomever_it_names(patch: Patch) -> None:
    patch.setattr(outcome._MailRecipients, "has", lambda *_: True)


@bug
def reads_are_eventually_consistent(patch: Patch) -> None:
    read = Dynamo._read

    def stale(self: Dynamo, table: str, key: str, *, consistent: bool) -> Any:
        return read(self, table, key, consistent=table == "Control")

    patch.setattr(Dynamo, "_read", stale)


@bug
def doubt_is_a_yes(patch: Patch) -> None:
    def check(people: Any, topic: Any, now: Millis, preferences: Any) -> list[checking.CheckResult]:
        try:
            records: Mapping[str, Any] = preferences.read_many(p.recipient for p in people)
        except DependencyUnavailable:
            records = {}
        return [
            checking.CheckResult(p, decision.decide(records.get(p.recipient, EMPTY_RECORD), topic, now))
            for p in people
        ]

    from functions.platform import app as platform

    patch.setattr(platform, "check_sendable", check)


@bug
def an_answer_that_was_cut_says_that_there_is_nobody(patch: Patch) -> None:
    def get_many(self: table.DynamoDBTable, keys: Any) -> Any:
        wanted = {self._name: {"Keys": keys, "ConsistentRead": True}}
        answer = table._call(self._client.batch_get_item, RequestItems=wanted)
        yield from answer.get("Responses", {}).get(self._name, ())

    patch.setattr(table.DynamoDBTable, "get_many", get_many)


@bug
def several_registers_are_stored_without_a_condition(patch: Patch) -> None:
    def apply(self: Any, recipient: str, changes: list[Change], now: Millis) -> WriteResult:
        before = self.read(recipient)
        after = record.merge_changes(before, changes)
        if after == before:
            return WriteResult(before, before)
        item = self._table.get({"id": {"S": recipient}}) or {"id": {"S": recipient}}
        made = {r.code: encode_entry(entry) for r, entry in after.registers.items()}
        if after.soft_bounce_days:
            made["soft"] = {"NS": [str(day) for day in after.soft_bounce_days]}
        floor = {"f": item["f"]} if "f" in item else {}
        whole = {"id": item["id"], **floor, **made, "n": {"N": str(before.revision + 1)}}
        self._table.put(whole)
        return WriteResult(before, after)

    patch.setattr(preferences.PreferencesTable, "apply", apply)


@bug
def changes_before_an_erasure_count_again(patch: Patch) -> None:
    patch.setattr(preferences, "_IS_AFTER_ERASURE", "attribute_not_exists(no)")
    takes = Record.accepts
    patch.setattr(
        Record, "accepts", lambda self, change: takes(Record(self.registers, self.soft_bounce_days), change)
    )


@bug
def an_unsubscribe_page_that_unsubscribes_each_viewer(patch: Patch) -> None:
    from functions.unsubscribe import app as pressed

    look = pressed.handler

    def handler(event: dict[str, Any], context: Any) -> Any:
        event["requestContext"]["http"]["method"] = "POST"
        return look(event, context)

    patch.setattr(pressed, "handler", handler)


@bug
def a_scanner_that_sends_the_signal_stops_advertising(patch: Patch) -> None:
    patch.setattr("heed.entrypoints.http.request.is_navigation", lambda _: True)


@bug
def an_erasure_forgets_what_the_browsers_signal_stopped(patch: Patch) -> None:
    patch.setattr(erasure, "_kept_opt_outs", lambda *_: {})


@bug
def the_report_of_a_minor_destroys_a_hold(patch: Patch) -> None:
    patch.setattr("heed.use_cases.privacy.erase.is_awaiting_officer", decision.is_on_hold)


@bug
def the_counter_starts_again_with_an_erasure(patch: Patch) -> None:
    patch.setattr(
        erasure, "_make_erased_record", lambda _, floor, kept: Record(kept, erased_at=floor, revision=1)
    )
