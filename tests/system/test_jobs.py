"""Jobs on the local stack: the file goes to S3 by the signed URL, and its arrival starts the job."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.system.running import PATIENCE, wait_until

pytestmark = pytest.mark.system

Stack = dict[str, Any]
REQUEST = {
    "reference": "a test",
    "columns": {"address": "email"},
    "as": "unsubscribed",
    "exported_at": "2026-03-01",
}


def _call(stack: Stack, method: str, path: str, body: object = None) -> Any:
    key = {"authorization": f"Bearer {stack['api_key']}"}
    answer = httpx.request(method, f"{stack['api']}{path}", json=body, headers=key, timeout=PATIENCE)
    return answer.raise_for_status().json()


def _put(upload: Any, content: bytes) -> int:
    answer = httpx.put(upload["url"], content=content, headers=upload["headers"], timeout=PATIENCE)
    return answer.status_code


def test_an_upload_by_the_signed_url_starts_the_job_and_a_second_upload_is_refused(stack: Stack) -> None:
    created = _call(stack, "POST", "/v1/imports", REQUEST)
    assert _put(created["upload"], b"email\njane.doe@example.com\n") == 200
    assert _put(created["upload"], b"email\njohn.doe@example.com\n") == 412
    path = f"/v1/jobs/{created['job']}"
    assert wait_until(lambda: _call(stack, "GET", path)["state"] == "previewed")
    listed = _call(stack, "GET", "/v1/jobs?kind=import")["jobs"]
    assert created["job"] in [job["job"] for job in listed]
    assert _call(stack, "POST", path, {"cancel": True})["state"] == "cancelled"
