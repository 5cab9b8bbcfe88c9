"""The simulated campaign: the template's own limits refuse no opt-out, and each limit would be noticed."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.architecture.test_docs import page
from tests.load import account
from tests.load.__main__ import ASSUMED, LOSSES, ROOM, heading, row
from tests.load.account import Account, Invocations, Second, TokenBucket
from tests.load.assumptions import AwsQuotas, Campaign, RunTimes, assumptions
from tests.load.campaign import CampaignResult, run_campaign
from tests.load.limits import QueueReader, StackLimits, Throttle, read_limits
from tests.load.report import QUOTAS, RATES, ROOMS, SURGES, LoadReport
from tests.support.full import is_full
from tests.support.template import template

LIMITS = read_limits(template())
REPORT = LoadReport(LIMITS, seed=1)
MINUTES = Campaign(mails=180_000, gmail_pause=60)
"""A campaign of two minutes."""


def _with_throttle(route: str, throttle: Throttle) -> StackLimits:
    return replace(LIMITS, throttles={**LIMITS.throttles, route: throttle})


@functools.cache
def whole_campaign(quota: int, left: int, reserved: int) -> CampaignResult:
    """Runs ten million mails. Two tests look at the same runs."""
    return REPORT.run(quota, Campaign(left=left), reserved)


@pytest.mark.system
@pytest.mark.parametrize("quota", QUOTAS[1:] if is_full() else QUOTAS[1:2])
def test_the_limits_of_the_template_refuse_no_opt_out_of_ten_million_mails(quota: int) -> None:
    result = whole_campaign(quota, quota, 0)
    assert result.first is None and result.delayed == 0
    assert result.opt_outs > 0.75 * Campaign().mails * Campaign().opted_out
    assert result.waiting < 1_000, "the feedback of a storm of bounces is read as it arrives"


def test_an_account_with_ten_executions_refuses_an_opt_out_within_a_minute() -> None:
    first = run_campaign(LIMITS, AwsQuotas(concurrency=10), MINUTES).first
    assert first is not None and first.at < 60


@pytest.mark.parametrize(
    ("limits", "quotas", "campaign", "by"),
    [
        (_with_throttle("POST /u/{token}", Throttle(5, 10)), {}, {}, "the throttle of POST /u/{token}"),
        (_with_throttle("GET /u/{token}", Throttle(100, 200)), {}, {}, "the throttle of GET /u/{token}"),
        (replace(LIMITS, reserved=30), {}, {}, account.RESERVATION),
        (LIMITS, {}, {"left": 30}, account.CONCURRENCY),
        (LIMITS, {"concurrency": 300, "invocations": 2}, {}, account.INVOCATIONS),
        (LIMITS, {"new_environments": 100}, {"surge": 1_500}, account.NEW_ENVIRONMENTS),
        (LIMITS, {"api_rate": 500, "api_burst": 500}, {}, account.API),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_limit_that_is_too_low_is_named(
    limits: StackLimits, quotas: dict[str, int], campaign: dict[str, int], by: str
) -> None:
    result = run_campaign(limits, AwsQuotas(**quotas), replace(MINUTES, **campaign))
    assert result.first is not None and result.first.by == by
    assert result.refused[by] > 0


def test_a_higher_throttle_of_the_page_admits_a_faster_campaign() -> None:
    fast = Campaign(mails=480_000, mails_per_second=8_000)
    refused = run_campaign(LIMITS, AwsQuotas(), fast)
    assert _refused_by(refused) == "the throttle of GET /u/{token}"
    raised = {f"{method} /u/{{token}}": Throttle(3_000, 6_000) for method in ("GET", "HEAD")}
    limits = replace(LIMITS, throttles={**LIMITS.throttles, **raised})
    assert _refused_by(run_campaign(limits, AwsQuotas(), fast)) is None


def test_the_account_refuses_as_many_as_the_formula_of_erlang() -> None:
    """The formula of a telephone exchange: calls at random times, and none waits for a free line."""
    lines, calls, seconds = 25, 400, 0.05
    refused_share = 1.0
    for line in range(1, lines + 1):
        refused_share = calls * seconds * refused_share / (line + calls * seconds * refused_share)
    random = np.random.Generator(np.random.PCG64(1))
    exchange = Account(LIMITS, AwsQuotas(concurrency=lines, invocations=100), RunTimes(cold=0), lines)
    refused = total = 0
    for start in range(200):
        times = start + random.random(random.poisson(calls))
        second = exchange.run_second(start, [Invocations("call", "Exchange", times, seconds)], 0, 0)
        refused, total = refused + second.refused.total(), total + len(times)
    assert refused / total == pytest.approx(refused_share, rel=0.05)


def test_a_throttled_table_delays_opt_outs_and_refuses_none() -> None:
    """The function queues what it could not write (OptOutRetryQueue)."""
    result = run_campaign(LIMITS, AwsQuotas(table_writes=100), MINUTES)
    assert result.first is None and result.delayed > 0


def test_feedback_waits_for_a_reader_that_is_too_slow() -> None:
    slow = {**LIMITS.readers, "FeedbackFunction": QueueReader(batch=1, concurrency=1)}
    result = run_campaign(replace(LIMITS, readers=slow), AwsQuotas(), MINUTES)
    assert result.first is None
    assert result.waiting > 10_000


def test_a_run_depends_on_its_seed_alone() -> None:
    first, again, other = (run_campaign(LIMITS, AwsQuotas(), MINUTES, seed) for seed in (1, 1, 2))
    assert first == again != other


def test_a_whole_second_gives_the_same_result_as_its_requests_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole: list[bool] = []
    run_whole = Account._run_whole

    def see(*args: Any) -> Second | None:
        second = run_whole(*args)
        whole.append(second is not None)
        return second

    monkeypatch.setattr(Account, "_run_whole", see)
    usual = run_campaign(LIMITS, AwsQuotas(), MINUTES)
    monkeypatch.setattr(Account, "_run_whole", lambda *_: None)
    one_by_one = run_campaign(LIMITS, AwsQuotas(), MINUTES)

    assert sum(whole) > len(whole) / 2
    assert usual.executions >= one_by_one.executions
    assert replace(usual, executions=0) == replace(one_by_one, executions=0)


@pytest.mark.parametrize("seed", range(20))
def test_a_token_bucket_admits_a_second_as_it_admits_its_requests(seed: int) -> None:
    random = np.random.Generator(np.random.PCG64(seed))
    burst = int(random.integers(5, 40))
    one_by_one, whole = TokenBucket(50, burst), TokenBucket(50, burst)
    for start in range(3):
        times = start + random.random(int(random.integers(0, 90)))
        left = whole.left_after(start, times)
        admitted = [one_by_one.take(at) for at in np.sort(times).tolist()]
        assert all(admitted) == (left is not None)
        if left is None:
            return
        whole.leave(start + 1, left)
        assert one_by_one.tokens(start + 1) == pytest.approx(left)


def test_the_limits_are_read_from_the_template() -> None:
    changed = {**template(), "Parameters": dict(template()["Parameters"])}
    for name, value in {"BulkRate": 7, "BulkConcurrency": 8, "ReservedForOptOuts": 9}.items():
        changed["Parameters"][name] = {"Default": value}
    limits = read_limits(changed)
    assert (limits.bulk_rate, limits.bulk_concurrency, limits.reserved) == (7, 8, 9)
    api = template()["Resources"]["HttpApi"]["Properties"]
    assert set(limits.throttles) == set(api["RouteSettings"])
    assert limits.throttle_of("GET /p/{token}").rate == api["DefaultRouteSettings"]["ThrottlingRateLimit"]
    mappings = str(template()).count("MaximumConcurrency")
    assert len(limits.readers) == mappings > 5


def _rows(names: tuple[str, ...], name: str) -> list[list[str]]:
    """Returns the cells of a table of a page."""
    before, table = page(name).split(heading(names))
    rows = table.split("\n\n", 1)[0].strip().splitlines()
    assert before and rows
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in rows]


def _number(text: str) -> int:
    return int(re.sub(r"\D", "", text))


def _after(sizes: Sequence[int], size: int) -> int:
    return sizes[sizes.index(size) + 1]


def _refused_by(result: CampaignResult) -> str | None:
    return result.first.by if result.first else None


@pytest.mark.system
def test_the_page_says_where_each_account_loses_the_first_opt_out_and_what_prevents_it() -> None:
    """With `--full` also the large account."""
    rows = _rows(LOSSES, "docs/operations.md")
    for account_quota, executions, lost, by, prevention in rows:
        quota, left = _number(account_quota), _number(executions)
        if quota == QUOTAS[2] and not is_full():
            continue
        first = whole_campaign(quota, left, 0).first
        assert (lost, by) == ((f"after {first.at:,.0f} s", first.by) if first else ("none", ""))
        assert bool(prevention) == bool(first)
        reservations = re.findall(r"ReservedForOptOuts=(\d+)", prevention)
        for reserved in map(int, reservations):
            assert whole_campaign(quota, left, reserved).first is None
        assert bool(reservations) == (left < quota)
    assert [_number(row[0]) for row in rows] == [10, 1_000, 1_000, 10_000, 10_000]
    assert f"at most {_rows(ROOM, 'docs/operations.md')[0][1]} mails per second" in rows[0][-1]


@pytest.mark.system
def test_the_page_says_how_much_room_each_account_has() -> None:
    """With `--full` also the large account, and the rates of all accounts."""
    accounts: list[tuple[int, int]] = []
    for name, most, by, largest, surge_by in _rows(ROOM, "docs/operations.md"):
        quota = _number(name.split(", ", 1)[0])
        reserved = sum(map(int, re.findall(r"ReservedForOptOuts=(\d+)", name)))
        accounts.append((quota, reserved))
        if quota == QUOTAS[2] and not is_full():
            continue
        rate, surge = _number(most), _number(largest)
        if len(accounts) <= 2 or is_full():
            assert _refused_by(REPORT.run_rate(quota, reserved, rate)) is None
            assert _refused_by(REPORT.run_rate(quota, reserved, _after(RATES, rate))) == by
        result = REPORT.run_surge(quota, reserved, rate, surge)
        assert (_refused_by(result), result.delayed) == (None, 0)
        beyond = REPORT.run_surge(quota, reserved, rate, _after(SURGES, surge))
        assert _refused_by(beyond) == surge_by
    assert accounts == list(ROOMS)


def test_the_page_lists_what_the_simulation_assumes_with_the_source() -> None:
    table = "\n".join([heading(ASSUMED), *map(row, assumptions())])
    assert table in page("docs/reference/load.md"), "paste what `make campaign` prints"
