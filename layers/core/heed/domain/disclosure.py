"""For what anything about people may leave Heed: the closed list of the privacy policy (P8)."""

from __future__ import annotations

from enum import StrEnum

from heed.domain.errors import PurposeRefused


class Disclosure(StrEnum):
    """A purpose that permits a disclosure."""

    SENDING = "sending"
    BUSINESS_TRANSFER = "business-transfer"
    AFFILIATE = "affiliate"
    LEGAL = "legal"
    SAFETY = "safety"
    DATA_SUBJECT = "data-subject"


def permitted(purpose: str) -> Disclosure:
    """The purpose of that name.

    Raises:
        PurposeRefused: it is none of the list.
    """
    try:
        return Disclosure(purpose)
    except ValueError:
        raise PurposeRefused("not on the list") from None
