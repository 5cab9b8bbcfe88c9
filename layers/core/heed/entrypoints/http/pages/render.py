"""Runs the compiled pages of a language with Jinja2. It is imported when the first page is rendered."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from jinja2 import Environment, ModuleLoader, StrictUndefined

from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import DAY_MS
from heed.entrypoints.http.pages.dates import iso_day, split_time
from heed.entrypoints.http.pages.pages import escape_html
from heed.entrypoints.http.pages.views import view_fields

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from heed.entrypoints.http.desk.views import DeskView
    from heed.entrypoints.http.pages.dates import Dates
    from heed.entrypoints.http.pages.mail_views import MailView
    from heed.entrypoints.http.pages.views import PageView

_KEPT_DAYS = 1_024


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
        self._environment.filters |= {
            "date": dates.date,
            "time": dates.time,
            "iso": dates.iso,
            "day": dates.day,
            "names": dates.names,
            **_element_filters(dates),
        }

    def __call__(self, name: str, view: PageView | MailView | DeskView) -> str:
        """Returns a page. `name` is its file in layers/brand/pages or layers/brand/desk/pages."""
        template = self._environment.get_template(name)
        # A page uses nothing but its view, so Jinja2's own functions need not be copied into each context.
        return "".join(template.root_render_func(template.new_context(view_fields(view), shared=True)))


def _element_filters(dates: Dates) -> dict[str, Callable[[Millis], str]]:
    """Returns the filters that make the HTML element of a time, with the date alone or the time of day too.

    A table of the desk shows a few days many times, so what depends on the day alone is kept.
    """

    @lru_cache(maxsize=_KEPT_DAYS)
    def parts_of_day(day: int) -> tuple[str, str]:
        date = escape_html(dates.date(Millis(day * DAY_MS)))
        return f'<time datetime="{iso_day(day)}T', f'">{date}'

    def date_element(at: Millis) -> str:
        day, clock, seconds = split_time(at)
        start, date = parts_of_day(day)
        return f"{start}{clock}{seconds}{date}</time>"

    def time_element(at: Millis) -> str:
        day, clock, seconds = split_time(at)
        start, date = parts_of_day(day)
        return f"{start}{clock}{seconds}{date}, {clock} UTC</time>"

    return {"date_element": date_element, "time_element": time_element}
