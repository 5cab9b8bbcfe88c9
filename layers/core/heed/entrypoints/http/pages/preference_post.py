"""What is posted to a link of the preference centre: its form, an Undo, or an opt-out."""

from __future__ import annotations

from heed.domain.errors import UnreadForm
from heed.domain.links.link_token import Token
from heed.domain.preferences.preference_form import Choices, choices
from heed.entrypoints.http.forms import Form
from heed.use_cases.preferences.save_preferences import Result, SavePreferences, TakeBack, Visited


def is_opt_out(form: Form) -> bool:
    """Whether somebody posts here what a mail client, or the page of an unsubscribe link, posts there.

    An opt-out is never refused for its form, nor for the link of the same person that it was sent to. The
    preference centre's own form has none of these names, and is never empty.
    """
    is_empty = form.complete and not form.fields
    names = {name.strip().lower() for name, _ in form.fields}
    return (
        is_empty
        or not names.isdisjoint(("list-unsubscribe", "scope"))
        or any(
            form.asks(name, value)
            for name, value in (
                ("List-Unsubscribe", "One-Click"),
                ("scope", "all"),
                ("scope", "this"),
            )
        )
    )


def submit(
    save: SavePreferences, take_back: TakeBack, token: Token, form: Form, visited: Visited
) -> Result:
    """Save a form, or take back the press that it names.

    Raises:
        UnreadForm: not all of it was read, and nothing of it was written.
        Unavailable, UnreadableRecord: not known to be written.
    """
    if not form.complete and not form.asks("all", "out"):
        raise UnreadForm("the body is cut, too long, or no form")
    said = choices(form.fields, save.catalogue) if form.complete else Choices(everything=True)
    if said.undo and not said.everything:
        return take_back(token, said.undo, visited)
    return save(token, said, visited)
