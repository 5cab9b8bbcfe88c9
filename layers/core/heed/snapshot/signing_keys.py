"""The public keys of a deployment, and the verification of the signature of a snapshot."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from heed.client.transport import make_opener
from heed.domain.errors import InvalidSnapshot
from heed.domain.snapshots.signature import NUMBER_SIZE, find_key, parse_detached_jws
from heed.domain.urls import is_private_connection

Jwks = Mapping[str, Any]
_TIMEOUT = 10  # seconds
_MAX_JWKS_SIZE = 1 << 16  # bytes


def fetch_jwks(url: str) -> Jwks:
    """Returns the JWKS at a URL. It follows no redirect.

    Raises:
        InvalidSnapshot: the URL is not HTTPS, or its answer is no JWKS.
        OSError: the URL does not answer.
    """
    if not is_private_connection(url):
        raise InvalidSnapshot("the URL of the keys is not HTTPS")
    with make_opener(url).open(url, timeout=_TIMEOUT) as response:
        text = response.read(_MAX_JWKS_SIZE)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidSnapshot("the answer with the keys is not JSON") from error
    if not isinstance(document, dict):
        raise InvalidSnapshot("the answer with the keys is no JWKS")
    return document


def verify_manifest(jws: bytes, manifest: bytes, jwks: Jwks) -> None:
    """Verifies the signature of a manifest.

    Raises:
        InvalidSnapshot: no key of the JWKS made it.
    """
    signed = parse_detached_jws(jws, manifest)
    x, y = find_key(jwks, signed.key_id)
    r, s = (
        int.from_bytes(number, "big")
        for number in (signed.signature[:NUMBER_SIZE], signed.signature[NUMBER_SIZE:])
    )
    try:
        key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
        key.verify(encode_dss_signature(r, s), signed.signing_input, ec.ECDSA(SHA256()))
    except (InvalidSignature, ValueError) as error:
        raise InvalidSnapshot("the signature of the snapshot is not valid") from error
