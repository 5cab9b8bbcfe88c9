"""`/desk`: one field for an address or a recipient id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from heed.domain.desk.session import DeskRole
from heed.entrypoints.http.desk.views import DeskView

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import Response

    from heed.entrypoints.http.desk.routes import DeskRoutes
    from heed.entrypoints.http.desk.visit import DeskRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeView(DeskView):
    """`GET /desk`."""


HOME_VIEWS: dict[str, type[DeskView]] = {"home": HomeView}


class HomePage:
    """Answers requests for `/desk`.

    Args:
        routes: The routes of the function. This class adds its own.
    """

    def __init__(self, routes: DeskRoutes) -> None:
        routes.route("GET", "/desk", DeskRole.AGENT)(self.show)

    def show(self, call: DeskRequest) -> Response[str]:
        """Shows the field, which has the focus."""
        return call.page("home", HomeView(frame=call.frame))
