"""What is posted to a link of the preference centre: its form, an Undo, or an opt-out."""

from __future__ import annotations

from heed.domain.links.link_token import LinkToken
from heed.entrypoints.http.forms import PostedForm
from heed.entrypoints.http.pages import preference_form
from heed.use_cases.preferences.save_preferences import (
    FormSubmission,
    SavePreferences,
    SaveResult,
    UndoPress,
)


def is_one_click_body(form: PostedForm) -> bool:
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
            form.has_value(name, value)
            for name, value in (
                ("List-Unsubscribe", "One-Click"),
                ("scope", "all"),
                ("scope", "this"),
            )
        )
    )


def submit_preference_form(
    save: SavePreferences,
    take_back: UndoPress,
    token: LinkToken,
    form: PostedForm,
    visited: FormSubmission,
) -> SaveResult:
    """Save a form, or take back the press that it names.

    Raises:
        UnreadForm: not all of it was read, and nothing of it was written.
        Unavailable, UnreadableRecord: not known to be written.
    """
    said = preference_form.parse_preference_form(form, save.catalogue)
    if said.undo:
        return take_back(token, said.undo, visited)
    return save(token, said.choices, visited)
