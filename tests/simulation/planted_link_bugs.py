"""Planted bugs of links, of Undo and of keys: each one would make people sendable again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from heed.domain.api_key import KeyScope
from heed.domain.errors import InvalidToken
from heed.domain.links import undo
from heed.domain.links.link_token import LinkToken
from heed.domain.milliseconds import Millis
from heed.domain.opt_in.confirmation_token import ConfirmationToken, mint_confirmation_token
from heed.domain.preferences import preference_changes
from heed.domain.preferences.kinds import ChoiceKind
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import DAY_MS, Change, Entry, Source
from heed.domain.recipients.recipient import recipient_id
from heed.entrypoints.http.api.authentication import Authenticator
from heed.entrypoints.http.pages import link_views, subscribe_form
from heed.use_cases.links import unsubscribe
from heed.use_cases.preferences import save_preferences
from tests.support.deployment import parts
from tests.support.registers import in_, undoable, undone

Patch = pytest.MonkeyPatch
BUGS: dict[str, Callable[[Patch], None]] = {}


def planted_bug(plant: Callable[[Patch], None]) -> Callable[[Patch], None]:
    """Registers a bug under its name in words."""
    BUGS[plant.__name__.replace("_", " ")] = plant
    return plant


@planted_bug
def undo_reverts_later_press(patch: Patch) -> None:
    def pressed(self: Record, scope: int) -> Entry | None:
        return None if self.get(undone(scope)) else self.get(undoable(scope))

    patch.setattr(Record, "undoable_press", pressed)


@planted_bug
def undo_lifts_every_suppression_at_its_scope(patch: Patch) -> None:
    changes = undo.UndoToken.changes

    def changes_with_opt_ins(self: undo.UndoToken) -> list[Change]:
        entry = Entry(Millis(self.at + 1), Source.PREFERENCE_CENTRE, "{}")
        return [*changes(self), *(Change(in_(scope), entry) for scope in self.scopes)]

    patch.setattr(undo.UndoToken, "changes", changes_with_opt_ins)


@planted_bug
def undo_never_expires(patch: Patch) -> None:
    patch.setattr(undo.UndoToken, "is_expired", lambda *_: False)


@planted_bug
def undo_works_with_link_of_another_person(patch: Patch) -> None:
    original_undo = save_preferences.UndoPress.__call__

    def undo_anywhere(self: Any, token: LinkToken, text: str, visited: Any) -> Any:
        with suppress(InvalidToken):
            token = replace(token, recipient=undo.verify_undo_token(text, self.link_keys.link_key).recipient)
        return original_undo(self, token, text, visited)

    patch.setattr(save_preferences.UndoPress, "__call__", undo_anywhere)


@planted_bug
def link_writes_opt_in(patch: Patch) -> None:
    original_changes = preference_changes.changes_for_form

    def changes_of(form: Any, record: Record, catalogue: Any, brand: Any, entry: Any) -> Any:
        result = original_changes(form, record, catalogue, brand, entry)
        ins = [Change(in_(topic.number), entry.entry()) for topic in result.topics_to_confirm]
        return replace(result, changes=(*result.changes, *ins))

    patch.setattr(save_preferences, "changes_for_form", changes_of)


@planted_bug
def link_shortens_pause(patch: Patch) -> None:
    def paused(form: Any, _: Record, __: Any, ___: int, entry: Any) -> Any:
        return (None if form.pause_days is None else entry.at + form.pause_days * DAY_MS), ()

    patch.setattr(preference_changes, "_decide_pause", paused)


@planted_bug
def page_shows_undo_to_every_viewer(patch: Patch) -> None:
    def offered(_: str, token: Any, record: Record, *__: Any) -> undo.UndoToken | None:
        numbers = {r.scope for r in record.registers if r.kind is ChoiceKind.UNDOABLE}
        for scope in sorted(numbers):
            press = record.undoable_press(scope)
            if press is not None:
                return undo.UndoToken(token.recipient, (scope,), press.at, press.digest)
        return None

    patch.setattr(link_views, "offered_undo", offered)


@planted_bug
def undoable_press_replaces_active_press(patch: Patch) -> None:
    def undoable_changes(_: Record, __: Any, entries_by_scope: Mapping[int, Entry], ___: int) -> Any:
        return (Change(undoable(scope), entry) for scope, entry in entries_by_scope.items())

    patch.setattr(unsubscribe, "changes_for_press", undoable_changes)
    patch.setattr(preference_changes, "changes_for_press", undoable_changes)


@planted_bug
def api_key_scopes_are_ignored(patch: Patch) -> None:
    original_authenticate = Authenticator.authenticate
    patch.setattr(
        Authenticator,
        "authenticate",
        lambda self, shown, _, now: original_authenticate(self, shown, list(KeyScope), now),
    )


@planted_bug
def page_shows_confirmation_link(patch: Patch) -> None:
    from functions.resubscribe import app as form

    original_request, original_page = subscribe_form.confirmation_request, form.responder.page

    def request_and_show_link(entered: Any, event: Any, visit: Any, *rest: Any) -> Any:
        request = original_request(entered, event, visit, *rest)
        recipient = recipient_id(parts().identity_key.identity_key(), entered.address)
        token = ConfirmationToken(recipient, entered.intent, entered.scopes, visit.at)
        link = mint_confirmation_token(token, parts().confirmation_keys.confirmation_key(1))

        def page(body: str, *more: Any, **headers: Any) -> Any:
            patch.setattr(form.responder, "page", original_page)
            return original_page(f"{body}/c/{link}", *more, **headers)

        patch.setattr(form.responder, "page", page)
        return request

    patch.setattr(subscribe_form, "confirmation_request", request_and_show_link)
