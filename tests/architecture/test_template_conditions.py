"""The attributes, rows and objects that a role of template.yaml may access.

An attacker who controls a function can do everything that its role permits. So each role names the
attributes, rows and objects that its function needs.
"""

from __future__ import annotations

from typing import Any

import pytest

from heed.adapters.dynamodb import (
    cases,
    daily_counts,
    desk_sessions,
    disclosures,
    jobs,
    lift_requests,
    mail_caps,
    opt_in_notifications,
    purges,
    ses_list_walks,
    writer_turn,
)
from heed.domain.preferences.register import COMPLAINT, HOLD, LIFT_HOLD, MINOR, UNDELIVERABLE
from tests.support.iam_policies import FUNCTIONS, is_permitted
from tests.support.registers import confirmed, in_, out

_ROWS = {
    "key": "key#0123",
    "disclosure": f"{disclosures.DISCLOSURE_PREFIX}000000000001",
    "end": f"{disclosures.DISCLOSURE_PREFIX}end",
    "case": f"{cases.CASE_PREFIX}abc",
    "job": f"{jobs.JOB_PREFIX}abc",
    "writer": writer_turn.WRITER_KEY,
    "job files": f"{jobs.JOB_FILES_PREFIX}abc",
    "lift": f"{lift_requests.LIFT_REQUEST_PREFIX}abc",
    "purge": f"{purges.PURGE_PREFIX}abc",
    "report": f"{daily_counts.CountPrefix.REPORTS}2026-03-05#0123",
    "answer": f"{daily_counts.CountPrefix.ANSWERS}2026-03-05#0123",
    "forward": f"{daily_counts.CountPrefix.FORWARDS}2026-03-05#mail",
    "case count": f"{daily_counts.CountPrefix.CASES}2026-03-05#0123",
    "mail": f"{mail_caps.MAIL_CAP_PREFIX}in#abc",
    "mailbox": f"{mail_caps.MAIL_CAP_PREFIX}of#abc",
    "network": f"{mail_caps.MAIL_CAP_PREFIX}network#in#abc",
    "key cap": f"{mail_caps.MAIL_CAP_PREFIX}key#in#0123",
    "notified": f"{opt_in_notifications.NOTIFICATION_PREFIX}abc",
    "desk session": f"{desk_sessions.DESK_SESSION_PREFIX}abc",
    "place": "reconcile",
    "list": ses_list_walks.SES_LIST_KEY,
}
"""A sample row of each kind in the table `Control`."""

CONTROL = {
    "SendConfirmationFunction": {
        "GetItem": {"mail", "mailbox", "network", "key cap"},
        "PutItem": {"mail", "mailbox", "network", "key cap"},
        "UpdateItem": {"mail", "mailbox", "network", "key cap"},
    },
    "ResubscribeFunction": {"GetItem": {"notified"}, "UpdateItem": {"network", "notified"}},
    "AfterConfirmationFunction": {"UpdateItem": {"notified"}, "DeleteItem": {"notified"}},
    "PlatformFunction": {
        "GetItem": {"key", "end"},
        "PutItem": {"disclosure", "end"},
        "UpdateItem": {"end", "key cap"},
    },
    "AgentsFunction": {
        "GetItem": {"key", "end", "purge"},
        "BatchGetItem": {"disclosure", "end"},
        "PutItem": {"disclosure", "end", "lift", "purge"},
        "UpdateItem": {"end", "report"},
        "DeleteItem": {"lift", "purge"},
    },
    "DeskFunction": {
        "GetItem": {"desk session", "end", "case", "lift", "purge"},
        "BatchGetItem": {"disclosure", "end"},
        "PutItem": {"desk session", "disclosure", "end", "case", "lift", "purge"},
        "UpdateItem": {"desk session", "end", "case", "key cap", "case count", "report"},
        "DeleteItem": {"desk session", "lift", "purge"},
    },
    "CasesFunction": {
        "GetItem": {"case", "key", "end"},
        "PutItem": {"disclosure", "end", "purge"},
        "UpdateItem": {"case", "end", "key cap"},
        "DeleteItem": {"purge"},
    },
    "JobsFunction": {
        "GetItem": {"job", "key", "end"},
        "PutItem": {"disclosure", "end", "job", "job files"},
        "UpdateItem": {"end"},
        "DeleteItem": {"job files"},
    },
    "BulkFunction": {
        "GetItem": {"job", "writer", "end"},
        "PutItem": {"disclosure", "end", "job", "writer"},
        "UpdateItem": {"end"},
    },
    "MailboxFunction": {
        "GetItem": {"case"},
        "PutItem": {"case", "purge"},
        "UpdateItem": {"report", "key cap", "answer", "forward", "case count"},
        "DeleteItem": {"purge"},
    },
    "PurgeFunction": {
        "GetItem": {"list", "mailbox"},
        "UpdateItem": {"case", "purge"},
        "DeleteItem": {"lift", "mail", "mailbox", "notified"},
    },
    "SesListFunction": {"UpdateItem": {"list", "purge"}},
    "ReconcileFunction": {"GetItem": {"place"}, "PutItem": {"place"}},
}
_CALLS = ("GetItem", "BatchGetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan")


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.threat(
    "W12",
    "An attacker who controls the function `agents` deletes the register of disclosures or reads all rows.",
    "For each call, its role names the kinds of rows of the table `Control` that it may access.",
)
def test_each_call_reaches_only_its_kinds_of_rows_in_the_control_table(
    function: str,
) -> None:
    reached = {
        call: {
            kind
            for kind, row in _ROWS.items()
            if is_permitted(function, f"dynamodb:{call}", "ControlTable", {"dynamodb:LeadingKeys": {row}})
        }
        for call in _CALLS
    }
    assert {call: rows for call, rows in reached.items() if rows} == CONTROL.get(function, {})


def test_no_function_can_write_an_api_key() -> None:
    for calls in CONTROL.values():
        for call in ("PutItem", "UpdateItem", "DeleteItem"):
            assert "key" not in calls.get(call, set())


_BASE_ATTRIBUTES = {"id", "n", "f", "salt", "chg_at", "chg_shard", "late", MINOR.code}
"""The attributes that each write of a register changes or checks."""
_ATTRIBUTES = {
    *_BASE_ATTRIBUTES,
    *(out(2).code, in_(2).code, confirmed(2).code, "p:2", "c:2", "u:2", "m:2", "v:2", "a:policy"),
    *(COMPLAINT.code, UNDELIVERABLE.code, HOLD.code, LIFT_HOLD.code, "l:undeliverable"),
    *("soft", "due", "due_shard", "purge", "expires"),
}
PREFERENCES: dict[str, set[str]] = {
    "UnsubscribeFunction": _BASE_ATTRIBUTES | {out(2).code, "c:2", "p:2", "u:2"},
    "OptOutRetryFunction": _BASE_ATTRIBUTES | {out(2).code},
    "PreferencesFunction": _BASE_ATTRIBUTES | {"a:policy", "c:2", out(2).code, "p:2", "u:2"},
    "ResubscribeFunction": _BASE_ATTRIBUTES
    | {in_(2).code, confirmed(2).code, "l:undeliverable", out(2).code, "p:2"},
    "FeedbackFunction": _BASE_ATTRIBUTES
    | {out(2).code, COMPLAINT.code, UNDELIVERABLE.code, "soft", "due", "due_shard"},
    "AgentsFunction": _BASE_ATTRIBUTES
    | {HOLD.code, in_(2).code, confirmed(2).code, LIFT_HOLD.code, "l:undeliverable", out(2).code, "p:2"},
    "DeskFunction": _BASE_ATTRIBUTES
    | {in_(2).code, out(2).code, "p:2", "c:2", "u:2"}
    | {HOLD.code, confirmed(2).code, LIFT_HOLD.code, "l:undeliverable"},
    "CasesFunction": _BASE_ATTRIBUTES | {out(2).code, "p:2"},
    "MailboxFunction": _BASE_ATTRIBUTES
    | {out(2).code, "p:2", COMPLAINT.code, UNDELIVERABLE.code, HOLD.code, "soft", "due", "due_shard"},
    "BulkFunction": _BASE_ATTRIBUTES - {MINOR.code}
    | {"m:2", "v:2", out(2).code, COMPLAINT.code, UNDELIVERABLE.code},
    "PurgeFunction": {"id", "purge", "due", "due_shard", "soft"},
    "LedgerFunction": {"id", "late"},
    "ReconcileFunction": {"id", "late"},
}


def _may(function: str, call: str, table: str, *attributes: str, **more: set[str]) -> bool:
    keys: dict[str, Any] = {"dynamodb:Attributes": set(attributes)}
    keys |= {f"dynamodb:{name}": values for name, values in more.items()}
    return is_permitted(function, f"dynamodb:{call}", table, keys)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.threat(
    "W10",
    "An attacker who controls the function `ledger` or `purge` opts people out or in.",
    "Its role may update its own markers but no register, and only the evidence of ledger entries.",
)
@pytest.mark.threat(
    "T17",
    "A function's role permits more than the function does.",
    "Each role names the attributes, rows and objects that its function needs.",
)
def test_each_function_updates_only_its_attributes_of_a_record(function: str) -> None:
    attributes = PREFERENCES.get(function, set())
    updatable = {name for name in _ATTRIBUTES if _may(function, "UpdateItem", "PreferencesTable", name)}
    assert updatable == attributes
    # All of them in one request are permitted, and no others.
    assert _may(function, "UpdateItem", "PreferencesTable", *attributes) is bool(attributes)
    assert not _may(function, "UpdateItem", "PreferencesTable", *attributes, "x:other")


def test_the_ses_list_function_cannot_complete_a_purge_or_read_a_subject() -> None:
    keys = {"dynamodb:LeadingKeys": {f"{purges.PURGE_PREFIX}abc"}}

    def may(*attributes: str, **more: set[str]) -> bool:
        conditions = {**keys, "dynamodb:Attributes": set(attributes)}
        conditions |= {f"dynamodb:{name}": values for name, values in more.items()}
        return is_permitted("SesListFunction", "dynamodb:UpdateItem", "ControlTable", conditions)

    assert may("pk", "state", "stores", "walk")
    assert not may("pk", "completed_at") and not may("pk", "subject")
    assert not may("pk", "walk", ReturnValues={"ALL_NEW"})


def test_no_update_can_set_the_expiry_of_a_record() -> None:
    for function, attributes in PREFERENCES.items():
        assert "expires" not in attributes, function


def test_an_erasure_cannot_write_an_opt_in_or_a_lift() -> None:
    least = {"id", "n", "f", "chg_at", "chg_shard", MINOR.code, out(0).code}
    writers = [name for name in FUNCTIONS if _may(name, "PutItem", "PreferencesTable", "id")]
    assert writers == ["AgentsFunction", "DeskFunction", "CasesFunction", "MailboxFunction"]
    for writer in writers:
        assert _may(writer, "PutItem", "PreferencesTable", *least, "purge", "due", "expires")
        for more in (in_(2).code, confirmed(2).code, LIFT_HOLD.code, "salt"):
            assert not _may(writer, "PutItem", "PreferencesTable", *least, more)


@pytest.mark.parametrize("function", ["LedgerFunction", "PurgeFunction", "ReconcileFunction"])
def test_an_update_cannot_return_other_attributes(function: str) -> None:
    for table, attribute in (
        ("PreferencesTable", "late" if function != "PurgeFunction" else "due"),
        ("LedgerTable", "evidence"),
    ):
        for returned in ("ALL_OLD", "ALL_NEW", "UPDATED_OLD"):
            assert not _may(function, "UpdateItem", table, attribute, ReturnValues={returned})
        assert _may(function, "UpdateItem", table, attribute, ReturnValues={"NONE"})


def test_only_the_evidence_of_a_ledger_entry_can_be_updated() -> None:
    entry = {"subject", "id", "seq", "register", "at", "recorded_at", "commitment", "evidence"}
    for function in FUNCTIONS:
        updatable = {name for name in entry if _may(function, "UpdateItem", "LedgerTable", name)}
        erases = function in ("LedgerFunction", "PurgeFunction", "ReconcileFunction")
        assert updatable == ({"subject", "id", "evidence"} if erases else set()), function
        assert not _may(function, "DeleteItem", "LedgerTable", "subject"), function


@pytest.mark.threat(
    "W11",
    "An attacker who controls the function `seal` adds hashes of entries that do not exist.",
    "It may write only objects under leaves/ and seals/. The functions of the ledger may write only hashes/.",
)
def test_each_function_writes_only_its_prefixes_of_the_ledger_bucket() -> None:
    writable = {
        function: {
            prefix
            for prefix in ("hashes/", "leaves/", "seals/", "")
            if is_permitted(function, "s3:PutObject", f"${{LedgerBucket.Arn}}/{prefix}x", {})
        }
        for function in FUNCTIONS
    }
    assert {function: prefixes for function, prefixes in writable.items() if prefixes} == {
        "LedgerFunction": {"hashes/"},
        "ReconcileFunction": {"hashes/"},
        "SealFunction": {"leaves/", "seals/"},
    }


@pytest.mark.parametrize(
    ("action", "inbound", "cases"),
    [
        ("GetObject", ["MailboxFunction"], ["DeskFunction", "CasesFunction"]),
        ("PutObject", [], ["DeskFunction", "MailboxFunction"]),
        ("DeleteObject", ["MailboxFunction"], ["DeskFunction", "CasesFunction", "PurgeFunction"]),
    ],
)
def test_each_function_accesses_only_its_folder_of_the_mails(
    action: str, inbound: list[str], cases: list[str]
) -> None:
    def permitted(key: str) -> list[str]:
        resource = f"${{MailboxBucket.Arn}}/{key}"
        return [name for name in FUNCTIONS if is_permitted(name, f"s3:{action}", resource, {})]

    assert (permitted("inbound/x"), permitted("cases/x")) == (inbound, cases)


def test_only_the_functions_of_jobs_read_and_write_the_files_of_jobs() -> None:
    def may(function: str, action: str, key: str) -> bool:
        return is_permitted(function, f"s3:{action}", f"${{BulkBucket.Arn}}/{key}", {})

    for key in ("abc/upload", "abc/results/rejects.csv"):
        assert [name for name in FUNCTIONS if may(name, "GetObject", key)] == ["JobsFunction", "BulkFunction"]
        assert [name for name in FUNCTIONS if may(name, "DeleteObject", key)] == ["JobsFunction"]
    assert [name for name in FUNCTIONS if may(name, "PutObject", "abc/upload")] == ["JobsFunction"]
    for key in ("abc/results/rejects.csv", "abc/work/parts.json"):
        assert [name for name in FUNCTIONS if may(name, "PutObject", key)] == ["BulkFunction"]


def test_each_function_lists_only_its_folder_of_the_mails() -> None:
    def lists(prefix: str) -> list[str]:
        keys = {"s3:prefix": {prefix}} if prefix else {}
        return [name for name in FUNCTIONS if is_permitted(name, "s3:ListBucket", "MailboxBucket", keys)]

    assert (lists("inbound/x"), lists("cases/x")) == (["MailboxFunction"], ["DeskFunction", "CasesFunction"])
    assert lists("") == lists("other/") == []


@pytest.mark.threat(
    "T48",
    "An attacker who controls a function signs a snapshot of his own, which permits mail to everybody.",
    "Only the function `bulk` may sign with the key of the snapshots, and no API request reaches it. A "
    "reader has the public keys from the deployment, never from the file.",
)
def test_only_the_function_of_the_work_on_jobs_signs_snapshots() -> None:
    def permitted(action: str) -> list[str]:
        return [name for name in FUNCTIONS if is_permitted(name, f"kms:{action}", "SnapshotKey", {})]

    assert (permitted("Sign"), permitted("GetPublicKey")) == (["BulkFunction"], ["PreferencesFunction"])
    assert "Events" not in FUNCTIONS["BulkFunction"]


def test_the_seal_function_lists_only_its_prefixes() -> None:
    def lists(prefix: str) -> bool:
        keys = {"s3:prefix": {prefix}} if prefix else {}
        return is_permitted("SealFunction", "s3:ListBucketVersions", "LedgerBucket", keys)

    assert lists("hashes/") and lists("hashes/2026-03-05/") and lists("seals/")
    assert lists("leaves/2026-03-05") and not lists("") and not lists("other/")
