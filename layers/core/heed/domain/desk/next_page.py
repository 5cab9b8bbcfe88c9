"""The page to which a sign-in leads."""

from __future__ import annotations

import re

HOME = "/desk"
# A path has only signs that nobody reads in two ways: no backslash, no percent sign, no second slash.
_PAGE = re.compile(r"/desk(?:/[\w-]+)*(?:\?[\w=&.:+,~%-]*)?", re.ASCII)
_MAX_LENGTH = 500


def choose_next_page(text: str) -> str:
    """Returns the page that a link names, if it is a page of the desk, otherwise the first page.

    Anybody can make a link to the sign-in. It must not lead to another site, nor back to the sign-in.
    """
    if len(text) > _MAX_LENGTH or not _PAGE.fullmatch(text) or text.startswith("/desk/sign"):
        return HOME
    return text
