from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.domain.errors import InvalidCursor
from heed.domain.preferences.reasons import Reason
from heed.domain.preferences.register import ScopeNumber
from heed.domain.recipients.recipient import recipient_from_bytes
from heed.entrypoints.http.api import cursors
from heed.use_cases.ports.preferences import FeedPosition
from heed.use_cases.preferences.list_suppressions import FeedCursor, SuppressionFilter

_numbers = st.integers(0, 10**15 - 1)
_somebody = st.binary(min_size=16, max_size=16).map(recipient_from_bytes)
_filters = st.builds(
    SuppressionFilter, st.none() | st.sampled_from(list(Reason)), st.none() | st.integers(0, 65_535)
)
places = st.one_of(
    st.builds(
        FeedCursor,
        st.builds(FeedPosition, _numbers, st.one_of(st.just(""), _somebody)),
        st.none() | _numbers,
        st.none(),
        _filters,
    ),
    st.builds(
        FeedCursor,
        st.builds(FeedPosition, _numbers, _somebody),
        _numbers,
        st.tuples(st.integers(0, 8), st.integers(0, 65_535)),
        _filters,
    ),
)
SOMEBODY = recipient_from_bytes(b"\1" * 16)
CURSOR = cursors.format_cursor(
    FeedCursor(FeedPosition(5, SOMEBODY), 7, (2, 3), SuppressionFilter(Reason.PAUSED, ScopeNumber(3)))
)


@given(places)
def test_a_place_is_read_back_from_its_cursor(place: FeedCursor) -> None:
    text = cursors.format_cursor(place)
    assert cursors.parse_cursor(text) == place
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@given(st.text(max_size=400))
def test_no_other_text_crashes_the_reader(text: str) -> None:
    with pytest.raises(InvalidCursor):
        cursors.parse_cursor(text)


def test_a_cursor_that_was_cut_short_or_grew_is_refused() -> None:
    for text in (
        *(CURSOR[:n] for n in range(len(CURSOR))),
        CURSOR + "A",
        CURSOR + "=",
        f"{CURSOR}\n",
    ):
        with pytest.raises(InvalidCursor):
            cursors.parse_cursor(text)


@pytest.mark.parametrize(
    "parts",
    [
        [2, 5, "", None, None, None, None],
        [1, 5, "", None, None, None],
        [1, 5, "nobody", None, None, None, None],
        [1, -1, "", None, None, None, None],
        [1, 5.0, "", None, None, None, None],
        [1, True, "", None, None, None, None],
        [1, 10**15, "", None, None, None, None],
        [1, 5, "", "7", None, None, None],
        [1, 5, "", 7, [1, 2], None, None],
        [1, 5, SOMEBODY, 7, [1], None, None],
        [1, 5, SOMEBODY, 7, [1, 2, 3], None, None],
        [1, 5, SOMEBODY.upper(), 7, None, None, None],
        [1, 5, "", None, None, "angry", None],
        [1, 5, "", None, None, None, "3"],
        [1, 5, [], None, None, None, None],
        {"version": 1},
        7,
    ],
)
def test_what_is_well_encoded_and_means_nothing_is_refused(parts: object) -> None:
    raw = json.dumps(parts, separators=(",", ":")).encode()
    with pytest.raises(InvalidCursor):
        cursors.parse_cursor(base64.urlsafe_b64encode(raw).rstrip(b"=").decode())
