"""Heed's own time for a warm request: tokens, a one-click POST without DynamoDB, each page.

CPU time of this process by `time.process_time`, the best of several rounds, because other load only adds
time.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from functools import partial
from itertools import product
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, cast

from heed.domain.milliseconds import Millis

ROUNDS, TIMES = 7, 400
VALUE = "Offers from M&S"
RECIPIENT = "ka3vc5dn2xo4yqhbvzyd6wjfxe"


def best(step: Callable[[], object], times: int = TIMES) -> float:
    """Returns the least CPU time of a step, in microseconds."""
    step()
    taken = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(times):
            step()
        taken.append((time.process_time() - began) / times)
    return min(taken) * 1e6


def rendered(brand: Path) -> list[tuple[str, float]]:
    """Returns each page with its rendering time, in the state that takes longest."""
    from brand_compiler.preview import catalogue, render
    from brand_compiler.samples import sample_views
    from heed.entrypoints.http.pages.pages import Pages
    from tests.support.brands import LANGUAGES

    pages, topics, slowest = Pages(brand), catalogue(brand)["topics"], dict[str, float]()
    for language in LANGUAGES:
        for page, view in sample_views(language, topics).values():
            taken = best(partial(render, pages, page, view), 100)
            slowest[page] = max(taken, slowest.get(page, 0))
    return sorted(slowest.items(), key=lambda row: -row[1])


def rendered_desk(brand: Path) -> list[tuple[str, float]]:
    """Returns each page of the desk with its rendering time, likewise.

    Each of its lists has as many rows as the preference centre has topics.
    """
    from heed.entrypoints.http.desk.all_views import DESK_VIEWS
    from heed.entrypoints.http.desk.desk_pages import DeskPages
    from heed.entrypoints.http.desk.person_page_view import PersonView
    from tests.support.brands import LANGUAGES
    from tests.support.desk_views import full_views, usual_person

    pages, slowest = DeskPages(brand), dict[str, float]()
    for page, language in product(DESK_VIEWS, LANGUAGES):
        for full in full_views(page, language):
            view = usual_person(full) if isinstance(full, PersonView) else full
            slowest[page] = max(best(partial(pages.render, page, view), 50), slowest.get(page, 0))
    return sorted(slowest.items(), key=lambda row: -row[1])


def main() -> None:
    """Measures and prints."""
    from markupsafe import _native, _speedups

    sys.modules["markupsafe._speedups"] = cast("Any", None)  # the layer is without it
    from brand_compiler.build import compile_command as build_brand

    brand = mkdtemp(prefix="heed-bench-")
    build_brand([str(Path(__file__).parents[2] / "layers" / "brand"), brand])
    os.environ.update(BRAND_DIR=brand, LINKS_KEY="k", PREFERENCES_TABLE="t", OPT_OUT_RETRY_QUEUE_URL="q")  # noqa: TID251

    from functions.preferences import app as preferences
    from functions.unsubscribe import app as unsubscribe
    from heed.domain.links.link_token import (
        LinkToken,
        TokenPurpose,
        mint_link_token,
        verify_link_token,
    )
    from heed.domain.preferences.record import EMPTY_RECORD, merge_changes
    from heed.domain.preferences.register import ScopeNumber
    from heed.use_cases.ports.preferences import WriteResult
    from tests.support.deployment import NOW, Context, http_event, parts, run_on

    key = bytes(range(32))

    class Keys:
        def link_key(self, *_: object) -> bytes:
            return key

        def newest_key_id(self) -> int:
            return 1

    class Table:
        def read(self, _: str) -> Any:
            return EMPTY_RECORD

        def apply(self, _: str, changes: Any, __: int) -> WriteResult:
            return WriteResult(EMPTY_RECORD, merge_changes(EMPTY_RECORD, changes))

    heed = parts()
    heed.link_keys = cast("Any", Keys())
    heed.preferences = cast("Any", Table())
    run_on(heed)

    token = LinkToken(RECIPIENT, ScopeNumber(2), Millis(NOW - 86_400_000), 1)
    link = mint_link_token(token, TokenPurpose.UNSUBSCRIBE, key)
    centre = mint_link_token(token, TokenPurpose.PREFERENCES, key)
    context = Context()
    one_click = http_event("POST", f"/u/{link}", form={"List-Unsubscribe": "One-Click"})
    landing = http_event("GET", f"/u/{link}")
    page = http_event("GET", f"/p/{centre}")
    silent = os.open(os.devnull, os.O_WRONLY)
    stdout = os.dup(1)
    os.dup2(silent, 1)
    recipients_pages = rendered(Path(brand))
    rows = [
        (
            "mint a token",
            10,
            best(lambda: mint_link_token(token, TokenPurpose.UNSUBSCRIBE, key), 5_000),
        ),
        (
            "verify a token",
            10,
            best(lambda: verify_link_token(link, TokenPurpose.UNSUBSCRIBE, lambda *_: key), 5_000),
        ),
        (
            "one-click POST, all but DynamoDB",
            115,
            best(lambda: unsubscribe.handler(one_click, context)),
        ),
        (
            "GET of the landing page, likewise",
            None,
            best(lambda: unsubscribe.handler(landing, context)),
        ),
        ("GET of the preference centre", None, best(lambda: preferences.handler(page, context))),
        ("escape a value, MarkupSafe in Python", None, best(lambda: _native._escape_inner(VALUE), 5_000)),
        ("escape a value, MarkupSafe compiled", None, best(lambda: _speedups._escape_inner(VALUE), 5_000)),
        *((f"rendering: {name}", 150, taken) for name, taken in recipients_pages),
        *(
            (f"rendering: desk, {name}", 2 * round(dict(recipients_pages)["preferences"]), taken)
            for name, taken in rendered_desk(Path(brand))
        ),
    ]
    os.dup2(stdout, 1)
    print(f"{'own CPU':36}{'µs':>8}{'limit':>8}")
    for name, limit, taken in rows:
        print(f"{name:36}{taken:>8.2f}{limit or '':>8}")
    print(f"a token has {len(link)} characters")


if __name__ == "__main__":
    main()
