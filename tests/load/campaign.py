"""A campaign as processes of SimPy, each with one step per second, against the limits of a stack.

People, mails and messages are numbers, not objects: a process draws how many of them do something in its
second. Only the requests of a second in which something may be refused are run one by one (account.py). So a
campaign of ten million mails takes seconds. A run depends on its seed alone.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Generator
from dataclasses import dataclass, field

import numpy as np
import simpy

from tests.load.account import LINKS, Account, Invocations, Second
from tests.load.assumptions import AwsQuotas, Campaign, RunTimes
from tests.load.limits import StackLimits

OPT_OUT, SHOW, SCAN = "one-click", "page of a person", "scanner"
SENDER, FEEDBACK, LEDGER, NUMBERS = "sender", "feedback", "ledger", "numbers"
OF_PEOPLE = (OPT_OUT, SHOW)
"""What a person needs to opt out. A refusal of one of these loses an opt-out, as nobody asks again."""

AFTERWARDS = 60
"""Seconds for which a run goes on after the first refusal."""

SURGE_AT = 270
"""The second of the surge."""

SETTLING = 300
"""Seconds for which it goes on after the last mail. The opt-outs only become fewer then."""


@dataclass(frozen=True)
class LostOptOut:
    """The first opt-out that was refused.

    Attributes:
        at: seconds since the first mail.
        by: what refused it.
        sent: mails sent until then.
    """

    at: float
    by: str
    sent: int


@dataclass
class CampaignResult:
    """The result of a run.

    Attributes:
        first: the first opt-out that was refused; None if none was.
        opt_outs: the opt-outs until the end of the run.
        refused: those that were refused, by what refused them.
        delayed: those that the table throttled. They are in OptOutRetryQueue, and count.
        executions: the most executions at once.
        link_executions: likewise, of the function of the links.
        one_clicks: the most one-clicks in a second.
        waiting: the most messages that waited in the queue of the feedback.
    """

    first: LostOptOut | None = None
    opt_outs: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    delayed: int = 0
    executions: int = 0
    link_executions: int = 0
    one_clicks: int = 0
    waiting: int = 0


class CampaignRun:
    """One run."""

    def __init__(
        self,
        limits: StackLimits,
        quotas: AwsQuotas,
        campaign: Campaign,
        times: RunTimes,
        seed: int,
        *,
        importing: bool,
    ) -> None:
        self._limits, self._quotas, self._campaign, self._times = limits, quotas, campaign, times
        self._importing = importing
        self._random = np.random.Generator(np.random.PCG64(seed))
        self._env = simpy.Environment()
        self._account = Account(limits, quotas, times, campaign.left)
        self._arrivals: list[Invocations] = []
        self._sent = self._unscanned = self._undecided = self._held_by_gmail = 0
        self._messages = self._changes = self._events = 0
        self._result = CampaignResult()
        for process in (self._send, self._scan, self._press, self._gmail, self._work_on_queues, self._settle):
            self._env.process(self._each_second(process))

    def run(self) -> CampaignResult:
        """Runs until everything is sent and has settled, or until a minute after the first refusal."""
        while self._env.now < self._end():
            self._env.step()
        return self._result

    def _end(self) -> float:
        first = self._result.first
        if first is not None:
            return first.at + AFTERWARDS
        return self._campaign.mails / self._campaign.mails_per_second + SETTLING

    def _each_second(self, step: Callable[[int], None]) -> Generator[simpy.Event, None, None]:
        while True:
            step(int(self._env.now))
            yield self._env.timeout(1)

    def _arrive(
        self,
        kind: str,
        function: str,
        count: int,
        seconds: float,
        route: str | None = None,
        writes: int = 0,
    ) -> None:
        """Lets invocations arrive at any time of this second."""
        if count:
            times = self._env.now + self._random.random(count)
            self._arrivals.append(Invocations(kind, function, times, seconds, route, writes))

    def _some_of(self, count: int, share: float) -> int:
        return int(self._random.binomial(count, share))

    def _send(self, _: int) -> None:
        """The sender asks about each batch, makes its links, and sends it. Some mails come back."""
        campaign = self._campaign
        mails = min(campaign.mails_per_second, campaign.mails - self._sent)
        self._sent += mails
        self._unscanned += self._some_of(mails, campaign.scanned)
        self._undecided += self._some_of(mails, campaign.opted_out)
        self._messages += self._some_of(mails, campaign.bounced + campaign.complained)
        calls = int(self._random.poisson(mails / campaign.batch))
        for route in ("POST /v1/check", "POST /v1/links"):
            self._arrive(SENDER, "PlatformFunction", calls, self._times.call, route)

    def _scan(self, _: int) -> None:
        links = self._some_of(self._unscanned, 1 - math.exp(-1 / self._campaign.scan_delay))
        self._unscanned -= links
        for route in ("HEAD /u/{token}", "GET /u/{token}"):
            self._arrive(SCAN, LINKS, links, self._times.link, route)

    def _press(self, _: int) -> None:
        """People opt out: by one click of their mail client, which Gmail collects, or by the page."""
        people = self._some_of(self._undecided, 1 - math.exp(-1 / self._campaign.press_delay))
        self._undecided -= people
        one_clicks = self._some_of(people, self._campaign.one_click)
        at_gmail = self._some_of(one_clicks, self._campaign.gmail)
        self._held_by_gmail += at_gmail
        self._arrive(SHOW, LINKS, people - one_clicks, self._times.link, "GET /u/{token}")
        self._opt_out(people - at_gmail)

    def _gmail(self, second: int) -> None:
        if second == SURGE_AT:
            self._opt_out(self._campaign.surge)
        if second % self._campaign.gmail_pause == self._campaign.gmail_pause - 1:
            self._opt_out(self._held_by_gmail)
            self._held_by_gmail = 0

    def _opt_out(self, people: int) -> None:
        self._arrive(OPT_OUT, LINKS, people, self._times.link, "POST /u/{token}", self._times.writes)

    def _work_on_queues(self, _: int) -> None:
        """Lambda reads the queues, and the stream of the table."""
        readers, times = self._limits.readers, self._times
        self._result.waiting = max(self._result.waiting, self._messages)
        for kind, function, waiting, seconds, writes in (
            (FEEDBACK, "FeedbackFunction", self._messages, times.feedback, times.writes),
            (NUMBERS, "NumbersFunction", self._events, times.numbers, 0),
        ):
            reader = readers[function]
            most = reader.concurrency / seconds
            count = min(math.ceil(waiting / reader.batch), int(most + self._random.random()))
            self._arrive(kind, function, count, seconds, writes=writes * reader.batch)
        lanes = self._limits.ledger_lanes * self._quotas.shards
        batches = min(lanes, self._changes)  # it waits up to a second for a batch
        if batches:
            each = min(math.ceil(self._changes / batches), self._limits.ledger_batch)
            self._arrive(LEDGER, "LedgerFunction", batches, times.ledger * each)

    def _settle(self, start: int) -> None:
        """The account admits or refuses what arrived in this second."""
        held, rows = (self._limits.bulk_concurrency, self._limits.bulk_rate) if self._importing else (0, 0)
        groups, self._arrivals = self._arrivals, []
        second = self._account.run_second(start, groups, held, rows * self._times.import_writes)
        self._advance_queues(groups, second, rows)
        self._note(groups, second)

    def _advance_queues(self, groups: list[Invocations], second: Second, rows: int) -> None:
        """What was refused to a queue or a stream stays there, and comes again."""
        feedback = self._limits.readers["FeedbackFunction"].batch * second.admitted[FEEDBACK]
        numbers = self._limits.readers["NumbersFunction"].batch * second.admitted[NUMBERS]
        recorded, self._messages = min(feedback, self._messages), max(0, self._messages - feedback)
        self._events = max(0, self._events - numbers)
        for group in groups:
            if group.kind == LEDGER:
                each = round(group.seconds / self._times.ledger)
                entered = min(self._changes, each * second.admitted[LEDGER])
                self._changes -= entered
        self._changes += recorded + second.admitted[OPT_OUT] + rows
        self._events += recorded + second.admitted[OPT_OUT]

    def _note(self, groups: list[Invocations], second: Second) -> None:
        result = self._result
        one_clicks = sum(len(group.times) for group in groups if group.kind == OPT_OUT)
        result.opt_outs += one_clicks
        result.one_clicks = max(result.one_clicks, one_clicks)
        result.executions = max(result.executions, second.executions)
        result.link_executions = max(result.link_executions, second.link_executions)
        result.delayed += second.delayed[OPT_OUT]
        for (kind, by), count in second.refused.items():
            if kind in OF_PEOPLE:
                result.refused[by] += count
        lost = [(at, by) for (kind, by), at in second.first_refused.items() if kind in OF_PEOPLE]
        if lost and result.first is None:
            result.first = LostOptOut(*min(lost), self._sent)


def run_campaign(
    limits: StackLimits,
    quotas: AwsQuotas,
    campaign: Campaign | None = None,
    seed: int = 1,
    *,
    importing: bool = True,
) -> CampaignResult:
    """Runs a campaign, with an import beside it if `importing`.

    Args:
        limits: of the stack.
        quotas: of the account.
        campaign: None means the one of assumptions.py.
        seed: decides everything that is drawn.
        importing: whether an import runs during all of it.
    """
    return CampaignRun(limits, quotas, campaign or Campaign(), RunTimes(), seed, importing=importing).run()
