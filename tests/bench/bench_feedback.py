"""SES feedback decisions per second on one core: from an SQS message to the changes, without I/O.

Run: .venv/bin/python tests/bench/bench_feedback.py. The lower limit is what any reader must do with the
standard library: parse the envelope, then the event inside it. Rounds are interleaved and the best of each
counts, so a busy machine slows both in the same way. Trust the ratio more than the rates.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

from heed.domain.feedback.outcome import apply_feedback_rules
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.register import ScopeNumber
from heed.domain.recipients.address import normalise_address
from heed.domain.recipients.recipient import recipient_id
from heed.entrypoints import ses_events

EVENTS = Path(__file__).parents[2] / "events"
CATALOGUE = Catalogue([], [], default_brand=ScopeNumber(1), languages=("en",), default_language="en")
KEY = bytes(32)
ROUNDS, TIMES = 15, 2_000


def _identify(address: str) -> str:
    return recipient_id(KEY, normalise_address(address))


def _floor(body: str) -> None:
    json.loads(json.loads(body)["Message"])


def _decide(body: str) -> None:
    apply_feedback_rules(ses_events.parse_ses_event(body), _identify, CATALOGUE)


def _seconds(step: Callable[[str], None], body: str) -> float:
    start = time.perf_counter()
    for _ in range(TIMES):
        step(body)
    return (time.perf_counter() - start) / TIMES


def main() -> None:
    """Prints events per second: the limit, Heed, and the ratio of their times."""
    print(f"{'event':44}{'json twice':>12}{'decision':>12}{'ratio':>8}")
    for name in ("sqs-sns-bounce", "sqs-sns-feedback-complaint", "sqs-sns-delivery"):
        body = json.loads((EVENTS / f"feedback-{name}.json").read_text())["Records"][0]["body"]
        rounds = [(_seconds(_floor, body), _seconds(_decide, body)) for _ in range(ROUNDS)]
        floor, ours = (min(seconds) for seconds in zip(*rounds, strict=True))
        size = f"{name}, {len(body)} bytes"
        print(f"{size:44}{1 / floor:>12,.0f}{1 / ours:>12,.0f}{ours / floor:>8.2f}")


if __name__ == "__main__":
    main()
