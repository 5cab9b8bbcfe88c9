"""What is posted to a link of the preference centre: its form, an Undo, or an opt-out."""

from __future__ import annotations

from heed.actions.manage_preferences import ManagePreferences, Result, Visited
from heed.domain.catalogue import Catalogue
from heed.domain.errors import UnreadForm
from heed.domain.preference_form import Choices, choices
from heed.domain.token import Token
from heed.edge.forms import Form


def is_opt_out(form: Form) -> bool:
    """Whether somebody posts here what a mail client, or the page of an unsubscribe link, posts there.

    An opt-out is never refused for its form, nor for the link of the same person that it was sent to.
    """
    is_empty = form.complete and not form.fields
    return is_empty or any(
        form.asks(name, value)
        for name, value in (
            ("List-Unsubscribe", "One-Click"),
            ("scope", "all"),
            ("scope", "this"),
        )
    )


def submit(
    centre: ManagePreferences, token: Token, form: Form, visited: Visited, catalogue: Catalogue
) -> Result:
    """Save a form, or take back the press that it names.

    Raises:
        UnreadForm: not all of it was read, and nothing of it was written.
        Unavailable, UnreadableRecord: not known to be written.
    """
    if undo := next((value for name, value in form.fields if name == "undo"), ""):
        return centre.undo(token, undo, visited)
    if form.complete:
        return centre.save(token, choices(form.fields, catalogue), visited)
    if form.asks("all", "out"):
        return centre.save(token, Choices(everything=True), visited)
    raise UnreadForm("the body is cut, too long, or no form")
