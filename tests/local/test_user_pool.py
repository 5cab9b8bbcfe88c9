from __future__ import annotations

import json
from typing import Any

from local.user_pool import Answer, with_local_document, with_local_issuer

BASE = "http://127.0.0.1:4566"


def _sign(claims: dict[str, Any], pool_id: str = "", use: str = "") -> str:
    return json.dumps({**claims, "signed_by": f"{pool_id} {use}"})


def _document(pool_id: str, region: str, *, host: str) -> Answer:
    return 200, {"a": "b"}, json.dumps({"issuer": "https://aws", "jwks_uri": f"{host}/{region}"}).encode()


def test_a_token_of_a_pool_names_the_issuer_on_this_machine() -> None:
    sign = with_local_issuer(BASE, _sign)

    signed = json.loads(sign({"iss": "https://aws", "sub": "1"}, "pool", "id"))
    assert signed == {"iss": f"{BASE}/pool", "sub": "1", "signed_by": "pool id"}
    assert json.loads(sign({"iss": "another"}))["iss"] == "another"


def test_a_discovery_document_names_the_same_issuer() -> None:
    status, headers, body = with_local_document(BASE, _document)("pool", "eu", host="h")

    assert (status, headers) == (200, {"a": "b"})
    assert json.loads(body) == {"issuer": f"{BASE}/pool", "jwks_uri": "h/eu"}
