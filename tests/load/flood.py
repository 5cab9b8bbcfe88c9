"""`python -m tests.load.flood` measures one-clicks on a local stack, first alone, then while it is flooded.

It starts a local stack of its own on free ports of this machine, and stops it at the end. The times include
the emulator, which runs each request in a process of Python and is far slower than AWS. So compare the two
rows, and quote none. The one-clicks and the requests of each flood are bounded in number, each row in time.
"""

from __future__ import annotations

import argparse
import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import httpx

from heed.adapters.dynamodb.api_keys import ApiKeys
from heed.domain.api_key import KeyScope
from local.aws import Clients
from local.feedback import make_bounce_event
from local.ready import StackAnnouncement
from local.sample import make_sample_mail
from local.stack_client import ONE_CLICK, LocalStackClient
from tests.system.running import Running, free_ports

TOPIC = "offers"
API_SECONDS = 30  # API Gateway waits no longer for a function
CHECKED = 1_000  # addresses in a call
IMPORTED = 2_000  # rows of a file
JOB_SECONDS = 120


class FloodedStack:
    """A running local stack, with what its callers do."""

    def __init__(self, stack: StackAnnouncement) -> None:
        if urlsplit(stack.api).hostname != "127.0.0.1":
            raise ValueError("the load is for a stack on this machine only")
        self._stack = stack
        clients = Clients(stack.aws)
        self._client = LocalStackClient(stack, clients)
        # Another owner commits an import of so many people.
        keys = ApiKeys(clients.dynamodb, stack.outputs["ControlTable"])
        _, self._officer_key = keys.create("officer", owner="an officer", scopes=[KeyScope.PRIVACY])
        self._numbers = count()

    def links(self, people: int) -> Sequence[Mapping[str, Any]]:
        """Returns links for new people."""
        addresses = [f"flood.{next(self._numbers)}@example.com" for _ in range(people)]
        links: list[Mapping[str, Any]] = self._call("/v1/links", {"topic": TOPIC, "addresses": addresses})[
            "links"
        ]
        return links

    def press(self, url: str) -> tuple[float, int]:
        """Presses a link like a mail client. Returns the seconds, and the status."""
        start = time.perf_counter()
        try:
            answer = httpx.post(url, data=ONE_CLICK, timeout=API_SECONDS, trust_env=False)
        except httpx.TimeoutException:
            return time.perf_counter() - start, 504
        return time.perf_counter() - start, answer.status_code

    def stopped(self, addresses: Sequence[str]) -> int:
        """Returns how many of these people have opted out."""
        results = self._call("/v1/check", {"topic": TOPIC, "addresses": list(addresses)})["results"]
        return sum(not result["sendable"] for result in results)

    def check(self) -> None:
        """Asks about a batch of people."""
        self.stopped([f"checked.{n}@example.com" for n in range(CHECKED)])

    def report_bounce(self) -> None:
        """Reports a bounce, as SES does."""
        (link,) = self.links(1)
        now = datetime.now(UTC)
        self._client.report(make_bounce_event(make_sample_mail(link, now), now))

    def ask_for_confirmation(self) -> None:
        """Sends the form of /subscribe."""
        form = {"address": f"form.{next(self._numbers)}@example.com", "intent": "out"}
        url = f"{self._stack.api}/subscribe"
        httpx.post(url, data=form, timeout=API_SECONDS, trust_env=False).raise_for_status()

    def import_file(self) -> None:
        """Imports a file, and goes on when the jobs begin to record it."""
        number = next(self._numbers)
        body = {"reference": "load", "columns": {"address": "email"}, "as": "unsubscribed"}
        created = self._call("/v1/imports", {**body, "exported_at": "2026-03-01"})
        upload = created["upload"]
        rows = b"email\n" + b"".join(b"row.%d.%d@example.com\n" % (number, n) for n in range(IMPORTED))
        answer = httpx.put(
            upload["url"], content=rows, headers=upload["headers"], timeout=API_SECONDS, trust_env=False
        )
        answer.raise_for_status()
        path, end = f"/v1/jobs/{created['job']}", time.monotonic() + JOB_SECONDS
        while self._call(path)["state"] in ("waiting", "running") and time.monotonic() < end:
            time.sleep(1)
        self._call(path, {"commit": True}, self._officer_key)

    def _call(self, path: str, body: Mapping[str, object] | None = None, key: str = "") -> Any:
        headers = {"authorization": f"Bearer {key or self._stack.api_key}"}
        method = "GET" if body is None else "POST"
        url = f"{self._stack.api}{path}"
        answer = httpx.request(method, url, json=body, headers=headers, timeout=API_SECONDS, trust_env=False)
        return answer.raise_for_status().json()


@contextmanager
def running_flood(floods: Mapping[str, Callable[[], None]], most: int) -> Iterator[Counter[str]]:
    """Repeats each flood in a thread of its own while the block runs, at most `most` times.

    Returns:
        How often each was done. One that was refused or timed out counts as such.
    """
    end, done = threading.Event(), Counter[str]()

    def repeat(name: str, flood: Callable[[], None]) -> None:
        for _ in range(most):
            if end.is_set():
                return
            try:
                flood()
                done[name] += 1
            except httpx.HTTPError:
                done["refused or timed out"] += 1

    with ThreadPoolExecutor(len(floods)) as pool:
        repeated = [pool.submit(repeat, name, flood) for name, flood in floods.items()]
        try:
            yield done
        finally:
            end.set()
        for each in repeated:
            each.result()


def percentile(values: Sequence[float], share: float) -> float:
    """Returns the least value that is not exceeded by this share of the values."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


@dataclass(frozen=True)
class Presses:
    """What became of one-clicks.

    Attributes:
        milliseconds: how long each took.
        accepted: the people whose one-click was accepted.
    """

    milliseconds: Sequence[float]
    accepted: Sequence[str]

    def row(self, name: str, on_record: int) -> str:
        """Returns a row of the printed table."""
        half, most = (percentile(self.milliseconds, share) for share in (0.5, 0.99))
        accepted = len(self.accepted)
        return (
            f"{name:<10}{len(self.milliseconds):>8}{half:>10,.0f}{most:>10,.0f}{accepted:>10}{on_record:>11}"
        )


def press_links(stack: FloodedStack, links: Sequence[Mapping[str, Any]], seconds: float) -> Presses:
    """Presses links one after the other, until all are pressed or the time is over."""
    end = time.monotonic() + seconds
    milliseconds, accepted = [], []
    for link in links:
        if time.monotonic() > end:
            break
        taken, status = stack.press(link["unsubscribe_url"])
        milliseconds.append(1_000 * taken)
        if status == HTTPStatus.OK:
            accepted.append(link["address"])
    return Presses(milliseconds, accepted)


def main() -> None:
    """Starts the stack, measures, and prints."""
    args = _arguments()
    with TemporaryDirectory(prefix="heed-load-") as home:
        running = Running(Path(home), *free_ports(2))
        try:
            stack = FloodedStack(StackAnnouncement(**running.wait_until_ready()))
            _measure(stack, args.presses, args.seconds, args.requests)
        finally:
            running.stop()


def _measure(stack: FloodedStack, presses: int, seconds: float, requests: int) -> None:
    floods = {
        f"checks of {CHECKED:,} people": stack.check,
        f"imports of {IMPORTED:,} rows": stack.import_file,
        "bounces": stack.report_bounce,
        "forms": stack.ask_for_confirmation,
    }
    print(f"{'one-clicks':<10}{'pressed':>8}{'p50 ms':>10}{'p99 ms':>10}{'accepted':>10}{'on record':>11}")
    press_links(stack, stack.links(10), seconds)  # the first ones start the processes
    links = stack.links(presses)
    alone = press_links(stack, links, seconds)
    print(alone.row("alone", stack.stopped(alone.accepted)), flush=True)
    links = stack.links(presses)
    with running_flood(floods, requests) as done:
        flooded = press_links(stack, links, seconds)
    print(flooded.row("flooded", stack.stopped(flooded.accepted)))
    print("meanwhile:", ", ".join(f"{number} {name}" for name, number in sorted(done.items())))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--presses", type=int, default=200, metavar="N", help="one-clicks in each row, 1,000 at most"
    )
    parser.add_argument("--seconds", type=float, default=120, help="time for each row, at most")
    parser.add_argument("--requests", type=int, default=2_000, help="requests of each flood, at most")
    args = parser.parse_args()
    if not 1 <= args.presses <= CHECKED:
        parser.error("--presses is from 1 to 1,000, which one call to check takes")
    return args


if __name__ == "__main__":
    main()
