"""An AWS account that admits or refuses invocations, second by second.

A second in which nothing can be refused is computed as a whole. Every other second is run request by
request. Both give the same result, since run times are constant: as long as each request finds an idle
environment, the number of executions at any instant follows from the arrivals alone.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tests.load.assumptions import AwsQuotas, RunTimes
from tests.load.limits import StackLimits, Throttle

Times = npt.NDArray[np.float64]

LINKS = "UnsubscribeFunction"
CONCURRENCY = "concurrent executions"
INVOCATIONS = "invocations per second"
RESERVATION = "ReservedForOptOuts"
NEW_ENVIRONMENTS = "new environments"
API = "requests to API Gateway"


class Invocations(NamedTuple):
    """Invocations of one kind within a second.

    Attributes:
        kind: a name for the results.
        function: the logical id of the function.
        times: when they arrive.
        seconds: how long each runs.
        route: the route of the API; None for an invocation by a queue or a stream.
        writes: write units of the table for each.
    """

    kind: str
    function: str
    times: Times
    seconds: float
    route: str | None = None
    writes: int = 0


@dataclass
class Second:
    """What happened in a second.

    Attributes:
        admitted: by kind.
        refused: by kind and by what refused them.
        first_refused: the time of the first refusal, by kind and by what refused it.
        delayed: the writes that the table throttled, by kind.
        executions: the most at the same time, or a little more: each function at its own most.
        link_executions: likewise, of the function of the links.
    """

    admitted: Counter[str] = field(default_factory=Counter)
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    first_refused: dict[tuple[str, str], float] = field(default_factory=dict)
    delayed: Counter[str] = field(default_factory=Counter)
    executions: int = 0
    link_executions: int = 0

    def refuse(self, kind: str, by: str, at: float) -> None:
        """Enters a refusal."""
        self.refused[kind, by] += 1
        self.first_refused.setdefault((kind, by), at)


class TokenBucket:
    """Admits a rate, and a burst beyond it."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, burst
        self._tokens, self._at = burst, 0.0

    def tokens(self, at: float) -> float:
        """Returns how many requests it admits at a time."""
        return min(self._burst, self._tokens + self._rate * (at - self._at))

    def take(self, at: float, count: int = 1) -> bool:
        """Admits requests, all or none."""
        left = self.tokens(at) - count
        if left < 0:
            return False
        self._tokens, self._at = left, at
        return True

    def left_after(self, start: float, times: Times) -> float | None:
        """Returns the tokens that a second of requests leaves; None if they are too few.

        What is missing from a full bucket grows by one with each request and shrinks with the time, but not
        below zero.
        """
        missing = self._burst - self.tokens(start)
        times = np.sort(times)
        drift = np.arange(len(times)) - self._rate * (times - start)
        after = drift + 1 - np.minimum(np.minimum.accumulate(drift), -missing)
        if after.max(initial=missing) > self._burst:
            return None
        last, at = (after[-1], times[-1]) if len(times) else (missing, start)
        return self._burst - max(0.0, float(last - self._rate * (start + 1 - at)))

    def leave(self, at: float, tokens: float) -> None:
        """Sets the tokens at a time."""
        self._tokens, self._at = tokens, at


class Account:
    """The account, with one stack in it. Other functions leave it a number of executions."""

    def __init__(self, limits: StackLimits, quotas: AwsQuotas, times: RunTimes, left: int) -> None:
        self._limits, self._quotas, self._cold = limits, quotas, times.cold
        self._free = min(left, quotas.concurrency - limits.reserved)
        self._routes: dict[str, TokenBucket] = {}
        self._api = TokenBucket(quotas.api_rate, quotas.api_burst)
        # AWS publishes no burst for these, so they admit what a second admits.
        self._invocations = self._per_second(quotas.concurrency * quotas.invocations)
        self._link_invocations = self._per_second(limits.reserved * quotas.invocations)
        self._table = self._per_second(quotas.table_writes)
        self._new: dict[str, TokenBucket] = {}
        self._ends: dict[str, Times] = defaultdict(lambda: np.empty(0))
        self._peaks: dict[str, dict[int, int]] = defaultdict(dict)

    @staticmethod
    def _per_second(rate: int) -> TokenBucket:
        return TokenBucket(rate, rate)

    def run_second(self, start: int, groups: Sequence[Invocations], held: int, writes: int) -> Second:
        """Runs a second.

        Args:
            start: its begin.
            groups: what arrives in it.
            held: executions that imports hold for the whole second.
            writes: write units of imports. They slow down by themselves when the table throttles them.
        """
        self._table.take(start, min(writes, int(self._table.tokens(start))))
        second = self._run_whole(start, groups, held)
        return second or self._run_each(start, groups, held)

    def _route(self, route: str) -> TokenBucket:
        if route not in self._routes:
            throttle: Throttle = self._limits.throttle_of(route)
            self._routes[route] = TokenBucket(throttle.rate, throttle.burst)
        return self._routes[route]

    def _environments(self, function: str, start: int) -> int:
        """Returns how many environments exist: as many as ran together within their life."""
        peaks = self._peaks[function]
        for second in [each for each in peaks if each < start - self._quotas.environment_seconds]:
            del peaks[second]
        return max(peaks.values(), default=0)

    def _note_peak(self, function: str, start: int, peak: int) -> None:
        minute = start - start % 60
        self._peaks[function][minute] = max(peak, self._peaks[function].get(minute, 0))

    def _run_whole(self, start: int, groups: Sequence[Invocations], held: int) -> Second | None:
        """Runs a second in which nothing can be refused or be cold. Otherwise changes nothing: None."""
        left = [(bucket, bucket.left_after(start, times)) for bucket, times in self._needs(groups)]
        if any(tokens is None for _, tokens in left):
            return None
        peaks, ends = {}, {}
        for function in {*self._ends, *(group.function for group in groups)}:
            own = [group for group in groups if group.function == function]
            peaks[function], ends[function] = self._overlap(function, start, own)
            if peaks[function] > self._environments(function, start):
                return None
        on_links = peaks.get(LINKS, 0)
        shared = sum(peaks.values()) - (on_links if self._limits.reserved else 0)
        if shared + held > self._free or (self._limits.reserved and on_links > self._limits.reserved):
            return None
        for bucket, tokens in left:
            bucket.leave(start + 1, tokens or 0)
        for function, peak in peaks.items():
            self._note_peak(function, start, peak)
            self._ends[function] = ends[function]
        admitted = Counter[str]()
        for group in groups:
            admitted[group.kind] += len(group.times)
        return Second(admitted, executions=sum(peaks.values()) + held, link_executions=on_links)

    def _needs(self, groups: Sequence[Invocations]) -> list[tuple[TokenBucket, Times]]:
        """Returns the times at which a second takes from each bucket."""
        routes: dict[str, list[Times]] = defaultdict(list)
        for group in groups:
            if group.route:
                routes[group.route].append(group.times)
        needs = [(self._route(route), _join(times)) for route, times in routes.items()]
        needs.append((self._api, _join(each for times in routes.values() for each in times)))
        needs.append((self._invocations, _join(group.times for group in groups)))
        needs.append((self._table, _join(np.repeat(group.times, group.writes) for group in groups)))
        if self._limits.reserved:
            needs.append(
                (self._link_invocations, _join(group.times for group in groups if group.function == LINKS))
            )
        return needs

    def _overlap(self, function: str, start: int, groups: Sequence[Invocations]) -> tuple[int, Times]:
        """Returns the most executions at once if none is cold, and the ends of those that go on."""
        before = self._ends[function]
        if not groups:
            return len(before), before[before > start + 1]
        times = np.sort(np.concatenate([group.times for group in groups]))
        ends = np.concatenate([before, *(group.times + group.seconds for group in groups)])
        ends.sort()
        running = len(before) + np.arange(1, len(times) + 1) - np.searchsorted(ends, times, "right")
        return int(running.max(initial=len(before))), ends[ends > start + 1]

    def _run_each(self, start: int, groups: Sequence[Invocations], held: int) -> Second:
        """Runs a second request by request."""
        second = Second()
        heap = [(end, function) for function, ends in self._ends.items() for end in ends.tolist()]
        heapq.heapify(heap)
        busy = Counter(function for _, function in heap)
        warm = {
            name: self._environments(name, start) for name in {*busy, *(each.function for each in groups)}
        }
        peaks = Counter(busy)
        arrivals = sorted((at, index) for index, each in enumerate(groups) for at in each.times.tolist())
        for at, index in arrivals:
            group = groups[index]
            while heap and heap[0][0] <= at:
                busy[heapq.heappop(heap)[1]] -= 1
            is_cold = busy[group.function] >= warm[group.function]
            by = self._refused_by(group, at, busy, held, is_cold=is_cold)
            if by:
                second.refuse(group.kind, by, at)
                continue
            second.admitted[group.kind] += 1
            busy[group.function] += 1
            warm[group.function] = max(warm[group.function], busy[group.function])
            peaks[group.function] = max(peaks[group.function], busy[group.function])
            second.executions = max(second.executions, busy.total() + held)
            heapq.heappush(heap, (at + group.seconds + self._cold * is_cold, group.function))
            if group.writes and not self._table.take(at, group.writes):
                second.delayed[group.kind] += 1
        second.link_executions = peaks[LINKS]
        self._keep(start, heap, peaks)
        return second

    def _keep(self, start: int, heap: Sequence[tuple[float, str]], peaks: Counter[str]) -> None:
        """Keeps what is still running, and the environments."""
        ends: dict[str, list[float]] = defaultdict(list)
        for end, function in heap:
            if end > start + 1:
                ends[function].append(end)
        self._ends.clear()
        for function, left in ends.items():
            self._ends[function] = np.sort(np.array(left))
        for function, peak in peaks.items():
            self._note_peak(function, start, peak)

    def _refused_by(
        self, group: Invocations, at: float, busy: Counter[str], held: int, *, is_cold: bool
    ) -> str | None:
        """Returns what refuses an invocation; None admits it."""
        if group.route:
            if not self._route(group.route).take(at):
                return f"the throttle of {group.route}"
            if not self._api.take(at):
                return API
        if not self._invocations.take(at):
            return INVOCATIONS
        if self._limits.reserved and group.function == LINKS:
            if busy[LINKS] >= self._limits.reserved or not self._link_invocations.take(at):
                return RESERVATION
        else:
            apart = busy[LINKS] if self._limits.reserved else 0
            if busy.total() - apart + held >= self._free:
                return CONCURRENCY
        if is_cold:
            rate = self._quotas.new_environments
            if not self._new.setdefault(group.function, TokenBucket(rate / 10, rate)).take(at):
                return NEW_ENVIRONMENTS
        return None


def _join(times: Iterable[Times]) -> Times:
    return np.concatenate([np.empty(0), *times])
