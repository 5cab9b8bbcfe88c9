"""One page of a long list: the newest first, twenty rows, with a search."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROWS = 20
Item = dict[str, Any]


@dataclass(frozen=True)
class Listing:
    """One page of a list.

    Attributes:
        rows: The items of this page, newest first.
        page: The number of this page, from 1.
        total: How many items the search finds on all pages.
    """

    rows: Sequence[Item]
    page: int
    total: int

    @property
    def first(self) -> int:
        """The number of the first row, counted over all pages."""
        return (self.page - 1) * ROWS + 1

    @property
    def last(self) -> int:
        """The number of the last row, counted over all pages."""
        return self.first + len(self.rows) - 1


@dataclass(frozen=True)
class ListSource:
    """A list that the page shows.

    Attributes:
        read: Returns all items, in any order.
        newest: Returns the sort key of an item. The greatest comes first.
        describe: Returns the words that the page shows for an item, so that a search finds them.
    """

    read: Callable[[], Sequence[Item]]
    newest: Callable[[Item], Any]
    describe: Callable[[Item], str]


def take_page(source: ListSource, search: str, page: int = 1) -> Listing:
    """Returns a page of the items that contain a text.

    Args:
        source: The list.
        search: The text, in any case. An empty text finds all items.
        page: The number of the page. After the last page comes the last page.
    """
    wanted, items = search.casefold(), source.read()
    found = [item for item in items if wanted in _text(source, item)] if wanted else items
    page = max(1, min(page, -(-len(found) // ROWS)))
    rows = sorted(found, key=source.newest, reverse=True)[(page - 1) * ROWS : page * ROWS]
    return Listing(rows, page, len(found))


def _text(source: ListSource, item: Item) -> str:
    return f"{source.describe(item)} {json.dumps(item, ensure_ascii=False)}".casefold()
