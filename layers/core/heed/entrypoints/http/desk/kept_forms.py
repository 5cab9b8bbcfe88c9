"""Keeps a form whose session has ended, until the same person has signed in again.

The form is in an encrypted cookie of the browser, because it may contain an address. Another person who signs
in at the same computer does not get it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from heed.domain.milliseconds import Millis
from heed.entrypoints.http.desk.cookies import desk_cookie, read_cookie
from heed.entrypoints.http.desk.views import DeskView
from heed.entrypoints.http.desk.visit import DeskForm, DeskVisit

if TYPE_CHECKING:
    from aws_lambda_powertools.shared.cookies import Cookie

    from heed.use_cases.ports.desk import CookieEncryption

KEPT_FOR = Millis(30 * 60_000)
"""A form is kept for this time, milliseconds."""
MAX_KEPT = 3 * 1024
"""The most characters of the encrypted form. A browser keeps about four thousand for each cookie."""
_USE = "form"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEndedView(DeskView):
    """The page for a form whose session has ended, or that needs a recent sign-in."""

    sign_in_url: str
    is_kept: bool  # the form comes back after the sign-in


class KeptForms:
    """The forms that browsers keep.

    Args:
        encryption: The encryption of the cookie.
        is_loopback: Whether this is the stack on one machine.
    """

    def __init__(self, encryption: CookieEncryption, *, is_loopback: bool) -> None:
        self._encryption = encryption
        self._is_loopback = is_loopback

    def keep(self, visit: DeskVisit, page: str, key: str) -> Cookie | None:
        """Returns the cookie that keeps the form of a request. It returns None if the form is too long.

        Args:
            visit: The request.
            page: The path of the page that shows the form.
            key: Who sent it (`DeskSession.key`).
        """
        fields = [field for field in visit.form.fields if field[0] != "token"]
        content = {"key": key, "page": page, "fields": fields}
        text = self._encryption.encrypt(_USE, content, Millis(visit.at + KEPT_FOR))
        return self._cookie(text) if len(text) <= MAX_KEPT else None

    def give_back(self, visit: DeskVisit, key: str) -> DeskForm | None:
        """Returns the form that this browser keeps for this page and this person, if there is one."""
        text = read_cookie(visit.event, self._name)
        content = self._encryption.decrypt(_USE, text, visit.at) if text else None
        if content is None or (content["key"], content["page"]) != (key, visit.path):
            return None
        return DeskForm([(name, value) for name, value in content["fields"]])

    def forget(self, visit: DeskVisit) -> list[Cookie]:
        """Returns the cookie that deletes a kept form in a list; an empty list if there is none."""
        return [self._cookie("")] if read_cookie(visit.event, self._name) else []

    @property
    def _name(self) -> str:
        return self._cookie("").name

    def _cookie(self, value: str) -> Cookie:
        return desk_cookie("form", value, is_loopback=self._is_loopback, seconds=KEPT_FOR // 1000)
