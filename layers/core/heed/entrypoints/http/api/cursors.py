"""Where a reader of the suppressions goes on, as a text that means nothing to it.

base64url of compact JSON, `[version, at, recipient, bound, given, reason, scope]`. No signature: whoever
may read the feed may begin anywhere in it. One canonical form is taken, so that a text that was cut short
or altered on the way is refused and does not skip anybody in silence.
"""

from __future__ import annotations

import base64
import binascii
import json

from heed.domain.errors import InvalidCursor, InvalidRecipient
from heed.domain.preferences.reasons import Reason
from heed.domain.preferences.register import ScopeNumber
from heed.domain.recipients.recipient import parse_recipient
from heed.use_cases.ports.preferences import FeedPosition
from heed.use_cases.preferences.list_suppressions import FeedCursor, SuppressionFilter

_VERSION = 1
_LONGEST = 300  # characters
_END_OF_TIME = 10**15  # milliseconds; positions in the feed have 15 digits


def format_cursor(place: FeedCursor) -> str:
    """The cursor of a place."""
    parts = [
        _VERSION,
        *place.after,
        place.bound,
        None if place.given is None else list(place.given),
        place.only.reason,
        place.only.scope,
    ]
    raw = json.dumps(parts, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def parse_cursor(text: str) -> FeedCursor:
    """The place of a cursor.

    Raises:
        InvalidCursor: it was not written by `write`.
    """
    try:
        place = _place(text)
    except (ValueError, TypeError, RecursionError, binascii.Error, InvalidRecipient) as error:
        raise InvalidCursor("no cursor of ours") from error
    if format_cursor(place) != text:
        raise InvalidCursor("not as it was given out")
    return place


def _place(text: str) -> FeedCursor:
    if len(text) > _LONGEST or not text.isascii():
        raise ValueError("no cursor has that form")
    raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    version, at, recipient, bound, given, reason, scope = json.loads(raw)
    if version != _VERSION or (given is not None and not recipient):
        raise ValueError("of another version, or between two stops of nobody")
    return FeedCursor(
        FeedPosition(_number(at), parse_recipient(recipient) if recipient else ""),
        None if bound is None else _number(bound),
        None if given is None else _pair(*given),
        SuppressionFilter(
            None if reason is None else Reason(reason),
            None if scope is None else ScopeNumber(_number(scope)),
        ),
    )


def _pair(first: object, second: object) -> tuple[int, int]:
    return _number(first), _number(second)


def _number(value: object) -> int:
    if type(value) is not int or not 0 <= value < _END_OF_TIME:
        raise TypeError("not a number")
    return value
