"""The desk: the pages for agents and privacy officers."""

from __future__ import annotations

import heed.cold_start as _start  # noqa: F401 - first: it pauses the garbage collector

from typing import Any

from heed.bootstrap import Heed
from heed.entrypoints.http.desk.cases import CasePages
from heed.entrypoints.http.desk.changes import ChangePages
from heed.entrypoints.http.desk.erase_pages import ErasePages
from heed.entrypoints.http.desk.hold_pages import HoldPages
from heed.entrypoints.http.desk.home import HomePage
from heed.entrypoints.http.desk.numbers import NumberPages
from heed.entrypoints.http.desk.people import PersonPage
from heed.entrypoints.http.desk.person_link import PersonLink
from heed.entrypoints.http.desk.person_visit import PersonVisits
from heed.entrypoints.http.desk.registers import RegisterPages
from heed.entrypoints.http.desk.routes import DeskRoutes
from heed.entrypoints.http.desk.sign_in import SignInPages
from heed.entrypoints.observability import observed

heed = Heed.from_environment()
desk = DeskRoutes(lambda: heed)
SignInPages(desk, lambda: heed)
visits = PersonVisits(lambda: heed)
HomePage(desk, visits, lambda: heed)
PersonPage(desk, visits, lambda: heed)
ChangePages(desk, visits, lambda: heed)
PersonLink(desk, visits, lambda: heed)
CasePages(desk, lambda: heed)
RegisterPages(desk, lambda: heed)
NumberPages(desk, lambda: heed)
ErasePages(desk, visits, lambda: heed)
HoldPages(desk, visits, lambda: heed)


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401
    """Answers one HTTP request, in payload format 2.0 or 1.0."""
    return desk(event, context)


heed.warm_up(
    lambda: (
        heed.session_memory,
        heed.desk_pages,
        heed.preferences,
        heed.ledger,
        heed.identity_key.identity_key(),
    )
)
