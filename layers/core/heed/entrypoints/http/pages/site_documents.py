"""Public JSON documents: the support of privacy signals, the versions of the privacy policy, public keys."""

from __future__ import annotations

import json
from typing import Any

from aws_lambda_powertools.event_handler import Response

from heed.domain.preferences.catalogue import Catalogue
from heed.use_cases.ports.keys import PublicKeys

GPC_SINCE = "2026-11-22"
"""The date in gpc.json. Change it when the support of the signal changes."""


def gpc_document() -> Response[str]:
    """Returns `/.well-known/gpc.json` (W3C Global Privacy Control): Heed honours the signal."""
    return _document_response({"gpc": True, "lastUpdate": GPC_SINCE}, "application/json")


def dnt_document() -> Response[str]:
    """Returns `/.well-known/dnt/` (W3C Tracking Preference Expression): Heed does not track."""
    return _document_response({"tracking": "N"}, "application/tracking-status+json")


def policy_document(catalogue: Catalogue) -> Response[str]:
    """Returns all versions of the privacy policy, the oldest first. Any site may read it (CORS)."""
    versions = [
        {
            "version": policy.version,
            "effective": policy.effective,
            "material": policy.material,
            "summary": dict(policy.summary),
        }
        for policy in catalogue.policies
    ]
    return _document_response(
        {"versions": versions}, "application/json", **{"Access-Control-Allow-Origin": "*"}
    )


def keys_document(keys: PublicKeys) -> Response[str]:
    """Returns `/.well-known/heed-keys.json`: the public keys that verify snapshots, as a JWKS."""
    from heed.domain.snapshots.signature import make_jwks  # no other page needs it

    return _document_response(make_jwks(keys.public_keys()), "application/jwk-set+json")


def _document_response(content: dict[str, Any], content_type: str, **extra_headers: str) -> Response[str]:
    return Response(
        status_code=200,
        content_type=content_type,
        headers={
            "Cache-Control": "public, max-age=3600",
            "Tk": "N",
            "X-Content-Type-Options": "nosniff",
            "Strict-Transport-Security": "max-age=31536000",
            **extra_headers,
        },
        body=json.dumps(content, ensure_ascii=False),
    )
