"""Events of S3, which EventBridge delivers when an upload has arrived."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from heed.domain.errors import MalformedMessage
from heed.domain.jobs.job import parse_upload_key


def parse_upload_event(event: Mapping[str, Any]) -> str | None:
    """Returns the id of the job whose upload has arrived; None if the event is not about an object.

    Raises:
        MalformedMessage: The event is about an object that is not an upload.
    """
    if event.get("detail-type") != "Object Created":
        return None
    try:
        return parse_upload_key(event["detail"]["object"]["key"])
    except (LookupError, TypeError, AttributeError) as error:
        raise MalformedMessage(type(error).__name__) from error
