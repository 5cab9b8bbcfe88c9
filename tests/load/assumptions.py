"""What the simulated campaign assumes: about people and machines, about AWS, and about the functions.

Each figure has its source. Where nobody has published a figure, it is an assumption on the bad side.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

_SES = (
    "SES may pause a sender there: https://docs.aws.amazon.com/ses/latest/dg/reputationdashboardmessages.html"
)
_API = "https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html"


def _assumed(value: float, meaning: str, source: str) -> Any:
    return field(default=value, metadata={"meaning": meaning, "source": source})


@dataclass(frozen=True)
class Campaign:
    """A campaign, and what it causes.

    The last two differ by row of the report: one-clicks that arrive within one second beside all others, and
    the executions that other functions of the account leave, of those that are not reserved.
    """

    mails: int = _assumed(10_000_000, "mails", "the size that this simulation is about")
    mails_per_second: int = _assumed(
        1_500, "mails per second", "assumed: the whole list within two hours. Ask SES for such a rate"
    )
    batch: int = _assumed(
        1_000, "addresses in each call of the sender, one to check and one for links", "openapi.yaml"
    )
    scanned: float = _assumed(
        0.3,
        "share of the mails whose link a scanner opens, by a HEAD and a GET",
        "assumed. More than half of all clicks in mails to consumers are a machine's: "
        "https://blog.omnivery.com/blog/nhi-is-getting-worse",
    )
    scan_delay: float = _assumed(
        60,
        "seconds until the scanner opens it, on average",
        "from milliseconds to 30 minutes: https://www.suped.com/knowledge/email-deliverability/technical/"
        "how-long-does-it-typically-take-for-anti-spam-bots-to-click-links-in-emails",
    )
    opted_out: float = _assumed(
        0.01,
        "share of the mails whose reader opts out",
        "what mail services call the most that a list should have. The average is 0.14 %: "
        "https://spotler.com/en-de/blog/four-unexpected-insights-from-the-gdma-email-benchmark-2024",
    )
    press_delay: float = _assumed(1_800, "seconds until the reader does, on average", "assumed")
    one_click: float = _assumed(0.7, "share of the opt-outs by one click; the others use the page", "assumed")
    gmail: float = _assumed(0.6, "share of Gmail in the one-clicks", "assumed")
    gmail_pause: int = _assumed(
        120,
        "seconds for which Gmail collects one-clicks, then sends all of them within one second",
        "assumed: no mail service publishes how it sends them",
    )
    bounced: float = _assumed(
        0.1,
        "share of the mails that bounce: a storm",
        _SES,
    )
    complained: float = _assumed(0.005, "share of the mails about which the reader complains", _SES)
    surge: int = 0
    left: int = 10_000


@dataclass(frozen=True)
class AwsQuotas:
    """What AWS lets an account do."""

    concurrency: int = _assumed(
        1_000,
        "concurrent executions. A new account may have 10",
        "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html",
    )
    unreserved: int = _assumed(
        100,
        "executions that must stay unreserved",
        "https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html",
    )
    invocations: int = _assumed(
        10,
        "invocations per second for each concurrent execution, of the account and of a reservation",
        "https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html",
    )
    new_environments: int = _assumed(
        1_000,
        "new environments of a function in 10 seconds",
        "https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html",
    )
    environment_seconds: int = _assumed(
        300,
        "seconds after which an idle environment is gone",
        "not published. It was 600 in a measurement: "
        "https://mikhail.io/2019/08/aws-lambda-cold-starts-after-10-minutes/",
    )
    api_rate: int = _assumed(
        10_000,
        "requests per second to API Gateway",
        _API,
    )
    api_burst: int = _assumed(5_000, "requests to API Gateway at once", _API)
    table_writes: int = _assumed(
        4_000,
        "write units per second of a table that never had more",
        "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html",
    )
    shards: int = _assumed(
        4, "shards of its stream", "one for each partition, which writes 1,000 units per second"
    )


@dataclass(frozen=True)
class RunTimes:
    """How long the functions run, and how much they write. Only a deployed function knows how long."""

    link: float = _assumed(0.05, "seconds of a request for a link", "assumed, as in test_template_api.py")
    cold: float = _assumed(
        1,
        "more seconds of the first request of an environment",
        "assumed: `make bench` at a third of a CPU",
    )
    call: float = _assumed(0.3, "seconds of a call of the sender", "assumed: twice bench_cost.py")
    feedback: float = _assumed(0.15, "seconds of ten messages of feedback", "assumed: twice bench_cost.py")
    ledger: float = _assumed(0.02, "seconds of a change into the ledger", "assumed: twice bench_cost.py")
    numbers: float = _assumed(0.6, "seconds of ten counted events", "assumed: twice bench_cost.py")
    writes: int = _assumed(2, "write units of an opt-out or a bounce", "`make bench`")
    import_writes: int = _assumed(4, "write units of a row of an import", "the parameter BulkRate")


def assumptions() -> list[tuple[str, str, str]]:
    """Returns each figure with its meaning and its source."""
    return [
        (f"{each.default:,}", each.metadata["meaning"], each.metadata["source"])
        for kind in (Campaign, AwsQuotas, RunTimes)
        for each in fields(kind)
        if each.metadata
    ]
