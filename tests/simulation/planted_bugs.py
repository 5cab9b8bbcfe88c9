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
from tests.simulation import planted_link_bugs, planted_mail_bugs  # noqa: F401 - it registers its bugs
from tests.simulation.aws_in_memory import Dynamo
from tests.simulation.planted_link_bugs import planted_bug
from tests.support.registers import confirmed, in_, pause

Patch = pytest.MonkeyPatch
BUGS = planted_link_bugs.BUGS


@planted_bug
def last_arrival_wins(patch: Patch) -> None:
    patch.setattr(preferences, "_IS_NEWER", "attribute_not_exists(no)")
    patch.setattr(Record, "accepts", lambda _self, _change: True)


@planted_bug
def opt_out_is_acknowledged_before_it_is_stored(patch: Patch) -> None:
    def opt_out(self: unsubscribe.Unsubscribe, request: QueuedOptOut) -> unsubscribe.UnsubscribeResult:
        try:
            return unsubscribe.UnsubscribeResult(self.write_opt_out(request, request.at).after, None)
        except DependencyUnavailable:
            return unsubscribe.UnsubscribeResult(EMPTY_RECORD, None)

    patch.setattr(unsubscribe.Unsubscribe, "__call__", opt_out)


@planted_bug
def queued_opt_out_is_dropped(patch: Patch) -> None:
    class Nowhere:
        def send(self, _: str) -> None:
            return

    made = unsubscribe.Unsubscribe.__init__

    def init(self: Any, original_write: Any, _later: Any) -> None:
        made(self, original_write, Nowhere)

    patch.setattr(unsubscribe.Unsubscribe, "__init__", init)


@planted_bug
def opt_in_at_wider_scope_lifts_opt_out(patch: Patch) -> None:
    patch.setattr(decision, "_overriding_scopes", lambda topic, _scope: topic.path)


@planted_bug
def withdrawn_consent_counts_again(patch: Patch) -> None:
    def without(record: Record, topic: Any, _scopes: Any) -> Decision | None:
        given = any(record.get(kind(scope)) for kind in (in_, confirmed) for scope in topic.path)
        return None if topic.default_in or given else Decision(False, Reason.NO_CONSENT)

    patch.setattr(decision, "_suppression_by_missing_consent", without)


@planted_bug
def pause_replaces_opt_out(patch: Patch) -> None:
    def latest(record: Record, scopes: Any) -> int:
        return max(record.time_of(kind(s)) for s in scopes for kind in (in_, confirmed, pause))

    patch.setattr(decision, "_latest_override", latest)


@planted_bug
def opt_in_at_same_instant_lifts_opt_out(patch: Patch) -> None:
    original_override = decision._latest_override
    patch.setattr(decision, "_latest_override", lambda record, scopes: original_override(record, scopes) + 1)


@planted_bug
def unconfirmed_opt_in_lifts_complaint(patch: Patch) -> None:
    original = decision.active_complaint

    def complaint_unless_opt_in(record: Record, topic: Any) -> Any:
        entry = original(record, topic)
        return None if entry and record.time_of(in_(topic.number)) > entry.at else entry

    patch.setattr(decision, "active_complaint", complaint_unless_opt_in)


@planted_bug
def failed_batch_is_deleted(patch: Patch) -> None:
    def handle(message: Any, queued_at: Any, context: Any, counts: Counter[str]) -> bool:
        with suppress(HeedError):
            feedback._record(message, queued_at, counts)
        return True

    patch.setattr(feedback, "_handle", handle)


@planted_bug
def unprocessable_feedback_is_dropped(patch: Patch) -> None:
    original_record = feedback._record

    def record_quietly(*arguments: Any) -> str:
        original_record(*arguments)
        return ""

    patch.setattr(feedback, "_record", record_quietly)


@planted_bug
def only_first_recipient_is_recorded(patch: Patch) -> None:
    def call(self: Any, event: Any, now: Millis) -> Any:
        result = apply_feedback_rules(event, self._identify, self.catalogue)
        for recipient, changes in list(result.changes.items())[:1]:
            self.preferences.apply(recipient, changes, now)
        return result

    patch.setattr(record_feedback.RecordFeedback, "__call__", call)


@planted_bug
def event_gets_time_of_its_processing(patch: Patch) -> None:
    original_write = unsubscribe.WriteOptOut.__call__

    def write_at_processing_time(
        self: unsubscribe.WriteOptOut, request: QueuedOptOut, now: Millis
    ) -> WriteResult:
        return original_write(self, replace(request, at=now), now)

    patch.setattr(unsubscribe.WriteOptOut, "__call__", write_at_processing_time)


@planted_bug
def future_event_time_is_accepted(patch: Patch) -> None:
    patch.setattr(
        ses_events,
        "_event_time",
        lambda event, stamp: ses_events.parse_aws_time(event.get("timestamp")) or stamp,
    )


@planted_bug
def feedback_about_any_address_is_accepted(patch: Patch) -> None:
    patch.setattr(outcome._MailRecipients, "has", lambda *_: True)


@planted_bug
def reads_are_eventually_consistent(patch: Patch) -> None:
    original_read = Dynamo._read

    def stale(self: Dynamo, table: str, key: str, *, consistent: bool) -> Any:
        return original_read(self, table, key, consistent=table == "Control")

    patch.setattr(Dynamo, "_read", stale)


@planted_bug
def unreadable_record_is_sendable(patch: Patch) -> None:
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


@planted_bug
def unprocessed_keys_count_as_no_record(patch: Patch) -> None:
    def get_many(self: table.DynamoDBTable, keys: Any) -> Any:
        wanted = {self._name: {"Keys": keys, "ConsistentRead": True}}
        answer = table._call(self._client.batch_get_item, RequestItems=wanted)
        yield from answer.get("Responses", {}).get(self._name, ())

    patch.setattr(table.DynamoDBTable, "get_many", get_many)


@planted_bug
def several_registers_are_stored_without_condition(patch: Patch) -> None:
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


@planted_bug
def changes_before_erasure_are_accepted(patch: Patch) -> None:
    patch.setattr(preferences, "_IS_AFTER_ERASURE", "attribute_not_exists(no)")
    original_accepts = Record.accepts
    patch.setattr(
        Record,
        "accepts",
        lambda self, change: original_accepts(Record(self.registers, self.soft_bounce_days), change),
    )


@planted_bug
def opening_a_link_unsubscribes(patch: Patch) -> None:
    from functions.unsubscribe import app as unsubscribe_app

    original_handler = unsubscribe_app.handler

    def handler(event: dict[str, Any], context: Any) -> Any:
        event["requestContext"]["http"]["method"] = "POST"
        return original_handler(event, context)

    patch.setattr(unsubscribe_app, "handler", handler)


@planted_bug
def scanner_with_privacy_signal_stops_advertising(patch: Patch) -> None:
    patch.setattr("heed.entrypoints.http.request.is_navigation", lambda _: True)


@planted_bug
def erasure_deletes_opt_out_by_privacy_signal(patch: Patch) -> None:
    patch.setattr(erasure, "_kept_opt_outs", lambda *_: {})


@planted_bug
def report_of_minor_deletes_hold(patch: Patch) -> None:
    patch.setattr("heed.use_cases.privacy.erase.is_awaiting_officer", decision.is_on_hold)


@planted_bug
def erasure_resets_revision(patch: Patch) -> None:
    patch.setattr(
        erasure, "_make_erased_record", lambda _, floor, kept: Record(kept, erased_at=floor, revision=1)
    )
