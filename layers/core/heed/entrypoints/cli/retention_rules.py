"""The retention of each kind of record: its reason, its time, and what deletes it (P10).

`heed retention` prints this table, and docs/reference/retention.md has it. Tests compare it with
template.yaml.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from heed.domain.privacy.retention import (
    CAMPAIGN_DAYS,
    CERTIFICATE_DAYS,
    COUNT_DAYS,
    DECIDED_CASE_DAYS,
    DISCLOSURE_DAYS,
    JOB_DAYS,
    JOB_FILES_DAYS,
    NUMBER_DAYS,
    PURGE_ORDER_DAYS,
    SEEN_DAYS,
    SOFT_BOUNCE_RETENTION_DAYS,
)

MINOR_RECORD = "Tombstone of a minor"
DEFAULT_MINOR_DAYS = 4_749  # 13 years, when each child is grown up: the default of `MinorRecordDays`


class RetentionEnd(StrEnum):
    """What deletes a record."""

    NEVER = "never"  # as long as the company sends mail: without the record, mail would be permitted
    TTL = "time to live"  # for records where a delay of days does no harm, since each reader checks the time
    SWEEP = "sweep"  # once an hour, by the index of due work
    SERVICE = "retention of the service"  # of a queue, a log group, a bucket
    PURGE = "purge"  # together with the other data of the person


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """One kind of record.

    Attributes:
        record: the kind of record.
        store: logical id of its store in template.yaml.
        why: the purpose of the retention.
        days: for how many days it is kept; None: see `end`.
        end: what deletes it.
    """

    record: str
    store: str
    why: str
    days: int | None
    end: RetentionEnd


RETENTION_RULES = (
    RetentionRule(
        "Choices and suppressions",
        "PreferencesTable",
        "to honour them: an opt-out has no end (15 USC 7704)",
        None,
        RetentionEnd.NEVER,
    ),
    RetentionRule(
        "Days of soft bounces",
        "PreferencesTable",
        "to tell a full mailbox from a dead one",
        SOFT_BOUNCE_RETENTION_DAYS,
        RetentionEnd.SWEEP,
    ),
    RetentionRule(
        MINOR_RECORD,
        "PreferencesTable",
        "not to mail a child, and not to collect its address again",
        DEFAULT_MINOR_DAYS,
        RetentionEnd.TTL,
    ),
    RetentionRule("API keys", "ControlTable", "evidence names their ids", None, RetentionEnd.NEVER),
    RetentionRule(
        "Purge order without its erasure",
        "ControlTable",
        "the erasure may still follow",
        PURGE_ORDER_DAYS,
        RetentionEnd.TTL,
    ),
    RetentionRule(
        "Purge that a hold delays",
        "ControlTable",
        "the lift of the hold orders it",
        None,
        RetentionEnd.NEVER,
    ),
    RetentionRule(
        "Certificate of a purge",
        "ControlTable",
        "to prove it: the law asks to keep requests for 24 months (11 CCR 7101)",
        CERTIFICATE_DAYS,
        RetentionEnd.TTL,
    ),
    RetentionRule(
        "Lift of a minor with one signature",
        "ControlTable",
        "to wait for the second key",
        1,
        RetentionEnd.TTL,
    ),
    RetentionRule(
        "Minors reported by a key",
        "ControlTable",
        "to limit a key that reports too many; it names no minor",
        COUNT_DAYS,
        RetentionEnd.TTL,
    ),
    RetentionRule(
        "Answered mails", "ControlTable", "to answer a sender once a day", COUNT_DAYS, RetentionEnd.TTL
    ),
    RetentionRule("Forwarded mails", "ControlTable", "to stop floods", COUNT_DAYS, RetentionEnd.TTL),
    RetentionRule(
        "Numbers",
        "ControlTable",
        "to compare a year with the one before; they count nobody by person",
        NUMBER_DAYS,
        RetentionEnd.TTL,
    ),
    RetentionRule(
        "Ids of counted events", "ControlTable", "to count each event once", SEEN_DAYS, RetentionEnd.TTL
    ),
    RetentionRule(
        "Campaigns that an API key named",
        "ControlTable",
        "to count only these by name",
        CAMPAIGN_DAYS,
        RetentionEnd.TTL,
    ),
    RetentionRule(
        "New campaigns of a day", "ControlTable", "to limit their number", COUNT_DAYS, RetentionEnd.TTL
    ),
    RetentionRule("Sessions of the desk", "ControlTable", "to know who is signed in", 1, RetentionEnd.TTL),
    RetentionRule("Disclosures", "ControlTable", "to account for them", DISCLOSURE_DAYS, RetentionEnd.TTL),
    RetentionRule("Open cases", "ControlTable", "to decide them", None, RetentionEnd.NEVER),
    RetentionRule(
        "Decided cases",
        "ControlTable",
        "to prove it: they are records of requests, and name only who decided",
        DECIDED_CASE_DAYS,
        RetentionEnd.TTL,
    ),
    RetentionRule(
        "Jobs",
        "ControlTable",
        "to show their results, and to take an import back",
        JOB_DAYS,
        RetentionEnd.TTL,
    ),
    RetentionRule(
        "Marks of jobs with files",
        "ControlTable",
        "to delete the files; they name nobody",
        JOB_FILES_DAYS,
        RetentionEnd.SWEEP,
    ),
    RetentionRule(
        "Mails sent to a mailbox",
        "ControlTable",
        "not to mail anybody too often",
        2,
        RetentionEnd.TTL,
    ),
    RetentionRule("Mails that a network asked for", "ControlTable", "to stop floods", 4, RetentionEnd.TTL),
    RetentionRule("Mails that an API key asked for", "ControlTable", "to stop floods", 3, RetentionEnd.TTL),
    RetentionRule(
        "Delivered opt-in notifications", "ControlTable", "to deliver each once", 30, RetentionEnd.TTL
    ),
    RetentionRule(
        "Entries of the ledger",
        "LedgerTable",
        "to prove each change; after an erasure they belong to nobody",
        None,
        RetentionEnd.NEVER,
    ),
    RetentionRule(
        "Evidence beside the entries", "LedgerTable", "to prove each change", None, RetentionEnd.PURGE
    ),
    RetentionRule(
        "Hashes and seals", "LedgerBucket", "to prove that nothing was altered", None, RetentionEnd.NEVER
    ),
    RetentionRule("Inbound mails", "MailboxBucket", "until they are handled", 14, RetentionEnd.SERVICE),
    RetentionRule("Mails of cases", "MailboxBucket", "until the case is decided", 45, RetentionEnd.SERVICE),
    RetentionRule(
        "Uploads and results of jobs",
        "BulkBucket",
        "until a day after the end of the job",
        JOB_FILES_DAYS,
        RetentionEnd.SERVICE,
    ),
    RetentionRule("Queued opt-outs", "OptOutRetryQueue", "until they are written", 14, RetentionEnd.SERVICE),
    RetentionRule("Failed opt-outs", "OptOutRetryDeadLetters", "for an operator", 14, RetentionEnd.SERVICE),
    RetentionRule(
        "Requests for a mail", "ConfirmationRequestsQueue", "until the mail is sent", 4, RetentionEnd.SERVICE
    ),
    RetentionRule(
        "Requests held back", "WaitingQueue", "until there is room for the mail", 4, RetentionEnd.SERVICE
    ),
    RetentionRule(
        "Failed requests", "ConfirmationRequestsDeadLetters", "for an operator", 4, RetentionEnd.SERVICE
    ),
    RetentionRule(
        "Confirmed opt-ins",
        "ConfirmedOptInsQueue",
        "until the work after them is done",
        14,
        RetentionEnd.SERVICE,
    ),
    RetentionRule(
        "Failed work after an opt-in",
        "ConfirmedOptInsDeadLetters",
        "for an operator",
        14,
        RetentionEnd.SERVICE,
    ),
    RetentionRule(
        "Opt-in notifications",
        "OptInNotificationsQueue",
        "until your system reads them",
        14,
        RetentionEnd.SERVICE,
    ),
    RetentionRule("Feedback", "FeedbackQueue", "until it is recorded", 14, RetentionEnd.SERVICE),
    RetentionRule("Failed feedback", "FeedbackDeadLetters", "for an operator", 14, RetentionEnd.SERVICE),
    RetentionRule(
        "Notices about mail", "MailboxQueue", "until the mail is handled", 14, RetentionEnd.SERVICE
    ),
    RetentionRule("Failed notices", "MailboxDeadLetters", "for an operator", 14, RetentionEnd.SERVICE),
    RetentionRule(
        "Addresses to remove from the SES list",
        "SesListQueue",
        "until SES has removed them",
        14,
        RetentionEnd.SERVICE,
    ),
    RetentionRule(
        "Addresses that stay on the SES list",
        "SesListDeadLetters",
        "for an operator",
        14,
        RetentionEnd.SERVICE,
    ),
    RetentionRule("Failed purges", "PurgeDeadLetters", "for an operator", 14, RetentionEnd.SERVICE),
    RetentionRule("Failed entries", "LedgerDeadLetters", "for an operator", 14, RetentionEnd.SERVICE),
    RetentionRule("Events to count", "NumbersQueue", "until they are counted", 14, RetentionEnd.SERVICE),
    RetentionRule(
        "Events that were not counted", "NumbersDeadLetters", "for an operator", 14, RetentionEnd.SERVICE
    ),
    RetentionRule(
        "Events to deliver as webhooks",
        "WebhookQueue",
        "until your system accepts them, a day at most",
        14,
        RetentionEnd.SERVICE,
    ),
    RetentionRule(
        "Webhooks that were given up", "WebhookDeadLetters", "for an operator", 14, RetentionEnd.SERVICE
    ),
    RetentionRule("Access log", "ApiLogs", "to find faults; it names no person", 30, RetentionEnd.SERVICE),
    RetentionRule(
        "Logs of functions", "*Logs", "to find faults; they name no person", 30, RetentionEnd.SERVICE
    ),
)
"""All kinds of records."""
