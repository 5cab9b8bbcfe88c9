"""`/desk/purges`, `/desk/disclosures` and `/desk/deadlines`: what an officer shows in an audit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from heed.domain.desk.session import DeskRole
from heed.domain.errors import NotFound
from heed.domain.milliseconds import Millis
from heed.domain.privacy.disclosure import (
    DisclosureEntry,
    DisclosurePage,
    first_broken_entry,
    is_previous_expired,
)
from heed.domain.privacy.purge import Purge, is_purge_id
from heed.entrypoints.http import request
from heed.entrypoints.http.desk.register_rows import (
    certificate_row,
    deadlines_view,
    disclosure_row,
    stores_of,
)
from heed.entrypoints.http.desk.register_views import (
    CertificatesView,
    CertificateView,
    DisclosuresView,
    RegisterCheck,
)
from heed.use_cases.ports.purge_list import PurgePosition

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.event_handler import Response

    from heed.entrypoints.http.desk.routes import DeskRoutes
    from heed.entrypoints.http.desk.visit import DeskRequest
    from heed.use_cases.ports.ledger import Ledger
    from heed.use_cases.ports.privacy import Disclosures
    from heed.use_cases.ports.purge_list import PurgeList

MAX_SHOWN_PURGES = 50
MAX_SHOWN_DISCLOSURES = 100
MAX_CHECKED_DISCLOSURES = 5_000
"""The first page checks so many entries. A hundred of them are one call of DynamoDB."""
_PAGE = 1_000  # entries that one call of the port reads
_PURGE_CURSOR = re.compile(r"([1-9][0-9]{0,13})-([0-9a-f]{32})", re.ASCII)
_NUMBER = re.compile(r"[1-9][0-9]{0,11}", re.ASCII)


class RegisterParts(Protocol):
    """The parts of a deployment that the pages of the registers need."""

    @property
    def purges(self) -> PurgeList:
        """Purges and their certificates."""
        ...

    @property
    def disclosures(self) -> Disclosures:
        """The register of disclosures."""
        ...

    @property
    def ledger(self) -> Ledger:
        """The ledger entries."""
        ...


class RegisterPages:
    """Answers requests for the registers.

    Args:
        routes: The routes of the function. This class adds its own.
        parts: Returns the parts of the deployment.
    """

    def __init__(self, routes: DeskRoutes, parts: Callable[[], RegisterParts]) -> None:
        self._parts = parts
        routes.route("GET", "/desk/purges", DeskRole.PRIVACY)(self.show_purges)
        routes.route("GET", "/desk/purges/{id}", DeskRole.PRIVACY)(self.show_certificate)
        routes.route("GET", "/desk/disclosures", DeskRole.PRIVACY)(self.show_disclosures)
        routes.route("GET", "/desk/deadlines", DeskRole.PRIVACY)(self.show_deadlines)

    def show_purges(self, call: DeskRequest) -> Response[str]:
        """Shows the purges, the newest first.

        Raises:
            NotFound: No page has the cursor of the request.
        """
        found = self._parts().purges.latest(_parse_purge_position(call), MAX_SHOWN_PURGES)
        purges = [purge for purge in found if isinstance(purge, Purge)]
        is_full = len(found) == MAX_SHOWN_PURGES and purges
        view = CertificatesView(
            frame=call.frame,
            certificates=tuple(map(certificate_row, purges)),
            unreadable=tuple(purge.id for purge in found if not isinstance(purge, Purge)),
            next_page=f"{purges[-1].requested_at}-{purges[-1].id}" if is_full else "",
        )
        return call.page("certificates", view)

    def show_certificate(self, call: DeskRequest) -> Response[str]:
        """Shows the certificate of a purge, or how far the purge is.

        Raises:
            NotFound: No purge has this id.
        """
        purge_id = call.parts["id"]
        purge = self._parts().purges.find(purge_id) if is_purge_id(purge_id) else None
        if purge is None:
            raise NotFound("no purge has this id")
        view = CertificateView(
            frame=call.frame,
            certificate=certificate_row(purge),
            stores=tuple(stores_of(purge)),
            unlinkable_from=purge.unlinkable_from,
            rules=purge.rules,
        )
        return call.page("certificate", view)

    def show_disclosures(self, call: DeskRequest) -> Response[str]:
        """Shows a page of the register. The first page also checks whether the register is complete.

        Raises:
            NotFound: No page begins before the number of the request.
        """
        before = request.read_query(call.event, "before")
        if before and not _NUMBER.fullmatch(before):
            raise NotFound("no page begins here")
        register = self._parts().disclosures
        page = register.latest(int(before) if before else None, MAX_SHOWN_DISCLOSURES)
        entries, check, broken = page.entries, RegisterCheck.NOT_CHECKED, None
        if not before:
            entries, check, broken = _check_register(register, page, call.at)
        view = DisclosuresView(
            frame=call.frame,
            check=check,
            first=str(entries[-1].number) if entries else "",
            last=str(entries[0].number) if entries else "",
            broken="" if broken is None else str(broken),
            disclosures=tuple(map(disclosure_row, page.entries)),
            next_page="" if page.next_before is None else str(page.next_before),
        )
        return call.page("disclosures", view)

    def show_deadlines(self, call: DeskRequest) -> Response[str]:
        """Shows how soon opt-outs took effect. It reads a part of a large ledger, and says so."""
        return call.page("deadlines", deadlines_view(call.frame, self._parts().ledger.all_entries()))


def _parse_purge_position(call: DeskRequest) -> PurgePosition | None:
    cursor = request.read_query(call.event, "cursor")
    match = _PURGE_CURSOR.fullmatch(cursor)
    if cursor and match is None:
        raise NotFound("no page has this cursor")
    return PurgePosition(Millis(int(match[1])), match[2]) if match else None


def _check_register(
    register: Disclosures, page: DisclosurePage, now: Millis
) -> tuple[list[DisclosureEntry], RegisterCheck, int | None]:
    """Reads the register from its newest entry on, and checks it.

    Returns:
        The entries that were checked, the result, and the number of the newest faulty entry.
    """
    entries, end, before = list(page.entries), page.end, page.next_before
    while before is not None and len(entries) < MAX_CHECKED_DISCLOSURES:
        if entries and is_previous_expired(entries[-1], now):
            before = None
            break
        page = register.latest(before, _PAGE)
        entries += page.entries
        before = page.next_before
    is_part = before is not None
    broken = first_broken_entry([(each, each.hash) for each in entries], end, now, is_part=is_part)
    if broken is not None:
        return entries, RegisterCheck.BROKEN, broken
    if not entries:
        return entries, RegisterCheck.EMPTY, None
    return entries, RegisterCheck.PART_WHOLE if is_part else RegisterCheck.WHOLE, None
