"""The signature of a snapshot: a compact detached JWS with ES256 (RFC 7515 appendix F, RFC 7518 §3.4)."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any, NamedTuple

from heed.domain.errors import InvalidSnapshot
from heed.domain.ledger.entry import canonical_json

NUMBER_SIZE = 32  # bytes of each of the two numbers of a signature
_BASE64URL = re.compile(rb"[A-Za-z0-9_-]*")
_SEQUENCE, _INTEGER = 0x30, 0x02  # DER
_POINT_SIZE = 2 * NUMBER_SIZE
# What stands before the point in the only encoding of an uncompressed P-256 key (RFC 5480 §2).
_P256_PREFIX = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")


class SignedManifest(NamedTuple):
    """What a signature proves.

    Attributes:
        key_id: the name of the key in the JWKS.
        signing_input: the bytes that the key signed. They contain the manifest.
        signature: the numbers r and s, 32 bytes each.
    """

    key_id: str
    signing_input: bytes
    signature: bytes


def signing_input(key_id: str, manifest: bytes) -> bytes:
    """Returns the bytes whose SHA-256 the key signs."""
    return _protected_header(key_id) + b"." + _encode(manifest)


def detached_jws(key_id: str, der_signature: bytes) -> bytes:
    """Returns the JWS without its payload, of a signature as KMS returns it."""
    return _protected_header(key_id) + b".." + _encode(_raw_signature(der_signature))


def parse_detached_jws(jws: bytes, manifest: bytes) -> SignedManifest:
    """Reads a detached JWS of a manifest. The signature is not verified here.

    Raises:
        InvalidSnapshot: it has another form or another algorithm.
    """
    try:
        protected, payload, signature = jws.split(b".")
        header = json.loads(decode_base64url(protected))
        raw = decode_base64url(signature)
    except (ValueError, RecursionError) as error:
        raise InvalidSnapshot("the signature is no detached JWS") from error
    if not (isinstance(header, dict) and header.keys() == {"alg", "kid"} and header["alg"] == "ES256"):
        raise InvalidSnapshot("the header of the signature is not alg=ES256 with a kid")
    if payload or len(raw) != 2 * NUMBER_SIZE or not isinstance(header["kid"], str):
        raise InvalidSnapshot("the signature is no detached JWS of ES256")
    return SignedManifest(header["kid"], protected + b"." + _encode(manifest), raw)


def make_jwks(public_keys: Mapping[str, bytes]) -> dict[str, Any]:
    """Returns the JWKS (RFC 7517) of P-256 keys by their ids, each as a SubjectPublicKeyInfo in DER.

    Raises:
        ValueError: a key is of another kind.
    """
    return {"keys": [_make_jwk(key_id, key) for key_id, key in public_keys.items()]}


def find_key(jwks: Mapping[str, Any], key_id: str) -> tuple[int, int]:
    """Returns the point of the P-256 key with this id in a JWKS (RFC 7517).

    Raises:
        InvalidSnapshot: the JWKS has no such key.
    """
    try:
        for key in jwks["keys"]:
            if (key.get("kty"), key.get("crv"), key.get("kid")) == ("EC", "P-256", key_id):
                x, y = (int.from_bytes(decode_base64url(key[name].encode()), "big") for name in "xy")
                return x, y
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InvalidSnapshot("the keys are no JWKS") from error
    raise InvalidSnapshot("no known key signed the snapshot")


def decode_base64url(text: bytes) -> bytes:
    """Decodes base64url without padding (RFC 7515 §2).

    Raises:
        ValueError: the text is not base64url.
    """
    if not _BASE64URL.fullmatch(text):
        raise ValueError("no base64url")
    return urlsafe_b64decode(text + b"=" * (-len(text) % 4))


def _make_jwk(key_id: str, key: bytes) -> dict[str, str]:
    if key[:-_POINT_SIZE] != _P256_PREFIX:
        raise ValueError("no public key of P-256")
    x, y = (_encode(number).decode() for number in (key[-_POINT_SIZE:-NUMBER_SIZE], key[-NUMBER_SIZE:]))
    return {"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": key_id, "x": x, "y": y}


def _protected_header(key_id: str) -> bytes:
    return _encode(canonical_json({"alg": "ES256", "kid": key_id}))


def _encode(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")


def _raw_signature(der: bytes) -> bytes:
    """Returns the numbers r and s of a signature in DER (RFC 3279 §2.2.3), 32 bytes each.

    Raises:
        ValueError: it is no such signature.
    """
    numbers, at = [], 2
    for _ in range(2):
        tag, length = der[at : at + 2]
        numbers.append(int.from_bytes(der[at + 2 : at + 2 + length], "big"))
        at += 2 + length
        if tag != _INTEGER:
            raise ValueError("no number in the signature")
    if der[:2] != bytes([_SEQUENCE, at - 2]) or at != len(der):
        raise ValueError("the signature is no sequence of two numbers")
    return b"".join(number.to_bytes(NUMBER_SIZE, "big") for number in numbers)
