"""A marked text, and whether it stands somewhere: as it is, or in nine encodings."""

from __future__ import annotations

import base64
import hashlib
import quopri
from collections.abc import Iterable
from urllib.parse import quote


def forms(secret: str) -> dict[str, bytes]:
    """What to search for, by the name of the encoding; all of it in lower case, as what is searched."""
    raw = secret.encode()
    local, _, domain = secret.rpartition("@")
    found = {
        "raw": raw,
        "hex": raw.hex().encode(),
        "quoted-printable": quopri.encodestring(raw, quotetabs=True).replace(b"=\n", b""),
        "url": quote(secret, safe="").encode(),
        "json": secret.encode("ascii", "backslashreplace"),
    }
    if local:
        found["punycode"] = f"{local}@{domain.encode('idna').decode()}".encode()
    for offset in range(3):  # what stands around it decides how base64 cuts it
        whole = base64.b64encode(bytes(offset) + raw)
        found[f"base64 at {offset}"] = whole[4 if offset else 0 : len(whole) // 4 * 4 - 4]
    for spelling in {secret, secret.lower()}:
        for name in ("md5", "sha1", "sha256"):
            hashed = hashlib.new(name, spelling.encode())
            found[f"{name} of {spelling}"] = hashed.hexdigest().encode()
            found[f"{name} of {spelling}, base64"] = base64.b64encode(hashed.digest())[:-4]
    return {name: form.lower() for name, form in found.items()}


def hits(secret: str, texts: Iterable[tuple[str, bytes]]) -> set[tuple[str, str]]:
    """Where a secret stands (the name of the text), and in which form."""
    searched = forms(secret)
    return {(place, name) for place, text in texts for name, form in searched.items() if form in text.lower()}
