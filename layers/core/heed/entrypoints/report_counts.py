"""Counts reports of minors and erasures, and logs the reports that wait for an officer."""

from __future__ import annotations

from heed.domain.privacy.erasure import ErasureCause, ErasureRequest
from heed.entrypoints.observability import count_metric, logger
from heed.use_cases.privacy.erase import ReportResult


def count_report(result: ReportResult, report: ErasureRequest) -> None:
    """Counts a report. Without a purge in the result, an officer has to decide first."""
    count_metric("MinorReported" if report.cause is ErasureCause.MINOR else "ErasureAccepted")
    if not result.purge_id:
        count_metric("MinorReportWaiting")
        # The alarm's filters search for this text (template.yaml, MinorReportsWaitingFilter).
        logger.warning("report of a minor waits", key_id=report.key)
