"""The owners of keys: which names belong to the same person, and which names are allowed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.domain.api_key import is_visible_text, normalise_owner

HIDDEN = [
    "\u200b",
    "\u034f",
    "\u2800",
    "\u3164",
    "\ufe0f",
    "\u00ad",
    "\ue000",
    "\u0378",
    "\x07",
    "\ufffd",
]


@pytest.mark.parametrize(
    "same",
    ["ann lee", "ANN LEE", " Ann  Lee ", "\uff21nn Lee", "ann\u00a0lee", "ann\u3000lee", "ann\tlee"]
    + [f"an{hidden}n lee" for hidden in HIDDEN],
    ids=ascii,
)
def test_owners_that_differ_by_width_case_space_or_invisible_characters_are_the_same(same: str) -> None:
    assert normalise_owner(same) == normalise_owner("Ann Lee")


def test_different_owners_have_different_spellings() -> None:
    names = ("ann", "anna", "\u00e4nn", "kim", "a nn", "\u0438\u0432\u0430\u043d", "ivan")
    assert len({normalise_owner(name) for name in names}) == len(names)


@given(st.text(max_size=30))
def test_normalising_an_owner_twice_changes_nothing(name: str) -> None:
    assert normalise_owner(normalise_owner(name)) == normalise_owner(name)
    assert normalise_owner(name.swapcase()) == normalise_owner(name.swapcase().casefold())


@pytest.mark.parametrize("hidden", [*HIDDEN, "\u00a0", "\u3000", "\t", "\n"], ids=ascii)
def test_an_invisible_character_is_not_allowed_in_a_name(hidden: str) -> None:
    assert not is_visible_text(f"an{hidden}n")


def test_a_name_in_any_script_is_allowed() -> None:
    assert all(
        map(
            is_visible_text,
            ("Ann Lee (CRM)", "J\u00f6rg", "\u0418\u0432\u0430\u043d", "\u82b1\u5b50"),
        )
    )
