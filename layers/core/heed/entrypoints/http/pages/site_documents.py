"""The documents of the site: how privacy signals are honoured, and the versions of the policy."""

from __future__ import annotations

import json
from typing import Any

from aws_lambda_powertools.event_handler import Response

from heed.domain.preferences.catalogue import Catalogue

GPC_SINCE = "2026-11-22"
"""The date of what gpc.json says; change it when the support changes."""


def gpc_document() -> Response[str]:
    """`/.well-known/gpc.json` (W3C Global Privacy Control): signals are honoured."""
    return _document({"gpc": True, "lastUpdate": GPC_SINCE}, "application/json")


def dnt_document() -> Response[str]:
    """`/.well-known/dnt/` (W3C Tracking Preference Expression): nobody is tracked here."""
    return _document({"tracking": "N"}, "application/tracking-status+json")


def policy_document(catalogue: Catalogue) -> Response[str]:
    """The versions of the privacy policy, the oldest first; any site of the brand may read it."""
    versions = [
        {
            "version": one.version,
            "effective": one.effective,
            "material": one.material,
            "summary": dict(one.summary),
        }
        for one in catalogue.policies
    ]
    return _document({"versions": versions}, "application/json", **{"Access-Control-Allow-Origin": "*"})


def _document(content: dict[str, Any], content_type: str, **more: str) -> Response[str]:
    return Response(
        status_code=200,
        content_type=content_type,
        headers={
            "Cache-Control": "public, max-age=3600",
            "Tk": "N",
            "X-Content-Type-Options": "nosniff",
            "Strict-Transport-Security": "max-age=31536000",
            **more,
        },
        body=json.dumps(content, ensure_ascii=False),
    )
