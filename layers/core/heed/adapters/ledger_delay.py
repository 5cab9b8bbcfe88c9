"""How far the ledger is behind, by the metric of its stream."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from heed.adapters.aws import failures_as, required_member
from heed.domain.errors import StoreUnavailable
from heed.domain.milliseconds import Millis

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

_RECENT = timedelta(minutes=5)


class LedgerDelay:
    """Reads the metric IteratorAge of the function that enters changes in the ledger.

    Args:
        client: CloudWatch client.
        function: Name of the function.
    """

    def __init__(self, client: CloudWatchClient, function: str) -> None:
        self._client = client
        self._function = function

    def __call__(self, now: Millis) -> float:
        """Returns the delay in milliseconds: the latest value; 0 if the stream had no record of late.

        Raises:
            StoreUnavailable: CloudWatch did not answer.
        """
        until = datetime.fromtimestamp(now / 1000, UTC)
        with failures_as(StoreUnavailable):
            statistics = self._client.get_metric_statistics(
                Namespace="AWS/Lambda",
                MetricName="IteratorAge",
                Dimensions=[{"Name": "FunctionName", "Value": self._function}],
                StartTime=until - _RECENT,
                EndTime=until,
                Period=60,
                Statistics=["Maximum"],
            )
        points = required_member(statistics, "Datapoints")
        latest = max(points, key=lambda point: point["Timestamp"], default=None)
        return 0 if latest is None else float(latest["Maximum"])
