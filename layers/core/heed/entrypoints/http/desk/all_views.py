"""The view of each page of the desk. Each page is a file in layers/brand/desk/pages."""

from __future__ import annotations

from heed.entrypoints.http.desk.action_views import ACTION_VIEWS
from heed.entrypoints.http.desk.case_views import CASE_VIEWS
from heed.entrypoints.http.desk.change_views import CHANGE_VIEWS
from heed.entrypoints.http.desk.home import HOME_VIEWS
from heed.entrypoints.http.desk.number_views import NUMBER_VIEWS
from heed.entrypoints.http.desk.person_page_view import PEOPLE_VIEWS
from heed.entrypoints.http.desk.register_views import REGISTER_VIEWS
from heed.entrypoints.http.desk.sign_in import SIGN_IN_VIEWS
from heed.entrypoints.http.desk.views import FRAME_VIEWS, DeskView

DESK_VIEWS: dict[str, type[DeskView]] = {
    **FRAME_VIEWS,
    **HOME_VIEWS,
    **ACTION_VIEWS,
    **PEOPLE_VIEWS,
    **CHANGE_VIEWS,
    **CASE_VIEWS,
    **REGISTER_VIEWS,
    **NUMBER_VIEWS,
    **SIGN_IN_VIEWS,
}
"""The view of each page, by the name of its file without `.html`."""
