"""The retention of each kind of record: its reason, its time, and what deletes it (P10).

docs/operations.md has the same table for readers. A test compares both tables and template.yaml.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from heed.domain.privacy.retention import (
    CERTIFICATE_DAYS,
    COUNT_DAYS,
    DISCLOSURE_DAYS,
    PURGE_ORDER_DAYS,
    SOFT_BOUNCE_DAYS,
)

MINOR_DAYS = 4_749  # 13 years, when each child is grown up: the default of `MinorRecordDays`


class End(StrEnum):
    """What deletes a record."""

    NEVER = "never"  # as long as the company sends mail: without the record, mail would be permitted
    TTL = "time to live"  # for records where a delay of days does no harm, since each reader checks the time
    SWEEP = "sweep"  # once an hour, by the index of due work
    SERVICE = "the service's own retention"  # of a queue, a log group, a bucket
    PURGE = "purge"  # together with the other data of the person


@dataclass(frozen=True, slots=True)
class Rule:
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
    end: End


RULES = (
    Rule(
        "Choices and stops",
        "PreferencesTable",
        "to keep them: an opt-out has no end (15 USC 7704)",
        None,
        End.NEVER,
    ),
    Rule(
        "Days of soft bounces",
        "PreferencesTable",
        "to tell a full mailbox from a dead one",
        SOFT_BOUNCE_DAYS,
        End.SWEEP,
    ),
    Rule(
        "Tombstone of a minor",
        "PreferencesTable",
        "not to write to a child, nor to collect it again",
        MINOR_DAYS,
        End.TTL,
    ),
    Rule("API keys", "ControlTable", "their ids stand in evidence", None, End.NEVER),
    Rule(
        "Purge, ordered and never begun",
        "ControlTable",
        "its epoch may still begin",
        PURGE_ORDER_DAYS,
        End.TTL,
    ),
    Rule(
        "Purge, put off by a hold",
        "ControlTable",
        "it is ordered when the hold is lifted",
        None,
        End.NEVER,
    ),
    Rule(
        "Certificate of a purge",
        "ControlTable",
        "to prove it: requests are kept for 24 months (11 CCR 7101)",
        CERTIFICATE_DAYS,
        End.TTL,
    ),
    Rule("Half-signed lift of a minor", "ControlTable", "the second key", 1, End.TTL),
    Rule(
        "Minors reported by a key",
        "ControlTable",
        "to brake a key that reports too many; it names no minor",
        COUNT_DAYS,
        End.TTL,
    ),
    Rule("Disclosures", "ControlTable", "to account for them", DISCLOSURE_DAYS, End.TTL),
    Rule(
        "Mails sent to a mailbox",
        "ControlTable",
        "not to write to anybody too often",
        2,
        End.TTL,
    ),
    Rule("Mails that a network asked for", "ControlTable", "that none floods us", 4, End.TTL),
    Rule("Yeses that the adopter was told of", "ControlTable", "to tell each once", 30, End.TTL),
    Rule(
        "Entries of the ledger",
        "LedgerTable",
        "to prove what was said and done; nobody's after an erasure",
        None,
        End.NEVER,
    ),
    Rule("Evidence beside the entries", "LedgerTable", "to prove what was said", None, End.PURGE),
    Rule("Hashes and seals", "LedgerBucket", "to prove that nothing was altered", None, End.NEVER),
    Rule("Opt-outs of later", "OptOutRetryQueue", "until they are written", 14, End.SERVICE),
    Rule("Opt-outs given up", "OptOutRetryDeadLetters", "for a person to look", 14, End.SERVICE),
    Rule("Requests for a mail", "ConfirmationRequestsQueue", "until the mail is sent", 4, End.SERVICE),
    Rule("Requests held back", "WaitingQueue", "until there is room for the mail", 4, End.SERVICE),
    Rule("Requests given up", "ConfirmationRequestsDeadLetters", "for a person to look", 4, End.SERVICE),
    Rule("Yeses to follow up", "ConfirmedOptInsQueue", "until that is done", 14, End.SERVICE),
    Rule("Follow-ups given up", "ConfirmedOptInsDeadLetters", "for a person to look", 14, End.SERVICE),
    Rule("Yeses for the adopter", "OptInNotificationsQueue", "until the adopter reads them", 14, End.SERVICE),
    Rule("Feedback", "FeedbackQueue", "until it is recorded", 14, End.SERVICE),
    Rule("Feedback put aside", "FeedbackDeadLetters", "for a person to look", 14, End.SERVICE),
    Rule(
        "Addresses to remove from the SES list",
        "SesListQueue",
        "until SES has forgotten them",
        14,
        End.SERVICE,
    ),
    Rule("Addresses not unlisted", "SesListDeadLetters", "for a person to look", 14, End.SERVICE),
    Rule("Purges that failed", "PurgeDeadLetters", "for a person to look", 14, End.SERVICE),
    Rule("Entries that failed", "LedgerDeadLetters", "for a person to look", 14, End.SERVICE),
    Rule("Access log", "ApiLogs", "to find faults; it names nobody", 30, End.SERVICE),
    Rule("Logs of functions", "*Logs", "to find faults; they name nobody", 30, End.SERVICE),
)
"""All kinds of records."""
