"""What the pages for the report of a minor, an erasure, a hold and a lift have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heed.domain.preferences.decision import active_complaint
from heed.domain.preferences.register import ALL_SCOPES, ScopeNumber
from heed.domain.privacy.purge import is_purge_id
from heed.entrypoints.http.desk.action_views import (
    ComplaintScope,
    PurgeSummary,
    Signer,
    StoreCount,
    WaitingLiftRow,
)
from heed.entrypoints.http.desk.sealed_cookies import person_path
from heed.entrypoints.http.desk.titles import scope_title

if TYPE_CHECKING:
    from heed.domain.desk.session import DeskSession
    from heed.domain.preferences.catalogue import Catalogue
    from heed.domain.preferences.record import Record
    from heed.use_cases.ports.privacy import Purges, WaitingLift


def summarize_purge(purges: Purges, purge_id: str) -> PurgeSummary | None:
    """Returns the state of a purge, or None: there is none, or its certificate has expired.

    Raises:
        StoreUnavailable: The store did not answer.
        UnreadableRecord: The certificate is not readable.
    """
    purge = purges.find(purge_id) if is_purge_id(purge_id) else None
    if purge is None:
        return None
    counts = sorted(purge.stores.items())
    return PurgeSummary(
        id=purge.id,
        state=purge.state,
        requested_at=purge.requested_at,
        completed_at=purge.completed_at,
        unlinkable_from=purge.unlinkable_from,
        stores=tuple(StoreCount(name=name, count=str(count)) for name, count in counts),
    )


def complaint_scopes(
    record: Record, catalogue: Catalogue, language: str, chosen: str = ""
) -> list[tuple[ScopeNumber, ComplaintScope]]:
    """Returns the scopes for which a complaint can be lifted: all marketing, brands, and stopped topics.

    Args:
        record: the record.
        catalogue: the brands and topics.
        language: the language of the names.
        chosen: the name of the chosen scope.
    """
    topics = [
        topic.number
        for topic in catalogue.marketing_topics(ALL_SCOPES)
        if not topic.retired and active_complaint(record, topic)
    ]
    brands = sorted({catalogue.brand_of(number) for number in topics}) if len(catalogue.brands) > 1 else []
    scopes = [ALL_SCOPES, *brands, *topics] if topics else []
    names = {number: catalogue.scope_name(number) for number in scopes}
    return [
        (
            number,
            ComplaintScope(value=name, name=scope_title(number, catalogue, language), chosen=name == chosen),
        )
        for number, name in names.items()
    ]


def waiting_lift_row(lift: WaitingLift, session: DeskSession) -> WaitingLiftRow:
    """Returns a lift that waits, as the person of a session sees it."""
    first = lift.first
    signer = Signer.SELF if first.key == session.key else Signer.OTHER
    return WaitingLiftRow(
        id=lift.recipient,
        path=f"{person_path(lift.recipient)}/lift",
        signer=signer if first.is_from_desk else Signer.KEY,
        agent=first.agent,
        at=first.at,
        ends_at=first.ends_at,
        reason=first.reason,
        reference=first.reference,
    )
