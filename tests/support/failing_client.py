"""AWS calls that fail."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ReadTimeoutError

from tests.support.deployment import parts


class FailingCalls:
    """Makes AWS calls fail with a read time-out, before they are sent."""

    def __init__(self, service: str, operation: str) -> None:
        self.calls = 0
        self._events, self._name = parts().client(service).meta.events, f"before-send.{service}.{operation}"
        self._events.register_first(self._name, self._fail)

    def stop(self) -> None:
        """Lets the calls succeed again."""
        self._events.unregister(self._name, self._fail)

    def _fail(self, **_: Any) -> None:
        self.calls += 1
        raise ReadTimeoutError(endpoint_url="https://aws.invalid")
