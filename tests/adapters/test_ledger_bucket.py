"""The bucket of leaf hashes and seals. Each object is created once and read by its first version.

Alterations of objects are reported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

import pytest

from heed.adapters import s3
from heed.adapters.s3 import LedgerBucket
from heed.adapters.sqlite_sort import SqliteSorter
from heed.domain.errors import StoreUnavailable, UnreadableRecord
from heed.domain.ledger.seal import make_seal
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import DAY_MS
from heed.use_cases.ledger.export import export_ledger
from heed.use_cases.ledger.prove import prove_entry
from heed.use_cases.ledger.seal_days import seal_days
from heed.use_cases.ledger.verify import verify_ledger
from heed.use_cases.ports.ledger import Alteration, AlteredObject
from tests.support.deployment import client, deployed, parts
from tests.support.ledgers import START, MemoryLedger, entry

FIRST = START // DAY_MS
DATE = "2024-10-04"
NOW = Millis(START + 3 * DAY_MS)
LEAVES = [bytes([n]) * 32 for n in range(3)]


@pytest.fixture(params=["versioned", "plain"])
def bucket(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[str]:
    """The bucket as in production, with versions, and as in a trial, without versions."""
    with deployed(monkeypatch):
        if request.param == "versioned":
            client("s3").put_bucket_versioning(Bucket="ledger", VersioningConfiguration={"Status": "Enabled"})
        yield request.param


@pytest.fixture
def seals(bucket: str) -> LedgerBucket:
    return parts().ledger_seals


def put(key: str, content: bytes) -> None:
    """Writes an object directly, as an insider does."""
    parts().client("s3").put_object(Bucket="ledger", Key=key, Body=content)


@contextmanager
def hooked(event: str, hook: Callable[..., Any]) -> Iterator[None]:
    """Registers a hook for an event of the client, which several tests share, while the block runs."""
    events = parts().client("s3").meta.events
    events.register_first(event, hook, unique_id=event)
    try:
        yield
    finally:
        events.unregister(event, unique_id=event)


def small_pages(params: dict[str, Any], **_: Any) -> None:
    params["MaxKeys"] = 2


LISTED = "before-parameter-build.s3.ListObjectVersions"


def test_hashes_leaves_and_seals_are_read_as_they_were_stored(seals: LedgerBucket) -> None:
    seals.add_leaves(FIRST, LEAVES)
    seals.add_leaves(FIRST, reversed(LEAVES))
    seal = make_seal(FIRST, "", LEAVES)
    assert seals.freeze_leaves(FIRST, LEAVES) == LEAVES
    seals.add_seal(seal)
    seals.add_seal(seal)

    assert seals.stored_leaves(FIRST) == (set(LEAVES), [])
    assert seals.stored_leaves(FIRST + 1) == (set(), [])
    assert (seals.seals(), list(seals.sealed_leaves(FIRST))) == ([seal], LEAVES)
    assert (seals.first_day(), seals.altered_objects()) == (FIRST, [])


def test_each_write_requires_that_the_key_is_free(seals: LedgerBucket) -> None:
    requests: list[Any] = []
    with hooked("before-parameter-build.s3.PutObject", lambda params, **_: requests.append(params)):
        seals.add_leaves(FIRST, LEAVES)
        seals.freeze_leaves(FIRST, LEAVES)
        seals.add_seal(make_seal(FIRST, "", LEAVES))
    assert [request["IfNoneMatch"] for request in requests] == ["*"] * 3
    assert [request["ChecksumAlgorithm"] for request in requests] == ["SHA256"] * 3


def test_leaves_of_a_crashed_attempt_are_sealed_and_the_rest_is_sealed_later(
    seals: LedgerBucket,
) -> None:
    seals.add_leaves(FIRST, LEAVES[:2])
    assert seals.freeze_leaves(FIRST, LEAVES[:2]) == LEAVES[:2]  # then the function was killed
    seals.add_leaves(FIRST, LEAVES[2:])

    first, second = seal_days(seals, FIRST + 2)

    assert (first.count, second.count) == (2, 1)
    assert [*seals.sealed_leaves(FIRST), *seals.sealed_leaves(FIRST + 1)] == LEAVES
    assert seal_days(seals, FIRST + 2) == []


def test_a_second_seal_of_a_day_is_rejected(seals: LedgerBucket) -> None:
    seals.freeze_leaves(FIRST, LEAVES)
    seals.add_seal(make_seal(FIRST, "", LEAVES))
    with pytest.raises(UnreadableRecord):
        seals.add_seal(make_seal(FIRST, "", LEAVES[:1]))


def test_a_conflicting_write_is_unavailable(seals: LedgerBucket) -> None:
    def conflict(**_: Any) -> Any:
        content = b"<Error><Code>ConditionalRequestConflict</Code></Error>"
        return SimpleNamespace(status_code=409, headers={}, content=content)

    with hooked("before-send.s3.PutObject", conflict), pytest.raises(StoreUnavailable):
        seals.add_leaves(FIRST, LEAVES)
    seals.add_leaves(FIRST, LEAVES)


@pytest.mark.threat(
    "W8",
    "Somebody writes a second version of a seal. Object Lock does not prevent that.",
    "The bucket denies it. Readers use the first version, and `heed ledger verify` reports the second.",
)
@pytest.mark.parametrize("bucket", ["versioned"], indirect=True)
@pytest.mark.parametrize("name", [f"seals/{DATE}.json", f"leaves/{DATE}"])
@pytest.mark.parametrize("damage", ["second version", "delete marker and version", "delete marker"])
def test_a_second_version_of_a_sealed_object_is_ignored_and_reported(
    seals: LedgerBucket, name: str, damage: str
) -> None:
    ledger, ledger_entry = MemoryLedger(), entry(1, 1)
    ledger.enter(ledger_entry, "{}")
    seals.add_leaves(FIRST, [ledger_entry.leaf])
    (seal,) = seal_days(seals, FIRST + 1)
    assert verify_ledger(export_ledger(ledger, seals, NOW), SqliteSorter).fault is None
    if damage != "second version":
        client("s3").delete_object(Bucket="ledger", Key=name)
    if damage != "delete marker":
        put(name, b'{"forged":true}' * 32)

    how = Alteration.REWRITTEN if damage == "second version" else Alteration.DELETED
    assert seals.altered_objects() == [AlteredObject(name, how)]
    assert (seals.seals(), list(seals.sealed_leaves(FIRST))) == ([seal], [ledger_entry.leaf])
    report = verify_ledger(export_ledger(ledger, seals, NOW), SqliteSorter)
    assert (report.roots, report.entries) == ({FIRST: seal.root}, 1)
    assert str(report.fault).startswith(f"{name}: ")
    assert [seal.day for seal in seal_days(seals, FIRST + 2)] == [FIRST + 1], "sealing continues"


@pytest.mark.parametrize("bucket", ["versioned"], indirect=True)
def test_versions_are_found_across_several_pages(seals: LedgerBucket) -> None:
    for day in range(FIRST, FIRST + 4):
        seals.freeze_leaves(day, LEAVES)
    for _ in range(5):
        put(f"leaves/{DATE}", b"junk")
    with hooked(LISTED, small_pages):
        assert seals.altered_objects() == [AlteredObject(f"leaves/{DATE}", Alteration.REWRITTEN)]
        assert list(seals.sealed_leaves(FIRST)) == LEAVES


def test_a_version_that_is_listed_on_two_pages_counts_once(seals: LedgerBucket) -> None:
    for day in range(FIRST, FIRST + 4):
        seals.freeze_leaves(day, LEAVES)
    last: list[Any] = []
    repeated: list[Any] = []

    def repeat_last_version(parsed: dict[str, Any], **_: Any) -> None:
        if parsed["KeyMarker"]:
            repeated.extend(last)
            parsed["Versions"] = [*last, *parsed["Versions"]]
        last[:] = parsed.get("Versions", [])[-1:]

    with hooked(LISTED, small_pages), hooked("after-call.s3.ListObjectVersions", repeat_last_version):
        assert seals.altered_objects() == []
    assert repeated


@pytest.mark.threat(
    "W9",
    "Somebody stores hashes under a name that is not the hash of their content.",
    "Readers compare the content with the name and ignore the object. Verify and an alarm report it.",
)
@pytest.mark.parametrize("content", [b"", b"x", b"x" * 32, b"x" * 33])
def test_hashes_under_a_wrong_name_are_ignored_and_reported(seals: LedgerBucket, content: bytes) -> None:
    ledger, ledger_entry = MemoryLedger(), entry(1, 1)
    ledger.enter(ledger_entry, "{}")
    seals.add_leaves(FIRST, [ledger_entry.leaf])
    name = f"hashes/{DATE}/{sha256(b'another').hexdigest()}"
    put(name, content)

    assert seals.stored_leaves(FIRST) == ({ledger_entry.leaf}, [AlteredObject(name, Alteration.MISNAMED)])
    assert str(verify_ledger(export_ledger(ledger, seals, NOW), SqliteSorter).fault).startswith(f"{name}: ")
    with pytest.raises(UnreadableRecord):
        seal_days(seals, FIRST + 2)
    assert [seal.count for seal in seals.seals()] == [1, 0], "the other entries are sealed"
    assert list(seals.sealed_leaves(FIRST)) == [ledger_entry.leaf]


@pytest.mark.parametrize("bucket", ["versioned"], indirect=True)
def test_overwritten_hashes_are_sealed_by_their_first_version(
    seals: LedgerBucket,
) -> None:
    seals.add_leaves(FIRST, LEAVES)
    name = f"hashes/{DATE}/{sha256(b''.join(LEAVES)).hexdigest()}"
    put(name, b"y" * 32)
    assert seals.stored_leaves(FIRST) == (set(LEAVES), [AlteredObject(name, Alteration.REWRITTEN)])


@pytest.mark.parametrize("content", [b"", b"{}", b"[" * 100_000, b'{"day":1}', b"\xff", b"NaN", b"9" * 5_000])
def test_a_malformed_seal_is_unreadable(seals: LedgerBucket, content: bytes) -> None:
    put(f"seals/{DATE}.json", content)
    with pytest.raises(UnreadableRecord):
        seals.seals()


def test_a_seal_under_the_key_of_another_day_is_unreadable(seals: LedgerBucket) -> None:
    seals.freeze_leaves(FIRST, LEAVES)
    seals.add_seal(make_seal(FIRST, "", LEAVES))
    content = parts().client("s3").get_object(Bucket="ledger", Key=f"seals/{DATE}.json")["Body"].read()
    put("seals/2030-01-01.json", content)
    with pytest.raises(UnreadableRecord):
        seals.seals()


def test_missing_leaves_are_unreadable_and_not_empty(seals: LedgerBucket) -> None:
    with pytest.raises(UnreadableRecord):
        list(seals.sealed_leaves(FIRST))


@pytest.mark.threat(
    "W9",
    "Somebody stores other objects beside the hashes, the leaves or the seals, to stop sealing.",
    "Objects whose name or length Heed never uses are ignored and reported. Sealing and verify continue.",
)
@pytest.mark.parametrize(
    "name",
    [
        f"hashes/{DATE}/{sha256(b'x').hexdigest()}",
        "seals/readme.txt",
        "seals/2024-10-04.json.bak",
        "seals/2024-13-04.json",
        f"seals/{DATE}T00:00:00Z.json",
        "seals/",
        "leaves/readme.txt",
        "leaves/2024-10-05/x",
    ],
)
def test_other_objects_beside_sealed_ones_are_ignored_and_reported(seals: LedgerBucket, name: str) -> None:
    ledger, ledger_entry = MemoryLedger(), entry(1, 1)
    ledger.enter(ledger_entry, "{}")
    seals.add_leaves(FIRST, [ledger_entry.leaf])
    put(name, b"x")

    with suppress(UnreadableRecord):  # after the last day, and only for hashes
        seal_days(seals, FIRST + 2)

    assert [seal.count for seal in seals.seals()] == [1, 0]
    assert prove_entry(export_ledger(ledger, seals, NOW), ledger_entry.id)["sealed"]
    report = verify_ledger(export_ledger(ledger, seals, NOW), SqliteSorter)
    assert (report.entries, len(report.roots)) == (1, 2)
    assert report.fault == f"{name}: no name or no length that Heed writes; it was left out"


@pytest.mark.parametrize("junk", ["0001-01-01", "2024", "2024-10-03T00:00:00Z", "a", ""])
def test_the_first_day_ignores_invalid_keys(seals: LedgerBucket, junk: str) -> None:
    put(f"hashes/{junk}/{sha256(b'').hexdigest()}", b"")
    put("hashes/0", b"")
    assert seals.first_day() is None
    seals.add_leaves(FIRST, LEAVES)
    with hooked(LISTED, small_pages):
        assert seals.first_day() == FIRST


@pytest.mark.parametrize("content", [b"x", LEAVES[0] + b"x"])
def test_leaves_of_a_wrong_length_count_as_the_whole_hashes_in_them(
    seals: LedgerBucket, content: bytes
) -> None:
    seals.add_leaves(FIRST, LEAVES)
    put(f"leaves/{DATE}", content)

    first, second = seal_days(seals, FIRST + 2)

    assert (first.count, second.count) == (len(content) // 32, 3 - len(content) // 32)
    assert [*seals.sealed_leaves(FIRST), *seals.sealed_leaves(FIRST + 1)] == LEAVES
    assert seals.altered_objects() == [AlteredObject(f"leaves/{DATE}", Alteration.MALFORMED)]


def test_leaves_are_read_completely_from_chunks_of_any_size(
    seals: LedgerBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    seals.freeze_leaves(FIRST, LEAVES)
    monkeypatch.setattr(s3, "_CHUNK_SIZE", 7)
    assert list(seals.sealed_leaves(FIRST)) == LEAVES
