"""Reads a segment of the people, and stores the keys of those who are in a filter."""

from __future__ import annotations

import secrets
from array import array
from collections.abc import Mapping, Sequence

from heed.domain.errors import CatalogueChanged, InvalidRecipient, OutOfTime
from heed.domain.jobs.job import Job
from heed.domain.milliseconds import Millis
from heed.domain.preferences.catalogue import Catalogue, Topic
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import ALL_SCOPES, ScopeNumber
from heed.domain.recipients.recipient import snapshot_key
from heed.domain.snapshots.key_runs import encode_run
from heed.domain.snapshots.membership import filters_of, snapshot_topics
from heed.domain.snapshots.period import snapshot_period
from heed.use_cases.ports.job_work import HasTime, WorkFiles
from heed.use_cases.ports.preferences import UnreadableItem
from heed.use_cases.ports.snapshots import PeopleSegments
from heed.use_cases.snapshots.snapshot_files import (
    SEGMENT_COUNT,
    SegmentProgress,
    filter_numbers,
    find,
    segment_name,
    store,
)

_RUN_KEYS = 1_000_000  # in all filters; a page has a few thousand more. Sorting them takes 50 MB.


def read_segment(
    job: Job, segment: int, has_time: HasTime, people: PeopleSegments, files: WorkFiles, catalogue: Catalogue
) -> None:
    """Reads a segment to its end, or as far as the time allows.

    The progress names the runs that belong to it. A run of an attempt that was killed belongs to none.

    Args:
        job: the job.
        segment: the number of the segment.
        has_time: returns whether there is time for another page.
        people: the people on record.
        files: the files of the job.
        catalogue: the brands and topics.

    Raises:
        OutOfTime: The reading has to go on.
        CatalogueChanged: The segment was begun with other topics.
        StoreUnavailable: The reading has to be repeated.
    """
    numbers, topics, as_of = filter_numbers(catalogue), snapshot_topics(catalogue), snapshot_period(job).as_of
    progress = find(files, job.id, segment_name(segment), SegmentProgress) or SegmentProgress(numbers)
    if progress.topics != numbers:
        raise CatalogueChanged("the topics of the brand changed during the work; request another snapshot")
    while not progress.is_read:
        if not has_time():
            raise OutOfTime("the segment has more people")
        keys = {number: array("Q") for number in numbers.values()}
        while not progress.is_read and sum(map(len, keys.values())) < _RUN_KEYS and has_time():
            page = people.page(segment, SEGMENT_COUNT, progress.after)
            for recipient, record in page.people:
                _place(recipient, record, topics, as_of, keys, progress)
            progress.after, progress.is_read = page.last, page.last is None
        for name, number in numbers.items():
            if keys[number]:
                run = f"work/runs/{number}-{segment}-{secrets.token_hex(8)}"
                files.put(job.id, run, encode_run(keys[number]))
                progress.runs.setdefault(name, []).append(run)
        store(files, job.id, segment_name(segment), progress)


def _place(
    recipient: str,
    record: Record | UnreadableItem,
    topics: Sequence[Topic],
    as_of: Millis,
    keys: Mapping[ScopeNumber, array[int]],
    progress: SegmentProgress,
) -> None:
    """Adds the key of a person to their filters. A person whose record cannot be read is stopped."""
    try:
        key = snapshot_key(recipient)
    except InvalidRecipient:  # no sender has this id
        progress.unreadable += 1
        return
    if isinstance(record, UnreadableItem):
        progress.unreadable += 1
        filters: Sequence[ScopeNumber] = (ALL_SCOPES,)
    else:
        filters = filters_of(record, topics, as_of)
        progress.stopped += bool(filters)
        progress.others += not filters
    for number in filters:
        keys[number].append(key)
