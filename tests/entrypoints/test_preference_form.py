"""The fields of the preference centre's form become choices; what nobody can read changes nothing."""

from __future__ import annotations

import pytest

from heed.domain.errors import IncompleteForm
from heed.domain.preferences.preference_changes import FormChoices
from heed.entrypoints.http.forms import PostedForm
from heed.entrypoints.http.pages.preference_form import PreferenceForm, parse_preference_form
from tests.support.catalogues import CATALOGUE
from tests.support.registers import scope_numbers

OFFERS, NEWS = scope_numbers(2, 3)


def parsed(*fields: tuple[str, str]) -> PreferenceForm:
    return parse_preference_form(PostedForm(list(fields), complete=True), CATALOGUE)


def test_a_topic_is_on_where_its_field_says_in_and_off_where_it_says_anything_else() -> None:
    said = parsed(("topic.offers", "in"), ("was.topic.offers", "out"), ("topic.news", "perhaps"))
    assert said.choices == FormChoices(wanted={OFFERS: True, NEWS: False}, shown={OFFERS: False})


def test_of_a_field_given_twice_what_stops_more_counts() -> None:
    said = parsed(("topic.news", "in"), ("topic.news", "out"), ("pause", "30"), ("pause", "90"))
    assert said.choices == FormChoices(wanted={NEWS: False}, pause=90)


def test_whoever_stops_everything_chooses_nothing_else() -> None:
    said = parsed(("topic.news", "in"), ("all", "out"), ("undo", "x"))
    assert said == PreferenceForm(FormChoices(everything=True))


@pytest.mark.parametrize(
    "fields",
    [
        (),
        (("utm_source", "mail"),),
        (("topic.unknown", "in"),),
        (("topic.news", ""),),
        (("pause", "31"),),
        (("undo", "x"), ("topic.news", "in")),
        (("undo", "x"), ("undo", "y")),
    ],
)
def test_a_form_that_nobody_can_read_is_refused_as_a_whole(
    fields: tuple[tuple[str, str], ...],
) -> None:
    with pytest.raises(IncompleteForm):
        parsed(*fields)
