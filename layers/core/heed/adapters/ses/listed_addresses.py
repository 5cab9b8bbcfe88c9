"""Reads the SES list, and the lists of the account's tenants, for the command line."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from heed.adapters.aws import failures_as, required_member
from heed.adapters.ses.suppression_list import SES_PAGE_SIZE
from heed.domain.errors import DependencyUnavailable

if TYPE_CHECKING:
    from heed.adapters.stack import AwsAccess

_INTERVAL = 1.1  # seconds between two calls: SES allows one call per second for the whole account
_CONFIG = {"connect_timeout": 5, "read_timeout": 30, "retries": {"mode": "standard", "total_max_attempts": 8}}


class ListedAddress(NamedTuple):
    """An address of a list of SES, why it is there (`BOUNCE` or `COMPLAINT`), and since when (ISO 8601)."""

    address: str
    reason: str
    since: str


def read_listed_addresses(access: AwsAccess) -> Iterator[ListedAddress]:
    """Yields the addresses of the SES list, then those of each tenant's list.

    A botocore that does not know the lists of tenants reads the SES list only.

    Raises:
        DependencyUnavailable: SES did not answer, or refused the request.
    """
    client = access.client("sesv2", _CONFIG)
    yield from _read_list(client.list_suppressed_destinations)
    operation = client.meta.service_model.operation_model("ListSuppressedDestinations")
    if "TenantName" not in operation.input_shape.members:
        return
    for tenant in _read_pages(client.list_tenants, "Tenants"):
        yield from _read_list(client.list_suppressed_destinations, TenantName=tenant["TenantName"])


def _read_list(call: Callable[..., Any], **request: str) -> Iterator[ListedAddress]:
    for entry in _read_pages(call, "SuppressedDestinationSummaries", PageSize=SES_PAGE_SIZE, **request):
        yield ListedAddress(entry["EmailAddress"], entry["Reason"], entry["LastUpdateTime"].isoformat())


def _read_pages(
    call: Callable[..., Any],
    member: str,
    **request: Any,  # noqa: ANN401
) -> Iterator[Any]:
    while True:
        with failures_as(DependencyUnavailable):
            page = call(**request)
        time.sleep(_INTERVAL)
        yield from required_member(page, member)
        if not (token := page.get("NextToken")):
            return
        request["NextToken"] = token
