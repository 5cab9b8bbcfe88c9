"""The form of the preference centre, as it is posted: its fields become choices.

all          `in`, or anything else: everything is to stop
topic.offers `in`, or anything else: the topic is to stop; a signal's field has its bare name
was.…        the same, as the page showed it
pause        a number of days; 0 ends a pause
policy       the change of the privacy policy was noted
undo         the Undo token of a press that is to be taken back; it stands alone

The names are those of `layers/brand/pages/preferences.html`; any other name is passed over.
"""

from __future__ import annotations

from dataclasses import dataclass

from heed.domain.errors import IncompleteForm
from heed.domain.preferences.catalogue import Catalogue, Topic, TopicKind
from heed.domain.preferences.preference_changes import PAUSE_DAYS, FormChoices
from heed.domain.preferences.register import ScopeNumber
from heed.entrypoints.http.forms import PostedForm

_IN = "in"
_PAUSES = {str(days): days for days in PAUSE_DAYS}


@dataclass(frozen=True, slots=True)
class PreferenceForm:
    """What a form says.

    Attributes:
        choices: what the person chose.
        undo: the Undo token of a press that is to be taken back, or "": then there are no choices.
    """

    choices: FormChoices
    undo: str = ""


def parse_preference_form(form: PostedForm, catalogue: Catalogue) -> PreferenceForm:
    """What a form says; of a field given twice, what stops more counts.

    What is no field of ours is passed over. A form that was not read as a whole still stops everything.

    Raises:
        UnreadForm: the body was not read, no field is ours, one of ours says what nobody can read, or an
            Undo stands beside what it knows nothing of.
    """
    if not form.complete:
        if form.has_value("all", "out"):
            return PreferenceForm(FormChoices(everything=True))
        raise IncompleteForm("the body is cut, too long, or no form")
    reading = _Reading(catalogue)
    for name, value in form.fields:
        reading.take(name.strip().lower(), value.strip())
    return reading.result()


class _Reading:
    """A form that is being read, field by field."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._topics = {
            _field_of(topic, catalogue): topic.number
            for topic in catalogue.topics.values()
            if topic.kind is not TopicKind.SERVICE
        }
        self._wanted: dict[ScopeNumber, bool] = {}
        self._shown: dict[ScopeNumber, bool] = {}
        self._pauses: list[int] = []
        self._undos: set[str] = set()
        self._everything = self._acknowledged = self._is_ours = False

    def take(self, name: str, value: str) -> None:
        """Read a field."""
        bare, is_in = name.removeprefix("was."), value.lower() == _IN
        if name != bare and (number := self._topics.get(bare)) is not None:
            self._shown[number] = self._shown.get(number, False) or is_in
        elif (number := self._topics.get(name)) is not None and value:
            self._wanted[number] = self._wanted.get(number, True) and is_in
            self._is_ours = True
        elif name == "undo":
            self._undos.add(value)
        elif name in ("all", "pause", "policy"):
            self._aside(name, value.lower())
        elif name in self._topics or bare.startswith("topic."):
            raise IncompleteForm("a topic that nobody knows, or no value")

    def _aside(self, name: str, value: str) -> None:
        self._is_ours = True
        if name == "all":
            self._everything |= value not in (_IN, "")
        elif name == "policy":
            self._acknowledged |= bool(value)
        elif value in _PAUSES:
            self._pauses.append(_PAUSES[value])
        else:
            raise IncompleteForm("a pause of no length that there is")

    def result(self) -> PreferenceForm:
        """What it says as a whole."""
        if self._everything:
            return PreferenceForm(FormChoices(everything=True))
        if not self._is_ours and not self._undos:
            raise IncompleteForm("no field is ours")
        if self._undos and (self._is_ours or len(self._undos) > 1 or "" in self._undos):
            raise IncompleteForm("an Undo stands beside something else")
        choices = FormChoices(
            wanted=self._wanted,
            shown=self._shown,
            pause=max(self._pauses, default=None),
            acknowledged=self._acknowledged,
        )
        return PreferenceForm(choices, "".join(self._undos))


def _field_of(topic: Topic, catalogue: Catalogue) -> str:
    """The name of a topic's field; its state as shown stands in `was.` and this."""
    name = catalogue.name(topic.number)
    return name if topic.kind is TopicKind.SIGNAL else f"topic.{name}"
