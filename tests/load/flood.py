"""`python -m tests.load.flood` measures one-clicks on a local stack, first alone, then while it is flooded.

It starts a local stack of its own on free ports of this machine, and stops it at the end. The times include
the emulator, which runs each request in a process of Python and is far slower than AWS. So compare the two
rows, and quote none. The one-clicks and the requests of each flood are bounded in number, each row in time.
"""

from __future__ import annotations

import argparse
import json
import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import httpx

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


class FloodedStack:
    """A running local stack, with what its callers do."""

    def __init__(self, stack: StackAnnouncement) -> None:
        if urlsplit(stack.api).hostname != "127.0.0.1":
            raise ValueError("the load is for a stack on this machine only")
        self._stack = stack
        self._client = LocalStackClient(stack, Clients(stack.aws))
        self._numbers = count()

    def links(self, people: int) -> Sequence[Mapping[str, Any]]:
        """Returns links for new people."""
        addresses = [f"reader.{next(self._numbers)}@example.com" for _ in range(people)]
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
        httpx.post(f"{self._stack.api}/subscribe", data=form, timeout=API_SECONDS, trust_env=False)

    def import_file(self) -> None:
        """Uploads a file. Jobs read it, and record it unless that needs a second owner."""
        number = next(self._numbers)
        body = {"reference": "load", "columns": {"address": "email"}, "as": "unsubscribed", "commit": True}
        upload = self._call("/v1/imports", {**body, "exported_at": "2026-03-01"})["upload"]
        rows = b"email\n" + b"".join(b"row.%d.%d@example.com\n" % (number, n) for n in range(IMPORTED))
        httpx.put(
            upload["url"], content=rows, headers=upload["headers"], timeout=API_SECONDS, trust_env=False
        )

    def _call(self, path: str, body: Mapping[str, object]) -> Any:
        headers = {"authorization": f"Bearer {self._stack.api_key}"}
        answer = httpx.post(
            f"{self._stack.api}{path}", json=body, headers=headers, timeout=API_SECONDS, trust_env=False
        )
        return answer.raise_for_status().json()


@contextmanager
def running_flood(floods: Mapping[str, Callable[[], None]], most: int) -> Iterator[Counter[str]]:
    """Repeats each flood in a thread of its own while the block runs, at most `most` times.

    Returns:
        How often each was done. One that failed, such as by a time-out, counts as failed.
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
                done["failed"] += 1

    with ThreadPoolExecutor(len(floods)) as pool:
        for name, flood in floods.items():
            pool.submit(repeat, name, flood)
        try:
            yield done
        finally:
            end.set()


def percentile(values: Sequence[float], share: float) -> float:
    """Returns the least value that is not exceeded by this share of the values."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def measure_presses(stack: FloodedStack, links: Sequence[Mapping[str, Any]], seconds: float) -> str:
    """Presses links one after the other, until all are pressed or the time is over. Returns a row."""
    end = time.monotonic() + seconds
    results = []
    for link in links:
        if time.monotonic() > end:
            break
        results.append(stack.press(link["unsubscribe_url"]))
    times = [1_000 * taken for taken, _ in results]
    accepted = [link["address"] for link, (_, status) in zip(links, results, strict=False) if status == 200]
    on_record = stack.stopped(accepted)
    return (
        f"{len(results):>8}{percentile(times, 0.5):>10,.0f}{percentile(times, 0.99):>10,.0f}"
        f"{len(accepted):>10}{on_record:>11}"
    )


def main() -> None:
    """Starts the stack, measures, and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--presses", type=int, default=200, help="one-clicks in each row, at most")
    parser.add_argument("--seconds", type=float, default=120, help="time for each row, at most")
    parser.add_argument("--requests", type=int, default=2_000, help="requests of each flood, at most")
    args = parser.parse_args()
    with TemporaryDirectory(prefix="heed-load-") as home:
        running = Running(Path(home), *free_ports(2))
        try:
            running.wait_for_output("Ready")
            stack = FloodedStack(StackAnnouncement(**json.loads((Path(home) / "stack.json").read_text())))
            floods = {
                f"checks of {CHECKED:,} people": stack.check,
                f"imports of {IMPORTED:,} rows": stack.import_file,
                "bounces": stack.report_bounce,
                "forms": stack.ask_for_confirmation,
            }
            print(f"{'one-clicks':<10}{'':>8}{'p50 ms':>10}{'p99 ms':>10}{'accepted':>10}{'on record':>11}")
            links = stack.links(2 * args.presses + 10)
            for link in links[:10]:  # the first ones start the processes
                stack.press(link["unsubscribe_url"])
            half = 10 + args.presses
            print(f"{'alone':<10}{measure_presses(stack, links[10:half], args.seconds)}", flush=True)
            with running_flood(floods, args.requests) as done:
                print(f"{'flooded':<10}{measure_presses(stack, links[half:], args.seconds)}", flush=True)
            print("meanwhile:", ", ".join(f"{number} {name}" for name, number in sorted(done.items())))
        finally:
            running.stop()


if __name__ == "__main__":
    main()
