"""`/desk/people/{id}`: the page of a person."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from heed.domain.desk.session import DeskRole
from heed.entrypoints.http.desk.person_view import person_view
from heed.use_cases.privacy.lookup import look_up

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import Response

    from heed.entrypoints.http.desk.person_visit import PersonVisits
    from heed.entrypoints.http.desk.routes import DeskRoutes
    from heed.entrypoints.http.desk.visit import DeskRequest
    from heed.use_cases.ports.ledger import Ledger
    from heed.use_cases.ports.preferences import Preferences


class LookupParts(Protocol):
    """The parts of a deployment that the page of a person needs."""

    @property
    def preferences(self) -> Preferences:
        """The store of all records."""
        ...

    @property
    def ledger(self) -> Ledger:
        """The entries of the ledger."""
        ...


class PersonPage:
    """Answers requests for the page of a person.

    Args:
        routes: The routes of the function. This class adds its own.
        visits: Finds people and enters disclosures.
        parts: Returns the parts of the deployment. It is called for a request, never at import.
    """

    def __init__(self, routes: DeskRoutes, visits: PersonVisits, parts: Callable[[], LookupParts]) -> None:
        self._visits = visits
        self._parts = parts
        routes.route("GET", "/desk/people/{id}", DeskRole.AGENT, by_brand=True)(self.show)

    def show(self, call: DeskRequest) -> Response[str]:
        """Shows all that is on record about a person. Somebody without a record gets the same page."""
        person, parts = self._visits.person(call), self._parts()
        result = look_up(person.recipient, call.at, parts.preferences, parts.ledger, call.catalogue)
        cookies = self._visits.disclose(call, person)
        view = person_view(call.frame, person, result, call.catalogue, call.at)
        return call.page("person", view, cookies=cookies)
