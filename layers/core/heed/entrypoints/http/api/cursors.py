"""Cursors of the feed of suppressions: opaque texts that say where the next page begins.

A cursor is base64url of compact JSON, `[version, at, recipient, bound, last_sort_key, reason, scope]`. It has
no signature, because a caller who may read the feed may begin anywhere in it. Only the canonical form is
accepted. A cursor that was cut short or changed is refused, so that no recipient is skipped by mistake.
"""

from __future__ import annotations

import base64
import binascii
import json

from heed.domain.errors import InvalidCursor, InvalidRecipient
from heed.domain.milliseconds import Millis
from heed.domain.preferences.reasons import Reason
from heed.domain.preferences.register import ScopeNumber
from heed.domain.recipients.recipient import parse_recipient
from heed.use_cases.ports.preferences import FeedPosition
from heed.use_cases.preferences.list_suppressions import FeedCursor, SuppressionFilter

_VERSION = 1
_MAX_LENGTH = 300  # characters
_MAX_NUMBER = 10**15  # milliseconds; positions in the feed have 15 digits


def format_cursor(cursor: FeedCursor) -> str:
    """Returns the text of a cursor."""
    parts = [
        _VERSION,
        *cursor.after,
        cursor.bound,
        None if cursor.last_sort_key is None else list(cursor.last_sort_key),
        cursor.filter.reason,
        cursor.filter.scope,
    ]
    raw = json.dumps(parts, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def parse_cursor(text: str) -> FeedCursor:
    """Reads the text of a cursor.

    Raises:
        InvalidCursor: `format_cursor` did not make this text.
    """
    try:
        cursor = _parse_json(text)
    except (ValueError, TypeError, RecursionError, binascii.Error, InvalidRecipient) as error:
        raise InvalidCursor("not a valid cursor") from error
    if format_cursor(cursor) != text:
        raise InvalidCursor("not the cursor of an earlier answer")
    return cursor


def _parse_json(text: str) -> FeedCursor:
    if len(text) > _MAX_LENGTH or not text.isascii():
        raise ValueError("too long or not ASCII")
    raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    version, at, recipient, bound, last_sort_key, reason, scope = json.loads(raw)
    if version != _VERSION or (last_sort_key is not None and not recipient):
        raise ValueError("another version, or a position within no recipient")
    return FeedCursor(
        FeedPosition(Millis(_parse_number(at)), parse_recipient(recipient) if recipient else ""),
        None if bound is None else Millis(_parse_number(bound)),
        None if last_sort_key is None else _parse_pair(*last_sort_key),
        SuppressionFilter(
            None if reason is None else Reason(reason),
            None if scope is None else ScopeNumber(_parse_number(scope)),
        ),
    )


def _parse_pair(first: object, second: object) -> tuple[int, int]:
    return _parse_number(first), _parse_number(second)


def _parse_number(value: object) -> int:
    if type(value) is not int or not 0 <= value < _MAX_NUMBER:
        raise TypeError("not a number")
    return value
