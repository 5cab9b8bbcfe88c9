"""Text, invisible characters and lower case: one version of Unicode, under every version of Python."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator
from itertools import chain

import pytest

from heed.domain.errors import InvalidAddress
from heed.domain.recipients.address import normalise_address
from heed.domain.recipients.unicode_table import UNICODE_VERSION, is_invisible, is_no_text
from tests import unicode_table as derived
from tests.support.full import part_of

# The digest of all text characters: lower case, NFC, combining class, and whether a capital sigma after
# the character ends a word and one before it does not. Another digest means other ids: see the decision.
MAPPINGS = "6b8313a93b161fcac79389902ca29428d391c6243f8fe48301a088846c69cbc3"
IDEOGRAPHS = 0x3000
JOINERS = "\u200c\u200d"


def text() -> Iterator[str]:
    return (c for c in map(chr, derived.CODES) if not is_no_text(c))


def normalised(address: str) -> str | None:
    try:
        return normalise_address(address)
    except InvalidAddress:
        return None


@pytest.mark.skipif(
    unicodedata.unidata_version != UNICODE_VERSION,
    reason=f"this Python's Unicode is not {UNICODE_VERSION}",
)
def test_the_table_equals_its_version_of_unicode() -> None:
    assert derived.VERSION == UNICODE_VERSION
    assert derived.PATH.read_text(encoding="utf-8") == derived.module()


def test_text_in_the_table_is_also_text_in_this_python() -> None:
    assert all(unicodedata.category(c) not in ("Cn", "Co", "Cs") for c in text())


def test_case_and_composition_of_text_are_the_same_in_every_python() -> None:
    digest = hashlib.sha256()
    for c in text():
        sigma = (c + "\u03a3").lower()[-1] + ("a\u03a3" + c + "a").lower()[1]
        nfc = unicodedata.normalize("NFC", c)
        digest.update(f"{c.lower()} {nfc} {unicodedata.combining(c)} {sigma}\n".encode())
    assert digest.hexdigest() == MAPPINGS


@pytest.mark.threat(
    "W4",
    "An address contains an invisible character, so it looks like another mailbox.",
    "Invisible characters and characters that are no text are refused, except joiners that a script needs.",
)
def test_an_address_with_an_invisible_character_is_refused() -> None:
    invisible = [chr(code) for code in (*derived.IGNORABLE, *derived.BLANK)]
    assert all(is_invisible(c) for c in invisible)
    for c in invisible:
        results = {normalised(f"jo{c}an@example.com"), normalised(f'"jo {c}an"@example.com')}
        assert (hex(ord(c)), results) == (hex(ord(c)), {None})


@pytest.mark.parametrize("joiner", JOINERS, ids=ascii)
@pytest.mark.parametrize(
    "around", ["a|b", "|", "|a", "a|", "\U0001f468|\U0001f469", "\u0645 |", "\U00017000|a", "1|2"]
)
def test_a_joiner_that_no_script_needs_is_refused(joiner: str, around: str) -> None:
    local = around.replace("|", joiner)
    assert normalised(f"{local}@example.com") is None
    assert normalised(f'"{local}"@example.com') is None


def test_a_joiner_that_a_script_needs_is_kept() -> None:
    for local in (
        "\u0915\u094d\u200d\u0937",
        "\u0915\u094d\u200c\u0937",
        "\u0645\u06cc\u200c\u062e",
    ):
        assert normalised(f"{local}@example.com") == f"{local}@example.com"


@pytest.mark.threat(
    "W5",
    "Somebody who opted out as J\u00d6RG gets mail as j\u00f6rg, because case is kept outside of ASCII.",
    "The local part is converted to lower case in all scripts, so both are the same address.",
)
def test_a_letter_and_its_capital_make_the_same_address() -> None:
    pairs = [(c, c.upper()) for c in text() if len(c.upper()) == 1 and c.upper().lower() == c]
    pairs = [(small, capital) for small, capital in pairs if small != capital]
    assert len(pairs) > 1_300
    for small, capital in pairs:
        expected = normalised(f"x{small}x@example.com")
        assert expected is not None
        assert normalised(f"X{capital}X@example.com") == expected


@pytest.mark.system
def test_each_unicode_character_is_refused_or_normalised_idempotently() -> None:
    """Without `--full` one of eight characters from the ideographs on."""
    for code in chain(derived.CODES[:IDEOGRAPHS], part_of(derived.CODES[IDEOGRAPHS:], 8)):
        address = normalised(f"a{chr(code)}b@example.com")
        if address is not None:
            assert normalise_address(address) == address
            quoted = normalise_address(f'"{chr(code)} {chr(code)}"@example.com')
            assert normalise_address(quoted) == quoted


@pytest.mark.system
def test_normalising_again_never_composes_or_decomposes_a_letter() -> None:
    """Without `--full` one of four letters."""
    apart = [unicodedata.normalize("NFD", c) for c in text()]
    composing = {letters[-1] for letters in apart if len(letters) > 1 and letters[-1] < "\uac00"}
    one_of_each_class = {unicodedata.combining(c): c for c in text()}
    cased = [c for c in text() if c.lower() != c]
    for mark in composing.union(one_of_each_class.values()):
        for letter in part_of(cased, 4):
            address = normalised(f"{letter}{mark}@example.com")
            assert address is None or normalise_address(address) == address
