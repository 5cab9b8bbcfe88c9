"""Pauses all marketing to an address while a report that it belongs to a child waits for a decision.

Anybody can send such a report. So it pauses mail, and deletes nothing.
"""

from __future__ import annotations

from heed.domain.mailbox.case import CASE_PAUSE_MS, Case
from heed.domain.milliseconds import Millis
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.evidence import make_evidence
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import ALL_SCOPES, Change, Entry, Source, pause_register
from heed.use_cases.ports.preferences import Preferences


def pause_until_decided(
    case: Case, record: Record, now: Millis, preferences: Preferences, catalogue: Catalogue
) -> None:
    """Pauses all marketing to the person of a child report for 14 days, or renews that pause.

    It writes only if the pause ends within half of that time, so that hourly calls make few changes.

    Args:
        case: a case that pauses mail.
        record: the record of its person.
        now: milliseconds.
        preferences: the records.
        catalogue: the policy versions.

    Raises:
        DependencyUnavailable, UnreadableRecord: It is unknown whether the pause was stored.
    """
    register = pause_register(ALL_SCOPES)
    current = record.get(register)
    ends_at = (current and current.until) or 0
    if ends_at < now + CASE_PAUSE_MS // 2:
        entry = Entry(
            now,
            Source.MAILBOX,
            make_evidence(reference=f"case {case.id}"),
            catalogue.policy_version_at(now),
            until=Millis(now + CASE_PAUSE_MS),
        )
        preferences.apply(case.recipient, [Change(register, entry)], now)
