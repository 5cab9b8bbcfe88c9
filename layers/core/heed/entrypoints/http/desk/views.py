"""The views that each group of pages of the desk builds on, and those of the pages that are no group's own.

Names are in the language of the page. The brand compiler checks `layers/brand/desk/pages` against the views.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from heed.domain.desk.session import DeskRole


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskFrame:
    """What surrounds the content of each page."""

    language: str  # of the brand; the page may be in English instead
    brand: str  # its title
    path: str  # the path of the page, so that the navigation marks its own entry
    agent: str = ""  # the name of the person; "": nobody is signed in, so there is no navigation
    role: DeskRole = DeskRole.AGENT
    brands: tuple[str, ...] = ()  # the titles of those to which the person is limited
    form_token: str = ""  # each form of the page has it as the field `token`


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskView:
    """The values of each page of the desk."""

    frame: DeskFrame


class Refusal(StrEnum):
    """Why the desk refuses a request."""

    ROLE = "role"  # the page is for privacy officers
    ORIGIN = "origin"  # the form came from another site, or its token is not that of the session
    BRAND = "brand"  # the form is about a brand to which the person has no access
    PURPOSE = "purpose"  # the policy does not permit a disclosure for the purpose
    INCOMPLETE = "incomplete"  # the form could not be read, so nothing was done


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedView(DeskView):
    """The page for a request that the desk refuses."""

    why: Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskUnavailableView(DeskView):
    """Status 503: a service did not respond, or a record cannot be read."""

    is_unreadable: bool = False  # a stored record is damaged; a second try does not help


FRAME_VIEWS: dict[str, type[DeskView]] = {
    "missing": DeskView,
    "refused": RefusedView,
    "unavailable": DeskUnavailableView,
}
"""The view of each page that is no group's own."""
