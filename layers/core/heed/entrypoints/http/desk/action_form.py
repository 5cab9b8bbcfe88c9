"""The form of an action that needs a recent sign-in: the report of a minor, an erasure, a hold, a lift."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from heed.domain.preferences.evidence import make_evidence, scrub_text
from heed.domain.preferences.register import Entry, Source

if TYPE_CHECKING:
    from collections.abc import Collection

    from heed.entrypoints.http.desk.visit import DeskForm, DeskRequest


class ActionWay(StrEnum):
    """The way in which a request arrived. The values are those of `Source`."""

    PHONE = "phone"
    LETTER = "letter"
    MAIL = "mailbox"
    IN_PERSON = "agent"


class ActionField(StrEnum):
    """A field of the form. It is a mistake if a required one is empty."""

    REGISTER = "register"  # what to lift
    SCOPE = "scope"  # for which mail a complaint is lifted
    WAY = "way"
    REFERENCE = "reference"
    REASON = "reason"
    CONFIRMED = "confirmed"  # the second step before what cannot be undone


@dataclass(frozen=True, slots=True, kw_only=True)
class WayOption:
    """A way that can be chosen."""

    value: ActionWay
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionForm:
    """What was entered, or the empty form.

    Attributes:
        ways: the ways in which a request can arrive.
        way: the chosen one, or None.
        reference: the place of the letter, or the id of the call.
        reason: the reason.
        register: what to lift; "" if nothing is chosen.
        scope: the name of a scope.
        mistakes: the required fields that are empty.
    """

    ways: tuple[WayOption, ...] = tuple(WayOption(value=way, chosen=False) for way in ActionWay)
    way: ActionWay | None = None
    reference: str = ""
    reason: str = ""
    register: str = ""
    scope: str = ""
    mistakes: tuple[ActionField, ...] = ()

    @property
    def source(self) -> Source:
        """The way as evidence has it. The form has no mistake."""
        return Source(self.way or ActionWay.IN_PERSON)

    def with_mistake(self, field: ActionField) -> ActionForm:
        """Returns the form with one more mistake."""
        return replace(self, mistakes=tuple(each for each in ActionField if each in {*self.mistakes, field}))

    def entry(self, call: DeskRequest) -> Entry:
        """Returns the entry that records the action. The form has no mistake."""
        session = call.session
        evidence = make_evidence(
            agent=session.agent, key=session.key, reason=self.reason, reference=self.reference
        )
        return Entry(call.at, self.source, evidence, call.catalogue.policy_version_at(call.at))


EMPTY_FORM = ActionForm()


def kept_action_form(call: DeskRequest) -> ActionForm:
    """Returns what was entered before a new sign-in, or the empty form. The second step is not kept."""
    return EMPTY_FORM if call.kept_form is None else read_action_form(call.kept_form, ())


def read_action_form(form: DeskForm, required: Collection[ActionField]) -> ActionForm:
    """Returns what was entered, with the mistakes in the order of the page.

    Args:
        form: the form of the request.
        required: the fields that the page has.
    """
    way = next((way for way in ActionWay if way == form.first(ActionField.WAY)), None)
    values: dict[ActionField, object] = {
        ActionField.REGISTER: form.first(ActionField.REGISTER),
        ActionField.SCOPE: form.first(ActionField.SCOPE),
        ActionField.WAY: way,
        ActionField.REFERENCE: scrub_text(form.first(ActionField.REFERENCE)),
        ActionField.REASON: scrub_text(form.first(ActionField.REASON)),
        ActionField.CONFIRMED: form.first(ActionField.CONFIRMED) == "yes",
    }
    return ActionForm(
        ways=tuple(WayOption(value=each, chosen=each is way) for each in ActionWay),
        way=way,
        reference=str(values[ActionField.REFERENCE]),
        reason=str(values[ActionField.REASON]),
        register=str(values[ActionField.REGISTER]),
        scope=str(values[ActionField.SCOPE]),
        mistakes=tuple(field for field in ActionField if field in required and not values[field]),
    )
