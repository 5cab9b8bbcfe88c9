from __future__ import annotations

import re
import unicodedata
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from heed.domain.errors import InvalidAddress
from heed.domain.recipients.address import (
    MAX_ADDRESS,
    MAX_LOCAL,
    address_spellings,
    normalise_address,
)
from tests.support.full import examples
from tests.vectors import addresses

ATOMS = st.text("abzABZ059!#$%&'*+/=?^_`{|}~-.", min_size=1, max_size=20)
LABELS = st.text("abzABZ09", min_size=1, max_size=8)
DOMAINS = st.lists(LABELS, min_size=2, max_size=4).map(".".join)
# Characters that may be part of a local part, and characters that must not.
NASTY = st.text(
    '"\\@<>.; ,()aBZ09_-'
    "\u0301\u0331\u0338\u00e9\u00df\u0130\u0131\u03c2\u1e9e\u212a\u212b\ufb01\uff21"  # case, accents
    "\u037e\u1fef\u3002\uff0e\uff20\u00ba\u2024"  # characters that some normalisations fold into punctuation
    "\u00a0\u1680\u2003\u3000\u200b\u200d\ufeff\u202e\u00ad"  # spaces and invisible characters
    "\x00\t\n\x85\u2028\ud800\ue000\u0378\uffff\u05d0\u0661\u0915\u094d\uac00\U0001f600",
    max_size=24,
)
QUOTED = NASTY.map(lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"')
HARD = st.one_of(
    NASTY,
    st.tuples(st.one_of(NASTY, QUOTED, ATOMS), st.one_of(DOMAINS, NASTY)).map("@".join),
    st.tuples(QUOTED, DOMAINS).map("@".join),
)


def normalised(text: str) -> str | None:
    try:
        return normalise_address(text)
    except InvalidAddress:
        return None


@pytest.mark.parametrize("vector", addresses.accepted, ids=lambda vector: vector["why"])
def test_the_published_vectors_are_correct(vector: dict[str, str]) -> None:
    assert normalise_address(vector["input"]) == vector["normalised"]


@pytest.mark.parametrize("vector", addresses.accepted, ids=lambda vector: vector["why"])
def test_normalising_a_published_vector_again_changes_nothing(vector: dict[str, str]) -> None:
    assert normalise_address(vector["normalised"]) == vector["normalised"]


@pytest.mark.parametrize("vector", addresses.rejected, ids=lambda vector: vector["why"])
def test_the_published_invalid_vectors_are_refused(vector: dict[str, str]) -> None:
    with pytest.raises(InvalidAddress):
        normalise_address(vector["input"])


def test_each_input_is_in_one_vector_only() -> None:
    inputs = [v["input"] for v in (*addresses.accepted, *addresses.rejected)]
    assert len(inputs) == len(set(inputs))


@examples(700)
@given(HARD)
@example('"e\\\u0301"@example.com')
@example('"\u0338"@example.com')
@example('"\\\\"@example.com')
def test_an_accepted_address_has_one_form_and_keeps_it(text: str) -> None:
    address = normalised(text)
    if address is None:
        return
    assert normalised(address) == address
    local, _, domain = address.rpartition("@")
    assert local
    assert len(local.encode()) <= MAX_LOCAL
    assert len(address.encode()) <= MAX_ADDRESS
    assert re.fullmatch(r"[a-z0-9_-]+(\.[a-z0-9_-]+)+", domain)
    assert unicodedata.is_normalized("NFC", address)
    assert not any(unicodedata.category(c) in ("Cc", "Cs") for c in address)
    assert local == unicodedata.normalize("NFC", local.lower())


@given(ATOMS, DOMAINS)
def test_the_fast_path_for_plain_addresses_agrees_with_the_general_one(local: str, domain: str) -> None:
    plain = f"{local}@{domain}"
    assert normalised(plain) == normalised(f"Somebody <{plain}>") == normalised(f" {plain}.")


@given(ATOMS, DOMAINS)
def test_case_display_name_and_prefix_do_not_change_the_address(local: str, domain: str) -> None:
    expected = normalised(f"{local}@{domain}")
    for spelling in (
        f"{local.upper()}@{domain.upper()}",
        f"{local.lower()}@{domain.lower()}",
        f'"other@example.net" <{local}@{domain}>',
        f"rfc822; {local}@{domain}",
        f"\u3000<{local}@{domain}>\r\n",
    ):
        assert normalised(spelling) == expected


@given(st.text("abz", min_size=1, max_size=10), DOMAINS)
def test_needless_quotes_do_not_change_the_address(local: str, domain: str) -> None:
    assert normalised(f'"{local}"@{domain}') == normalised(f"{local}@{domain}")
    assert normalised(f'"\\{local}"@{domain}') == normalised(f"{local}@{domain}")


def test_addresses_with_different_dots_or_tags_stay_different() -> None:
    spellings = ("johndoe@gmail.com", "john.doe@gmail.com", "johndoe+a@gmail.com")
    assert len({normalise_address(spelling) for spelling in spellings}) == len(spellings)


def test_addresses_with_letters_that_only_look_alike_stay_different() -> None:
    names = ("mike", "mıke", "ﬁn", "fin", "ﬀ", "ff", "straße", "strasse", "ⓐ", "a")
    assert len({normalise_address(f"{name}@example.com") for name in names}) == len(names)


@pytest.mark.parametrize("control", [chr(c) for c in (*range(32), *range(127, 160))])
def test_a_control_character_is_refused(control: str) -> None:
    for text in (f"a{control}b@example.com", f'"a{control}b"@example.com', f"a@ex{control}a.com"):
        assert normalised(text) is None


@pytest.mark.parametrize("code", [0xD800, 0xDC80, 0xDFFF])
def test_a_lone_surrogate_is_refused_without_a_crash(code: int) -> None:
    half = chr(code)
    assert normalised(f"a{half}@example.com") is None
    assert normalised(f"a@ex{half}ample.com") is None
    assert normalised(f"{half} <a@example.com>") == "a@example.com"


@pytest.mark.threat(
    "W6",
    "A field contains `a@example.com, Other <b@example.com>`, and b is stopped instead of a.",
    "A display name that contains a bare @ or comma is refused, and the sender gets an error.",
)
@given(
    st.text('ab@, "<>()\\\\', max_size=12).filter(lambda name: "@" in name or "," in name),
    st.sampled_from(["", " ", ", "]),
)
def test_a_display_name_that_contains_another_address_is_refused(name: str, between: str) -> None:
    if normalised(f"{name}{between}<b@example.com>") is not None:
        bare = re.sub(r'"(?:[^"\\]|\\.)*"', "", name)  # without its quoted strings
        assert "@" not in bare
        assert "," not in bare + between


@pytest.mark.parametrize(
    "hostile",
    [
        "a" * 1_000_000,
        "a" * 1_000_000 + "@",
        "a." * 500_000 + "@",
        "a@" + "a." * 500_000,
        "a@" + "a-" * 500_000 + "!",
        "<" * 1_000_000,
        '"' * 1_000_000 + ">",
        '<"' * 500_000 + ">",
        "\\" * 1_000_000,
        "@" * 1_000_000,
        " " * 1_000_000 + "x",
        "\u0301" * 1_000_000,
        "rfc822" + " " * 1_000_000,
    ],
    ids=range(13),
)
def test_a_hostile_megabyte_is_refused(hostile: str) -> None:
    assert normalised(hostile) is None
    assert normalised(hostile[:1000]) is None
    normalised(hostile[:MAX_ADDRESS])  # may be a valid address, but must return quickly


def test_an_error_never_contains_the_address() -> None:
    for vector in addresses.rejected:
        with pytest.raises(InvalidAddress) as caught:
            normalise_address(vector["input"])
        parts = (part for part in re.split(r"[@<> ]", vector["input"]) if len(part) > 3)
        assert not any(part in str(caught.value) for part in parts)


@pytest.mark.parametrize(
    ("text", "spellings"),
    [
        ("joan@example.com", ("joan@example.com",)),
        (
            "Joan.Smith@Example.COM",
            ("Joan.Smith@Example.COM", "Joan.Smith@example.com", "joan.smith@example.com"),
        ),
        ("joan@Example.com", ("joan@Example.com", "joan@example.com")),
        ("Joan Smith <Joan@example.com>", ("Joan@example.com", "joan@example.com")),
        ("Joan+News@example.com.", ("Joan+News@example.com", "joan+news@example.com")),
        ("Joan@Exämple.com", ("Joan@xn--exmple-cua.com", "joan@xn--exmple-cua.com")),
        ('"Joan"@example.com', ("joan@example.com",)),
        ('"Joan Smith"@example.com', ('"Joan Smith"@example.com', '"joan smith"@example.com')),
        ("Jöan@example.com", ()),
    ],
)
def test_the_spellings_for_a_case_sensitive_list_differ_only_in_case(
    text: str, spellings: tuple[str, ...]
) -> None:
    assert address_spellings(text) == spellings


@given(st.from_regex(r"[A-Za-z.+]{1,9}@[A-Za-z]{1,9}\.[A-Za-z]{2,4}", fullmatch=True))
def test_all_spellings_belong_to_the_same_address(address: str) -> None:
    with suppress(InvalidAddress):
        spellings = address_spellings(address)
        assert {normalise_address(spelling) for spelling in spellings} == {normalise_address(address)}
        assert spellings[0] == address and spellings[-1] == normalise_address(address)
