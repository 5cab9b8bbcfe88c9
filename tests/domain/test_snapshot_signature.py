from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from heed.domain.errors import InvalidSnapshot
from heed.domain.snapshots.signature import detached_jws, find_key, parse_detached_jws, signing_input
from tests.support.snapshots import JWKS, KEY_ID

NUMBERS = st.integers(1, (1 << 256) - 1)


def _base64url(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")


@given(NUMBERS, NUMBERS, st.text(max_size=9), st.binary())
def test_a_signature_of_kms_becomes_a_jws_with_both_numbers_in_64_bytes(
    r: int, s: int, key_id: str, manifest: bytes
) -> None:
    jws = detached_jws(key_id, encode_dss_signature(r, s))

    signed = parse_detached_jws(jws, manifest)

    assert signed.signature == r.to_bytes(32, "big") + s.to_bytes(32, "big")
    assert signed.key_id == key_id
    assert signed.signing_input == signing_input(key_id, manifest)


@given(st.binary(max_size=80))
def test_other_bytes_of_kms_are_no_signature(der: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of any kind: it is a bug of KMS
        detached_jws(KEY_ID, der)


def _header(**fields: Any) -> bytes:
    return _base64url(json.dumps({"alg": "ES256", "kid": KEY_ID, **fields}).encode())


SIGNATURE = _base64url(bytes(64))


@pytest.mark.threat(
    "T38",
    "Somebody changes a snapshot, so that people who left get mail, and chooses how it is signed.",
    "The reader accepts ES256 alone, with a key that the sender named, and refuses any other header.",
)
@pytest.mark.parametrize(
    "jws",
    [
        _header(alg="none") + b".." + SIGNATURE,
        _header(alg="HS256") + b".." + SIGNATURE,
        _header(alg="es256") + b".." + SIGNATURE,
        _header(crit=["b64"], b64=False) + b".." + SIGNATURE,
        _header(jwk=JWKS["keys"][0]) + b".." + SIGNATURE,
        _header(kid=5) + b".." + SIGNATURE,
        _header() + b".e30." + SIGNATURE,
        _header() + b".." + _base64url(bytes(63)),
        _header() + b".." + _base64url(bytes(65)),
        _header() + b"..",
        _header() + b"." + SIGNATURE,
        _header() + b".." + SIGNATURE + b"=",
        _header() + b".." + b"+" * 86,
        _base64url(b"[]") + b".." + SIGNATURE,
        _base64url(b"\xff") + b".." + SIGNATURE,
        _base64url(b"[" * 100_000) + b".." + SIGNATURE,
        b"",
    ],
)
def test_a_jws_of_another_form_is_refused(jws: bytes) -> None:
    parse_detached_jws(_header() + b".." + SIGNATURE, b"")
    with pytest.raises(InvalidSnapshot):
        parse_detached_jws(jws, b"")


def test_a_key_is_found_by_its_id() -> None:
    other = {**JWKS["keys"][0], "kid": "other", "x": "AQ", "y": "Ag"}
    rsa = {"kty": "RSA", "kid": KEY_ID, "n": "AQ", "e": "AQAB"}
    x, y = find_key({"keys": [other, rsa, *JWKS["keys"]]}, KEY_ID)
    assert (x, y) == find_key(JWKS, KEY_ID)
    assert find_key({"keys": [*JWKS["keys"], other]}, "other") == (1, 2)


@pytest.mark.parametrize(
    "jwks",
    [
        {},
        {"keys": None},
        {"keys": []},
        {"keys": ["key"]},
        {"keys": [{**JWKS["keys"][0], "kid": "other"}]},
        {"keys": [{**JWKS["keys"][0], "crv": "P-384"}]},
        {"keys": [{**JWKS["keys"][0], "x": "?"}]},
        {"keys": [{"kty": "EC", "crv": "P-256", "kid": KEY_ID}]},
    ],
)
def test_without_a_key_of_its_id_a_snapshot_is_refused(jwks: dict[str, Any]) -> None:
    with pytest.raises(InvalidSnapshot):
        find_key(jwks, KEY_ID)
