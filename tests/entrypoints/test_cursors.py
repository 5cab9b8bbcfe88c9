from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.domain.errors import InvalidCursor
from heed.domain.milliseconds import Millis
from heed.domain.preferences.reasons import Reason
from heed.domain.preferences.register import ScopeNumber
from heed.domain.recipients.recipient import recipient_from_bytes
from heed.entrypoints.http.api import cursors
from heed.use_cases.ports.preferences import FeedPosition
from heed.use_cases.preferences.list_suppressions import FeedCursor, SuppressionFilter

_numbers = st.integers(0, 10**15 - 1)
_recipients = st.binary(min_size=16, max_size=16).map(recipient_from_bytes)
_filters = st.builds(
    SuppressionFilter, st.none() | st.sampled_from(list(Reason)), st.none() | st.integers(0, 65_535)
)
feed_cursors = st.one_of(
    st.builds(
        FeedCursor,
        st.builds(FeedPosition, _numbers, st.one_of(st.just(""), _recipients)),
        st.none() | _numbers,
        st.none(),
        _filters,
    ),
    st.builds(
        FeedCursor,
        st.builds(FeedPosition, _numbers, _recipients),
        _numbers,
        st.tuples(st.integers(0, 8), st.integers(0, 65_535)),
        _filters,
    ),
)
RECIPIENT = recipient_from_bytes(b"\1" * 16)
CURSOR = cursors.format_cursor(
    FeedCursor(
        FeedPosition(Millis(5), RECIPIENT), 7, (2, 3), SuppressionFilter(Reason.PAUSED, ScopeNumber(3))
    )
)


@given(feed_cursors)
def test_a_cursor_survives_formatting_and_parsing(cursor: FeedCursor) -> None:
    text = cursors.format_cursor(cursor)
    assert cursors.parse_cursor(text) == cursor
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@given(st.text(max_size=400))
def test_any_other_text_is_an_invalid_cursor(text: str) -> None:
    with pytest.raises(InvalidCursor):
        cursors.parse_cursor(text)


def test_a_cursor_that_is_too_short_or_too_long_is_refused() -> None:
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
        [1, 5, RECIPIENT, 7, [1], None, None],
        [1, 5, RECIPIENT, 7, [1, 2, 3], None, None],
        [1, 5, RECIPIENT.upper(), 7, None, None, None],
        [1, 5, "", None, None, "angry", None],
        [1, 5, "", None, None, None, "3"],
        [1, 5, [], None, None, None, None],
        {"version": 1},
        7,
    ],
)
def test_a_well_encoded_cursor_with_invalid_content_is_refused(parts: object) -> None:
    raw = json.dumps(parts, separators=(",", ":")).encode()
    with pytest.raises(InvalidCursor):
        cursors.parse_cursor(base64.urlsafe_b64encode(raw).rstrip(b"=").decode())
