"""The checks of a stack's own links, through its public URL, with the recipient of the doctor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from heed.adapters.ses.listed_addresses import read_listed_addresses
from heed.doctor.findings import CheckName, DoctorFinding, failed, passed, warned
from heed.doctor.stack_guard import guarded
from heed.doctor.unsubscribe_header import host_of
from heed.doctor.unsubscribe_url import examine_url
from heed.doctor.web_client import parse_web_url, send_request
from heed.domain.milliseconds import Millis
from heed.domain.recipients.recipient import DOCTOR_RECIPIENT
from heed.domain.rfc3339 import parse_time
from heed.entrypoints.cli import api
from heed.entrypoints.cli.failure import CommandFailure
from heed.entrypoints.cli.stack import Stack

_SAMPLE = 100  # addresses of the SES list
_CLOCK_SKEW = 60_000  # milliseconds between this machine and the stack


def find_topic(stack: Stack) -> str:
    """Returns the name of a topic of marketing that is in use.

    Raises:
        ApiRefused, CommandFailure: The API did not answer, or the brand has no such topic.
    """
    for topic in api.get_from_api(stack, "/v1/topics")["topics"]:
        if topic["kind"] == "marketing" and not topic["retired"]:
            return str(topic["name"])
    raise CommandFailure("the brand has no topic of marketing", "add one (docs/brand.md)")


def check_links(
    stack: Stack, topic: str, now: Callable[[], Millis], *, presses: bool
) -> Iterator[DoctorFinding]:
    """Mints a link for the recipient of the doctor, opens it and, if wanted, presses it.

    Raises:
        ApiRefused, CommandFailure: The API did not answer.
    """
    request = {"topic": topic, "recipients": [DOCTOR_RECIPIENT]}
    url = str(api.post_to_api(stack, "/v1/links", request)["links"][0]["unsubscribe_url"])
    if host_of(url) != host_of(stack.api):
        mend = "set DomainName to the host of the links"
        yield failed(
            CheckName.LINK, f"links are at {host_of(url)}, the stack is at {host_of(stack.api)}", mend
        )
    else:
        yield passed(CheckName.LINK, f"a link at {host_of(url)}")
    before = _read_state(stack, topic)
    yield from examine_url(url, now(), presses=False)
    if _read_state(stack, topic) != before:
        mend = "report it as a fault of Heed, and deploy the version before"
        yield failed(CheckName.LINK_OPENED, "opening the link changed the record", mend)
    else:
        yield passed(CheckName.LINK_OPENED, "the record is as before")
    yield guarded(CheckName.TRACKING_STATUS, lambda: _check_tracking_status(url))
    if presses:
        start = now()
        yield from (found for found in examine_url(url, start, presses=True) if found.name in _PRESSES)
        yield _check_recorded(_read_state(stack, topic), start)


_PRESSES = (CheckName.PRESS_FORM, CheckName.PRESS_MULTIPART)


def _read_state(stack: Stack, topic: str) -> dict[str, Any]:
    """Returns what the API says of the recipient of the doctor."""
    request = {"topic": topic, "recipients": [DOCTOR_RECIPIENT]}
    state: dict[str, Any] = api.post_to_api(stack, "/v1/check", request)["results"][0]
    return state


def _check_recorded(state: dict[str, Any], start: Millis) -> DoctorFinding:
    name = CheckName.PRESS_RECORDED
    is_new = bool(state["since"]) and parse_time(state["since"]).first >= start - _CLOCK_SKEW
    if not state["sendable"] and is_new:
        return passed(name, "the press is on record")
    mend = "see the alarms of unsubscribe and of OptOutRetryQueue: the press may wait in that queue"
    return failed(name, "the press was answered, and is not on record", mend)


def _check_tracking_status(url: str) -> DoctorFinding:
    name, parts = CheckName.TRACKING_STATUS, parse_web_url(url)
    status = send_request("GET", parts).headers.get("Tk", "") if parts else ""
    if status == "N":
        return passed(name, "Tk: N")
    mend = "let no proxy before the stack remove the header Tk"
    return warned(name, "the page does not say that it tracks nobody (Tk: N)", mend)


def check_suppression_list(stack: Stack, topic: str) -> DoctorFinding:
    """Compares addresses of the SES list with the table. None of them is printed.

    Raises:
        ApiRefused, CommandFailure, DependencyUnavailable: The API or SES did not answer.
    """
    name = CheckName.SUPPRESSION_LIST
    sample = [entry.address for entry in islice(read_listed_addresses(stack.access()), _SAMPLE)]
    if not sample:
        return passed(name, "the SES list is empty")
    results = api.post_to_api(stack, "/v1/check", {"topic": topic, "addresses": sample})["results"]
    if sendable := sum(result["sendable"] is True for result in results):
        seen = f"{sendable} of {len(sample)} addresses of the SES list may be sent to here"
        return warned(name, seen, "heed import --ses --reference 'SES list'")
    return passed(name, f"{len(sample)} addresses of the SES list are stopped here, too")
