"""Parses the form of the preference centre into choices.

all           `in`; any other value stops everything
topic.offers  `in`; any other value stops the topic. The field of a signal has no prefix
was.…         the same values, as the page showed them
pause         a number of days; 0 ends a pause
policy        the person saw the change of the privacy policy
undo          the undo token of an earlier press; a form with this field has no other fields
checkboxes    the number of checkboxes, then `end`: each has a `was.…`, and an empty one sends no field

The names are those of `layers/brand/pages/preferences.html`. Other names are ignored.
"""

from __future__ import annotations

from dataclasses import dataclass

from heed.domain.errors import IncompleteForm
from heed.domain.preferences.catalogue import Catalogue, Topic, TopicKind
from heed.domain.preferences.preference_changes import PAUSE_DAYS, FormChoices
from heed.domain.preferences.register import ScopeNumber
from heed.entrypoints.http.forms import PostedForm

_IN, _OUT = "in", "out"
_PAUSES = {str(days): days for days in PAUSE_DAYS}


@dataclass(frozen=True, slots=True)
class PreferenceForm:
    """A parsed form.

    Attributes:
        choices: What the person chose. It is empty if the form is an undo.
        undo: The undo token of the press to take back, or "".
    """

    choices: FormChoices
    undo: str = ""


def parse_preference_form(form: PostedForm, catalogue: Catalogue) -> PreferenceForm:
    """Parses a form. If a field occurs twice, the value that stops more counts.

    Unknown fields are ignored. A form with mistakes can still stop everything.

    Raises:
        IncompleteForm: The body was not parsed completely, it has no known field, a known field has an
            invalid value, or an undo token is not the only field.
    """
    if form.has_value("all", "out"):
        return PreferenceForm(FormChoices(all_marketing=True))
    if not form.complete:
        raise IncompleteForm("the body is cut, too long or not a form")
    parser = _FormParser(catalogue)
    for name, value in form.fields:
        parser.add_field(name.strip().lower(), value.strip())
    return parser.result()


class _FormParser:
    """Collects the fields of one form."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._numbers = {
            _make_field_name(topic, catalogue): topic.number
            for topic in catalogue.topics.values()
            if topic.kind is not TopicKind.SERVICE
        }
        self._wanted: dict[ScopeNumber, bool] = {}
        self._shown: dict[ScopeNumber, bool] = {}
        self._pauses: list[int] = []
        self._undo_tokens: set[str] = set()
        self._marks: list[str] = []
        self._everything = self._acknowledged = self._has_fields = False

    def add_field(self, name: str, value: str) -> None:
        """Adds a field."""
        bare, is_in = name.removeprefix("was."), value.lower() == _IN
        if name != bare and (number := self._numbers.get(bare)) is not None:
            if value.lower() not in (_IN, _OUT):
                raise IncompleteForm("an invalid state of a topic")
            self._shown[number] = self._shown.get(number, False) or is_in
        elif (number := self._numbers.get(name)) is not None and value:
            self._wanted[number] = self._wanted.get(number, True) and is_in
            self._has_fields = True
        elif name == "undo":
            self._undo_tokens.add(value)
        elif name == "checkboxes":
            self._marks.append(value.lower())
        elif name in ("all", "pause", "policy"):
            self._add_other_field(name, value.lower())
        elif name in self._numbers or bare.startswith("topic."):
            raise IncompleteForm("an unknown topic, or a topic without a value")

    def _add_other_field(self, name: str, value: str) -> None:
        self._has_fields = True
        if name == "all":
            self._everything |= value not in (_IN, "")
        elif name == "policy":
            self._acknowledged |= bool(value)
        elif value in _PAUSES:
            self._pauses.append(_PAUSES[value])
        else:
            raise IncompleteForm("an invalid length of a pause")

    def _add_empty_checkboxes(self) -> None:
        """Adds the topics whose checkbox is empty. A form without one of them or of the two marks was cut."""
        if not self._marks:
            return
        if self._marks != [str(len(self._shown)), "end"]:
            raise IncompleteForm("a part of the form with checkboxes is missing")
        self._wanted = dict.fromkeys(self._shown, False) | self._wanted
        self._has_fields = True

    def result(self) -> PreferenceForm:
        """Returns the parsed form."""
        if self._everything:
            return PreferenceForm(FormChoices(all_marketing=True))
        self._add_empty_checkboxes()
        if not self._has_fields and not self._undo_tokens:
            raise IncompleteForm("no known field")
        if self._undo_tokens and (self._has_fields or len(self._undo_tokens) > 1 or "" in self._undo_tokens):
            raise IncompleteForm("an undo token is not the only field")
        choices = FormChoices(
            wanted=self._wanted,
            shown=self._shown,
            pause_days=max(self._pauses, default=None),
            acknowledged=self._acknowledged,
        )
        return PreferenceForm(choices, "".join(self._undo_tokens))


def _make_field_name(topic: Topic, catalogue: Catalogue) -> str:
    """Returns the name of a topic's field. The field with the prefix `was.` has the state that was shown."""
    name = catalogue.scope_name(topic.number)
    return name if topic.kind is TopicKind.SIGNAL else f"topic.{name}"
