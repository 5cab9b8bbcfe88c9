"""What is asked of policies: a request, whoever makes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Request:
    """Somebody asks for something.

    Attributes:
        who: the logical id of a role or of a managed policy that a role of the adopter has; or a service
            of AWS, by its name.
        action: what IAM calls it.
        resource: an ARN, or `*` where IAM knows no resource.
        why: who makes the call, in words, for the failure that names it.
        context: the keys that a policy can put a condition on.
    """

    who: str
    action: str
    resource: str
    why: str
    context: Mapping[str, str | list[str]] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.who}: {self.action} on {self.resource} with {dict(self.context)} ({self.why})"


def listed(value: Any) -> list[Any]:
    """One value, or several, as a list."""
    return value if isinstance(value, list) else [value]
