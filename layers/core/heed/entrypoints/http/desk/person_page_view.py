"""The view of the page of a person."""

from __future__ import annotations

from dataclasses import dataclass

from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import Source
from heed.domain.privacy.disclosure import DisclosurePurpose
from heed.entrypoints.http.desk.change_views import DeskChangeFormView
from heed.entrypoints.http.desk.people_views import (
    ActiveRow,
    HistoryRow,
    MaySend,
    PersonHeading,
    Saying,
    TopicRow,
)
from heed.entrypoints.http.desk.views import DeskView


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonView(DeskView):
    """`GET /desk/people/{id}`: the page of a person."""

    person: PersonHeading
    form: DeskChangeFormView
    known: bool  # anything is on record
    meant: str  # the address that was perhaps meant, if nothing is on record; "": none
    purpose: DisclosurePurpose  # of the look-up
    may_send: MaySend
    saying: Saying
    since: Millis | None
    until: Millis | None
    source: Source | None
    allowed: tuple[str, ...]  # names of the marketing topics that may be sent
    stopped: tuple[str, ...]  # names of those that may not
    service: tuple[str, ...]  # names of the service topics that are still sent
    topics: tuple[TopicRow, ...]
    active: tuple[ActiveRow, ...]
    history: tuple[HistoryRow, ...]  # the newest first
    left_out: str  # how many older entries the page omits; "": none


PEOPLE_VIEWS: dict[str, type[DeskView]] = {"person": PersonView}
