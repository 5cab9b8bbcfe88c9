"""The expected failures of the client. Their texts never contain an address, a link, a key or a secret."""

from __future__ import annotations

from collections.abc import Mapping

from heed.domain.errors import HeedError, RequestFault
from heed.override import override

_KIND = "urn:heed:problem:"
_MAX_KIND = 40  # characters


class InvalidSetting(HeedError):
    """The URL, the API key or the secret with which the client was made cannot be used."""


class NoAnswer(HeedError):
    """The API did not answer in time. It is not known whether it did what was requested."""


class NotUnderstood(HeedError):
    """The answer, or the webhook, is not one that this client understands. It never counts as a yes."""


class InvalidWebhook(HeedError):
    """Heed did not send the request, or not in the last five minutes. Answer it with 401."""


class Refused(HeedError):
    """The API answered with an error status. Nothing of the request is known to be done.

    Attributes:
        status: the status of the answer, such as 422.
        problem: the body of the answer (RFC 9457), or an empty mapping if it is no JSON object.
        retry_after: the seconds after which the API permits the same request again; None if it names none.
    """

    def __init__(self, status: int, problem: Mapping[str, object], retry_after: int | None = None) -> None:
        self.status = status
        self.problem = problem
        self.retry_after = retry_after
        # What else the answer says may repeat a part of the request.
        super().__init__(f"the API answers {status}" + (f" ({self.code})" if self.code else ""))

    @override
    def __reduce__(self) -> tuple[type[Refused], tuple[object, ...]]:
        """Makes copies possible, as programs of several processes need them."""
        return type(self), (self.status, self.problem, self.retry_after)

    @property
    def code(self) -> str:
        """The code of the error in docs/reference/errors.md, such as `brand-not-allowed`, or ""."""
        kind = self.problem.get("type")
        code = kind.removeprefix(_KIND) if isinstance(kind, str) and kind.startswith(_KIND) else ""
        is_code = code.isascii() and code.replace("-", "").isalpha() and len(code) <= _MAX_KIND
        return code if is_code else ""

    @property
    def detail(self) -> str:
        """The explanation of the API, or ""."""
        detail = self.problem.get("detail")
        return detail if isinstance(detail, str) else ""

    @property
    def faults(self) -> tuple[RequestFault, ...]:
        """What is wrong with the request, each with its JSON pointer, such as `/topic`."""
        listed = self.problem.get("errors")
        faults = listed if isinstance(listed, list) else []
        return tuple(
            RequestFault(str(fault.get("pointer", "")), str(fault.get("detail", "")))
            for fault in faults
            if isinstance(fault, dict)
        )
