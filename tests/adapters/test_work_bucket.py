"""The files of the work on jobs, on moto."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from heed.adapters.work_bucket import WorkBucket
from heed.domain.errors import DamagedFile, StoreUnavailable
from heed.domain.jobs.job import Upload, start_job
from heed.use_cases.ports.job_work import JobFile
from tests.support.deployment import NOW, client, deployed, parts
from tests.support.jobs import job_of

MEBIBYTE = 1 << 20


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> Iterator[WorkBucket]:
    with deployed(monkeypatch):
        yield parts().work_files


@pytest.mark.parametrize(
    "sizes", [[0], [1, 2], [3 * MEBIBYTE] * 4, [6 * MEBIBYTE, 1, 7 * MEBIBYTE, 5], [6 * MEBIBYTE]]
)
def test_files_of_any_sizes_are_joined_in_their_order(files: WorkBucket, sizes: list[int]) -> None:
    listed, content = store_parts(files, *sizes)
    assert [file.size for file in listed] == sizes
    assert files.join("job", listed, "results/all", "work/place", lambda: True) == sum(sizes)
    assert files.get("job", "results/all") == content


def store_parts(files: WorkBucket, *sizes: int) -> tuple[list[JobFile], bytes]:
    contents = [bytes([number]) * size for number, size in enumerate(sizes, 65)]
    for number, content in enumerate(contents):
        files.put("job", f"work/part-{number}", content)
    return list(files.list_files("job", "work/part-")), b"".join(contents)


def test_a_join_whose_time_is_over_goes_on_and_makes_the_same_file(files: WorkBucket) -> None:
    sources, content = store_parts(files, *[3 * MEBIBYTE] * 4, 6 * MEBIBYTE, 1)
    sizes = [files.join("job", sources, "results/all", "work/place", lambda: False) for _ in range(4)]
    assert sizes == [None, None, None, len(content)]
    assert files.get("job", "results/all") == content


def test_a_join_whose_multipart_upload_is_gone_begins_again(files: WorkBucket) -> None:
    sources, content = store_parts(files, 6 * MEBIBYTE)
    assert files.join("job", sources, "results/all", "work/place", lambda: False) is None
    gone = SimpleNamespace(status_code=404), {"Error": {"Code": "NoSuchUpload"}}  # moto has no such answer
    events = parts().client("s3").meta.events
    events.register("before-call.s3.CompleteMultipartUpload", answer := lambda **_: gone)
    with pytest.raises(StoreUnavailable):
        files.join("job", sources, "results/all", "work/place", lambda: True)
    events.unregister("before-call.s3.CompleteMultipartUpload", answer)
    assert files.join("job", sources, "results/all", "work/place", lambda: True) == len(content)
    assert files.get("job", "results/all") == content


def test_more_files_than_a_page_are_listed(files: WorkBucket) -> None:
    for number in range(1_001):
        files.put("job", f"work/{number:04d}", b"")
    assert [file.name for file in files.list_files("job", "work/")] == [f"work/{n:04d}" for n in range(1_001)]


def test_a_file_that_is_missing_is_none_and_cannot_be_joined(files: WorkBucket) -> None:
    assert files.get("job", "work/x") is None
    with pytest.raises(StoreUnavailable):
        files.join("job", [JobFile("work/x", 3)], "results/all", "work/place", lambda: True)


def test_an_upload_is_read_in_chunks_from_any_byte_on_and_only_in_its_version(files: WorkBucket) -> None:
    content = b"0123456789" * MEBIBYTE
    tag = client("s3").put_object(Bucket="bulk", Key=f"{job_of().id}/upload", Body=content)["ETag"]
    job = start_job(job_of(), Upload(tag, len(content)), NOW)
    chunks = list(files.read_upload(job, 3))
    assert len(chunks) == 2 and b"".join(chunks) == content[3:]
    client("s3").put_object(Bucket="bulk", Key=f"{job.id}/upload", Body=b"another")
    with pytest.raises(DamagedFile):
        list(files.read_upload(job))
