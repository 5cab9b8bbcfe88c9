"""A request of a function, a service or a stranger that policies allow or deny."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Request:
    """A request to AWS.

    Attributes:
        who: the logical id of a role or of a managed policy for your systems; or an AWS service.
        action: the name of the action in IAM.
        resource: an ARN, or `*` if IAM has no resource type.
        why: the caller, in words, for the message of a failure.
        context: the condition keys.
    """

    who: str
    action: str
    resource: str
    why: str
    context: Mapping[str, str | list[str]] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.who}: {self.action} on {self.resource} with {dict(self.context)} ({self.why})"


def as_list(value: Any) -> list[Any]:
    """Returns one value, or several, as a list."""
    return value if isinstance(value, list) else [value]
