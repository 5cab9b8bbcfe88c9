"""Jobs for tests."""

from __future__ import annotations

from heed.domain.jobs.job import Job, JobSignature, TakeBack, Upload, new_job
from heed.domain.jobs.job_report import JobCounts, JobReport, ResultFile, WordMeaning
from heed.domain.jobs.job_settings import ImportJobSettings, JobSettings
from heed.domain.milliseconds import Millis
from heed.domain.privacy.disclosure import DisclosurePurpose

CREATED = Millis(1_772_701_964_390)
UPLOAD = Upload('"0123456789abcdef"', 1_000)
MARKETING = JobSignature("0123456789abcdef", "marketing", CREATED)
PRIVACY = JobSignature("fedcba9876543210", "privacy", CREATED)
TAKE_BACK = TakeBack(PRIVACY.key, PRIVACY.owner, PRIVACY.at, "a wrong column")
SMALL_REPORT = JobReport(
    format="sendgrid-bounces",
    encoding="utf-8",
    done_rows=10,
    counts=JobCounts(applied=1, known=2, superseded=3, skipped=2, invalid=1, refused=1),
    skipped={"soft-bounce": 2},
    meanings={"Bounced": WordMeaning("undeliverable", 6)},
    files=(ResultFile("rejects.csv", 120),),
)
ON_RECORD = 1_000
"""The number of people on record at which the small report needs no second owner."""


def job_of(settings: JobSettings | None = None, number: int = 1, created: JobSignature = MARKETING) -> Job:
    """Returns a job that waits. Its id contains the number."""
    return new_job(
        f"{number:032x}", settings or ImportJobSettings("export of May"), DisclosurePurpose.SENDING, created
    )
