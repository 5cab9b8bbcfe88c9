"""Runs the compiled pages of a language with Jinja2. It is imported when the first page is rendered."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from jinja2 import Environment, ModuleLoader, StrictUndefined

from heed.domain.preferences.register import DAY_MS
from heed.entrypoints.http.pages.dates import KEPT_DAYS
from heed.entrypoints.http.pages.views import view_fields

if TYPE_CHECKING:
    from pathlib import Path

    from heed.entrypoints.http.desk.views import DeskView
    from heed.entrypoints.http.pages.dates import Dates
    from heed.entrypoints.http.pages.mail_views import MailView
    from heed.entrypoints.http.pages.views import PageView


class PageRenderer:
    """Renders the pages of one language.

    Args:
        folder: The compiled pages of the language.
        dates: The date pattern of the language.
    """

    def __init__(self, folder: Path, dates: Dates) -> None:
        # The build has decided what is escaped: HTML is, plain text is not (`brand_compiler.expressions`).
        self._environment = Environment(  # noqa: S701
            loader=ModuleLoader(folder), undefined=StrictUndefined, auto_reload=False
        )
        date_of_day = lru_cache(maxsize=KEPT_DAYS)(dates.date_of_day)
        self._environment.filters |= {
            "date": lambda at: date_of_day(at // DAY_MS),
            "time": dates.time,
            "iso": dates.iso,
            "day": dates.day,
            "names": dates.names,
        }

    def __call__(self, name: str, view: PageView | MailView | DeskView) -> str:
        """Returns a page. `name` is its file in layers/brand/pages or layers/brand/desk/pages."""
        return self._environment.get_template(name).render(view_fields(view))
