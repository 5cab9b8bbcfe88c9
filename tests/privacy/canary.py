"""Searches texts for a marked secret: as it is, and in nine encodings."""

from __future__ import annotations

import base64
import hashlib
import quopri
from collections.abc import Iterable
from urllib.parse import quote


def forms(secret: str) -> dict[str, bytes]:
    """Returns the patterns to search for, by name of the encoding, in lower case."""
    raw = secret.encode()
    local, _, domain = secret.rpartition("@")
    patterns = {
        "raw": raw,
        "hex": raw.hex().encode(),
        "quoted-printable": quopri.encodestring(raw, quotetabs=True).replace(b"=\n", b""),
        "url": quote(secret, safe="").encode(),
        "json": secret.encode("ascii", "backslashreplace"),
    }
    if local:
        patterns["punycode"] = f"{local}@{domain.encode('idna').decode()}".encode()
    for offset in range(3):  # the position in the text decides how base64 groups the bytes
        encoded = base64.b64encode(bytes(offset) + raw)
        patterns[f"base64 at {offset}"] = encoded[4 if offset else 0 : len(encoded) // 4 * 4 - 4]
    for spelling in {secret, secret.lower()}:
        for name in ("md5", "sha1", "sha256"):
            digest = hashlib.new(name, spelling.encode())
            patterns[f"{name} of {spelling}"] = digest.hexdigest().encode()
            patterns[f"{name} of {spelling}, base64"] = base64.b64encode(digest.digest())[:-4]
    return {name: pattern.lower() for name, pattern in patterns.items()}


def hits(secret: str, texts: Iterable[tuple[str, bytes]]) -> set[tuple[str, str]]:
    """Returns each text that has a secret, by name, with the name of the encoding."""
    patterns = forms(secret).items()
    lower_texts = ((place, text.lower()) for place, text in texts)
    return {(place, name) for place, text in lower_texts for name, pattern in patterns if pattern in text}
