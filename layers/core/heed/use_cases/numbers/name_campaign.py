"""Remembers the campaign that an API key named for its links, so that it is counted by name."""

from __future__ import annotations

from heed.domain.errors import StoreUnavailable
from heed.domain.milliseconds import Millis
from heed.use_cases.ports.numbers import CampaignNames


def name_campaign(campaign: str, now: Millis, campaigns: CampaignNames) -> bool:
    """Remembers a campaign. Returns whether it is remembered.

    Links must not fail because of a count. So if the store does not answer, the campaign is only counted as
    OTHER_KEY, until the next request for links names it again.

    Args:
        campaign: the campaign of the links, or "".
        now: milliseconds.
        campaigns: the campaigns that API keys named.
    """
    if not campaign:
        return True
    try:
        return campaigns.add(campaign, now)
    except StoreUnavailable:
        return False
