"""Who may see and change a job: the keys of its owner. An officer sees each job, but not its files."""

from __future__ import annotations

from heed.domain.api_key import ApiKey, KeyScope, normalise_owner
from heed.domain.jobs.job import Job, JobKind
from heed.domain.jobs.job_settings import ScrubJobSettings
from heed.domain.preferences.catalogue import Catalogue

SCOPE_OF_KIND = {
    JobKind.IMPORT: KeyScope.IMPORT,
    JobKind.SCRUB: KeyScope.CHECK,
    JobKind.SNAPSHOT: KeyScope.EXPORT,
}
"""The scope of a key that creates, sees and changes jobs of a kind."""


def can_use_job(job: Job, key: ApiKey, catalogue: Catalogue) -> bool:
    """Whether a key may see the job and its files, commit it and cancel it.

    Args:
        job: the job.
        key: the key.
        catalogue: the brands and topics that the key may use. A job about others is none of its owner's jobs.
    """
    needed = {SCOPE_OF_KIND[job.kind]}
    if isinstance(job.settings, ScrubJobSettings) and job.settings.links:
        needed.add(KeyScope.LINKS)  # the result file has a link of each person
    is_of_brands = all(map(catalogue.may_show, job.settings.scopes))
    return normalise_owner(key.owner) == job.created.owner and needed <= key.scopes and is_of_brands


def can_see_job(job: Job, key: ApiKey, catalogue: Catalogue) -> bool:
    """Whether a key may see the job, perhaps without its files (`can_use_job`)."""
    return can_use_job(job, key, catalogue) or KeyScope.PRIVACY in key.scopes
