"""The fields of the preference centre's form become choices. An invalid form changes nothing."""

from __future__ import annotations

import pytest

from heed.domain.errors import IncompleteForm
from heed.domain.preferences.preference_changes import FormChoices
from heed.entrypoints.http.forms import PostedForm
from heed.entrypoints.http.pages.preference_form import PreferenceForm, parse_preference_form
from tests.support.catalogues import CATALOGUE
from tests.support.registers import scope_numbers

OFFERS, NEWS = scope_numbers(2, 3)


def parse(*fields: tuple[str, str]) -> PreferenceForm:
    return parse_preference_form(PostedForm(list(fields), complete=True), CATALOGUE)


def test_a_topic_is_on_for_the_value_in_and_off_for_any_other_value() -> None:
    form = parse(("topic.offers", "in"), ("was.topic.offers", "out"), ("topic.news", "perhaps"))
    assert form.choices == FormChoices(wanted={OFFERS: True, NEWS: False}, shown={OFFERS: False})


def test_if_a_field_occurs_twice_the_value_that_stops_more_counts() -> None:
    form = parse(("topic.news", "in"), ("topic.news", "out"), ("pause", "30"), ("pause", "90"))
    assert form.choices == FormChoices(wanted={NEWS: False}, pause_days=90)


def test_a_form_that_stops_all_marketing_has_no_other_choice() -> None:
    form = parse(("topic.news", "in"), ("all", "out"), ("undo", "x"))
    assert form == PreferenceForm(FormChoices(all_marketing=True))


def test_a_mistake_elsewhere_in_the_form_does_not_keep_it_from_stopping_all_marketing() -> None:
    for mistake in (("pause", "31"), ("topic.unknown", "in"), ("was.topic.news", "")):
        assert parse(mistake, ("all", "out")) == PreferenceForm(FormChoices(all_marketing=True))


ONE, BEGIN, END = ("checkboxes", "1"), ("checkboxes", "2"), ("checkboxes", "end")
WAS = (("was.topic.offers", "in"), ("was.topic.news", "out"))


def test_an_empty_checkbox_is_off_in_a_form_that_has_both_marks() -> None:
    form = parse(BEGIN, WAS[0], WAS[1], ("topic.news", "in"), END)
    assert form.choices == FormChoices(wanted={OFFERS: False, NEWS: True}, shown={OFFERS: True, NEWS: False})


def test_a_topic_that_was_added_after_the_page_was_opened_is_not_changed() -> None:
    assert parse(ONE, WAS[0], END).choices == FormChoices(wanted={OFFERS: False}, shown={OFFERS: True})
    assert parse(("checkboxes", "0"), END).choices == FormChoices()


def test_a_missing_field_is_no_change_in_a_form_without_the_marks() -> None:
    assert parse(*WAS, ("topic.news", "in")).choices.wanted == {NEWS: True}


WHOLE = (BEGIN, WAS[0], ("topic.offers", "in"), WAS[1], ("topic.news", "in"), ("policy", "1"), END)


@pytest.mark.threat(
    "B4",
    "A form with checkboxes is cut between two fields and looks complete. Topics that the person left on are "
    "turned off, or the page says that all was saved.",
    "The form begins and ends with a mark. Without both, no empty checkbox counts, and the answer is 422.",
)
@pytest.mark.parametrize("end", range(len(WHOLE)))
def test_a_form_with_checkboxes_that_is_cut_at_either_end_is_refused(end: int) -> None:
    """Each cut leaves whole fields, so nothing but the marks shows it."""
    for fields in (WHOLE[:end], WHOLE[end + 1 :]):
        with pytest.raises(IncompleteForm):
            parse(*fields)


@pytest.mark.parametrize("lost", [(WAS[0],), (WAS[1],), WAS])
def test_a_form_that_lost_what_the_page_showed_of_a_checkbox_is_refused(lost: tuple[object, ...]) -> None:
    """Its empty checkbox would be no change, and the person would not hear that the opt-out was lost."""
    with pytest.raises(IncompleteForm):
        parse(*(field for field in (BEGIN, *WAS, END) if field not in lost))


@pytest.mark.parametrize("marks", [(END, ONE), (ONE, ONE, END), (ONE,), (END,), (("checkboxes", ""), END)])
def test_marks_in_another_order_are_refused(marks: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(IncompleteForm):
        parse(*marks, WAS[1], ("topic.news", "in"))


@pytest.mark.parametrize(
    "fields",
    [
        (),
        (("utm_source", "mail"),),
        (("topic.unknown", "in"),),
        (("topic.news", ""),),
        (("topic.news", "out"), ("was.topic.news", "perhaps")),
        (("topic.news", "out"), ("was.topic.news", "")),
        (("pause", "31"),),
        (("undo", "x"), ("topic.news", "in")),
        (("undo", "x"), ("undo", "y")),
    ],
)
def test_an_invalid_form_is_refused_as_a_whole(
    fields: tuple[tuple[str, str], ...],
) -> None:
    with pytest.raises(IncompleteForm):
        parse(*fields)
