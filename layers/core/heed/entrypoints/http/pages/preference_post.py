"""Handles the POST of the preference centre: its form, an undo, or an opt-out."""

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


def is_opt_out_form(form: PostedForm) -> bool:
    """Returns whether a form is an opt-out of a mail client or of the landing page.

    Such a form belongs to an unsubscribe link. Heed accepts an opt-out in any form and at any link of the
    person, so it is accepted here too. The form of the preference centre has none of these fields and is
    never empty.
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
    undo_press: UndoPress,
    token: LinkToken,
    form: PostedForm,
    submission: FormSubmission,
) -> SaveResult:
    """Saves a form, or takes back the press that its undo token names.

    Args:
        save: The use case that saves choices.
        undo_press: The use case that takes back a press.
        token: The token of the link.
        form: The form.
        submission: When and how the form was sent.

    Raises:
        IncompleteForm: The form could not be parsed completely. Nothing was saved.
        DependencyUnavailable: A service did not respond. Whether the form was saved is not known.
        UnreadableRecord: The record is damaged. Whether the form was saved is not known.
    """
    preferences = preference_form.parse_preference_form(form, save.catalogue)
    if preferences.undo:
        return undo_press(token, preferences.undo, submission)
    return save(token, preferences.choices, submission)
