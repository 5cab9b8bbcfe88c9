"""`/desk/people/{id}/link`: the person's link to the preference centre, to send it to the person."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from heed.domain.desk.session import DeskRole
from heed.domain.errors import NotFound
from heed.domain.links.link_hints import LinkHints
from heed.domain.links.link_token import TokenPurpose
from heed.domain.preferences.register import ALL_SCOPES
from heed.domain.privacy.disclosure import DisclosureDetails
from heed.entrypoints.http import request
from heed.entrypoints.http.api.mail_links import link_query
from heed.entrypoints.http.desk.change_views import LinkView
from heed.entrypoints.http.desk.person_visit import person_heading
from heed.entrypoints.observability import count_metric
from heed.use_cases.identify import IdentifiedPerson
from heed.use_cases.links.mint_links import mint_links

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import Response

    from heed.entrypoints.http.desk.person_visit import PersonVisits
    from heed.entrypoints.http.desk.routes import DeskRoutes
    from heed.entrypoints.http.desk.visit import DeskRequest
    from heed.use_cases.ports.keys import LinkKeys
    from heed.use_cases.ports.privacy import Disclosures


class PersonLinkParts(Protocol):
    """The parts of a deployment that the link of a person needs."""

    @property
    def public_url(self) -> str:
        """The base URL of links, or "" if the deployment has only the host of the API."""
        ...

    @property
    def link_keys(self) -> LinkKeys:
        """The keys that sign links."""
        ...

    @property
    def disclosures(self) -> Disclosures:
        """The register of disclosures."""
        ...


class PersonLink:
    """Makes a person's link. The answer to the form shows it, so that it is in no URL of the desk.

    Args:
        routes: The routes of the function. This class adds its own.
        visits: Finds people.
        parts: Returns the parts of the deployment. It is called for a request, never at import.
    """

    def __init__(
        self, routes: DeskRoutes, visits: PersonVisits, parts: Callable[[], PersonLinkParts]
    ) -> None:
        self._visits = visits
        self._parts = parts
        routes.route("POST", "/desk/people/{id}/link", DeskRole.AGENT, by_brand=True)(self.make)

    def make(self, call: DeskRequest) -> Response[str]:
        """Enters in the register of disclosures that the link was made, then shows it.

        The page behind the link shows what the person chose. So the link is a look-up too, and the alarm for
        unusually many of them counts it.
        """
        person, parts = self._visits.person(call), self._parts()
        topic = next(iter(call.catalogue.offered_topics(ALL_SCOPES)), None)
        if topic is None:
            raise NotFound("the brands of the agent have no topic that a person can choose")
        minted = mint_links([IdentifiedPerson(None, person.recipient)], topic, call.at, parts.link_keys)[0]
        cookies = self._visits.disclose(call, person)
        parts.disclosures.append(DisclosureDetails(call.at, "link", person.purpose, 1, call.session.key))
        count_metric("DeskLinkMade")
        token, base = minted.tokens[TokenPurpose.PREFERENCES], request.base_url(call.event, parts.public_url)
        view = LinkView(
            frame=call.frame,
            person=person_heading(person),
            url=f"{base}/p/{token}{link_query(LinkHints(), call.language)}",
            has_own_domain=bool(parts.public_url),
        )
        return call.page("link", view, cookies=cookies)
