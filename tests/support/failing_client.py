"""Calls of AWS that fail."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ReadTimeoutError

from tests.support.deployment import parts


class Fault:
    """Makes calls of AWS fail, before or after they took effect."""

    def __init__(self, service: str, operation: str) -> None:
        self.calls = 0
        events = parts().client(service).meta.events
        events.register_first(f"before-send.{service}.{operation}", self._fail)

    def _fail(self, **_: Any) -> None:
        self.calls += 1
        raise ReadTimeoutError(endpoint_url="https://aws.invalid")
