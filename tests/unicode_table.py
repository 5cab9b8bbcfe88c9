"""Generates heed.domain.recipients.unicode_table from Python's Unicode data.

Run it by hand, from the top of the project, with a Python whose `unicodedata.unidata_version` is the
VERSION below (3.11 for 14.0.0): python -m tests.unicode_table. A test compares the table with it.
"""

from __future__ import annotations

import sys
import textwrap
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path

VERSION = "14.0.0"
PATH = Path(__file__).parents[1] / "layers/core/heed/domain/recipients/unicode_table.py"
CODES = range(sys.maxunicode + 1)

# Default_Ignorable_Code_Point of DerivedCoreProperties.txt, which unicodedata does not have.
IGNORABLE = (
    *(0x00AD, 0x034F, 0x061C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFEFF, 0xFFA0),
    *range(0x180B, 0x1810),
    *range(0x200B, 0x2010),
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2070),
    *range(0xFE00, 0xFE10),
    *range(0xFFF0, 0xFFF9),
    *range(0x1BCA0, 0x1BCA4),
    *range(0x1D173, 0x1D17B),
    *range(0xE0000, 0xE1000),
)
# Visible by their properties but blank in every font, or replacements for lost characters:
# Braille pattern blank, Khitan filler, musical null note head; object replacement and replacement.
BLANK = (0x2800, 0x16FE4, 0x1D159, 0xFFFC, 0xFFFD)

_TEMPLATE = '''\
"""The characters that are no text, and the invisible ones. tests/unicode_table.py generates this file.

The sets are those of Unicode {version}. So Heed refuses the same characters under each version of Python. The
accepted characters have had the same lower case and the same NFC since that version of Unicode
(docs/decisions/0040-case-of-local-parts.md).
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cache
from itertools import accumulate

UNICODE_VERSION = "{version}"

# The code points at which a set begins and ends, in turn, each as the distance to the previous one (base 36).
_NO_TEXT = (  # unassigned, noncharacters, private use, surrogates
{no_text}
)
_INVISIBLE = (  # Default_Ignorable_Code_Point, controls, formats, separators of lines, blanks
{invisible}
)


def is_no_text(character: str) -> bool:
    """Whether the character is no text: it is unassigned, private or a surrogate."""
    return _contains(_NO_TEXT, character)


def is_invisible(character: str) -> bool:
    """Whether the character is invisible."""
    return _contains(_INVISIBLE, character)


def _contains(table: str, character: str) -> bool:
    return bisect_right(_boundaries(table), ord(character)) % 2 == 1


@cache
def _boundaries(table: str) -> list[int]:
    return list(accumulate(int(step, 36) for step in table.split()))
'''


def is_no_text(code: int) -> bool:
    """Whether the character is unassigned, a noncharacter, of private use or a surrogate."""
    return unicodedata.category(chr(code)) in ("Cn", "Co", "Cs")


def is_invisible(code: int) -> bool:
    """Whether the character is invisible."""
    category = unicodedata.category(chr(code))
    return category in ("Cc", "Cf", "Zl", "Zp") or code in _UNSEEN


_UNSEEN = frozenset((*IGNORABLE, *BLANK))


def module() -> str:
    """Returns the text of the module, from this Python's data."""
    return _TEMPLATE.format(
        version=VERSION, no_text=_format_steps(is_no_text), invisible=_format_steps(is_invisible)
    )


def _format_steps(holds: Callable[[int], bool]) -> str:
    steps = " ".join(_base36(step) for step in _steps(holds))
    return "\n".join(f'    "{line} "' for line in textwrap.wrap(steps, 90))


def _steps(holds: Callable[[int], bool]) -> Iterable[int]:
    last, inside = 0, False
    for code in CODES:
        if holds(code) is not inside:
            yield code - last
            last, inside = code, not inside


def _base36(number: int) -> str:
    digits = ""
    while True:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
        if not number:
            return digits


if __name__ == "__main__":
    if unicodedata.unidata_version != VERSION:
        raise SystemExit(f"this Python has Unicode {unicodedata.unidata_version}, not {VERSION}")
    PATH.write_text(module(), encoding="utf-8")
