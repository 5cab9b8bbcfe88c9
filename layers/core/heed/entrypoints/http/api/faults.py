"""Refuses requests of the API that have faults."""

from __future__ import annotations

from collections.abc import Sequence

from heed.domain.errors import BrandNotAllowed, InvalidRequest, RequestFault

MAX_FAULTS = 100  # in one answer; a caller with more faults has one bug, not a hundred


def refuse_faults(faults: Sequence[RequestFault], error: type[InvalidRequest] = InvalidRequest) -> None:
    """Refuses a request that has faults, and does nothing if there are none.

    Args:
        faults: the faults.
        error: the error for faults that have nothing to do with brands.

    Raises:
        BrandNotAllowed: The request is about a brand which the caller may not use. The other faults are
            left out.
        InvalidRequest: The request has faults. It is `error`.
    """
    if refused := [fault for fault in faults if fault.is_brand_refused]:
        raise BrandNotAllowed(refused[:MAX_FAULTS])
    if faults:
        raise error(list(faults[:MAX_FAULTS]))
