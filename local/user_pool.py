"""Makes the user pools of the emulator issuers on this machine.

The emulator names the issuer of AWS in its tokens and in its discovery document, but serves them itself. A
client that compares the two with the URL that it requested would refuse them. The emulator's own Python runs
this, so it cannot import Heed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

Answer = tuple[int, dict[str, str], bytes]
Sign = Callable[..., str]
Document = Callable[..., Answer]


def with_local_issuer(base: str, sign: Sign) -> Sign:
    """Returns a signer of tokens whose issuer is the pool below `base`."""

    def sign_token(claims: dict[str, Any], pool_id: str = "", use: str = "") -> str:
        return sign({**claims, "iss": f"{base}/{pool_id}"} if pool_id else claims, pool_id, use)

    return sign_token


def with_local_document(base: str, make: Document) -> Document:
    """Returns a maker of discovery documents whose issuer is the pool below `base`."""

    def make_document(pool_id: str, *arguments: object, **named: object) -> Answer:
        status, headers, body = make(pool_id, *arguments, **named)
        document = {**json.loads(body), "issuer": f"{base}/{pool_id}"}
        return status, headers, json.dumps(document).encode()

    return make_document
