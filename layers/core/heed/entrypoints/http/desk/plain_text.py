"""Prepares text that other people wrote for a page, so that nothing in it is invisible or misleads."""

from __future__ import annotations

_TAB, _LINE_FEED = 0x09, 0x0A
_BIDI_CONTROLS = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_CONTROLS = ({*range(0x20), *range(0x7F, 0xA0)} - {_TAB, _LINE_FEED}) | {*_BIDI_CONTROLS}
_MARKS = {code: f"[U+{code:04X}]" for code in _CONTROLS}


def show_controls(text: str) -> str:
    """Returns a text with a visible mark in place of each control character.

    Some of them would reverse the order of the characters after them (Unicode TR36 §3.4). Tabs and line
    breaks stay. Half a surrogate pair, which no page can contain, becomes a question mark.
    """
    return text.encode(errors="replace").decode().translate(_MARKS)
