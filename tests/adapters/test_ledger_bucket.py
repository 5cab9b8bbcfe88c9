"""The bucket of hashes and seals: written once, read by the first version, and what was altered is said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

import pytest

from heed.adapters import s3
from heed.adapters.external_sort import ExternalSorter
from heed.adapters.s3 import LedgerBucket
from heed.domain.errors import StoreUnavailable, UnreadableRecord
from heed.domain.ledger.seal import make_seal
from heed.domain.preferences.register import DAY_MS
from heed.use_cases.ledger.export import export_ledger
from heed.use_cases.ledger.prove import prove_entry
from heed.use_cases.ledger.seal_days import seal_days
from heed.use_cases.ledger.verify import verify_ledger
from heed.use_cases.ports.ledger import Alteration, AlteredObject
from tests.support.deployment import deployed, parts
from tests.support.ledgers import START, MemoryLedger, entry

FIRST = START // DAY_MS
DATE = "2024-10-04"
NOW = START + 3 * DAY_MS
LEAVES = [bytes([n]) * 32 for n in range(3)]


@pytest.fixture(params=["versioned", "plain"])
def bucket(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[str]:
    """As in production, and as in a trial, which has no versions."""
    with deployed(monkeypatch):
        if request.param == "versioned":
            parts().client("s3").put_bucket_versioning(
                Bucket="ledger", VersioningConfiguration={"Status": "Enabled"}
            )
        yield request.param


@pytest.fixture
def seals(bucket: str) -> LedgerBucket:
    return parts().ledger_seals


def put(key: str, content: bytes) -> None:
    """As an insider does."""
    parts().client("s3").put_object(Bucket="ledger", Key=key, Body=content)


@contextmanager
def hooked(event: str, hook: Callable[..., Any]) -> Iterator[None]:
    """While the block runs, the hook hears of an event of the client, which outlives a test."""
    events = parts().client("s3").meta.events
    events.register_first(event, hook, unique_id=event)
    try:
        yield
    finally:
        events.unregister(event, unique_id=event)


def small_pages(params: dict[str, Any], **_: Any) -> None:
    params["MaxKeys"] = 2


LISTED = "before-parameter-build.s3.ListObjectVersions"


def test_what_is_kept_is_read_again(seals: LedgerBucket) -> None:
    seals.add(FIRST, LEAVES)
    seals.add(FIRST, reversed(LEAVES))
    made = make_seal(FIRST, "", LEAVES)
    assert seals.gather(FIRST, LEAVES) == LEAVES
    seals.seal(made)
    seals.seal(made)

    assert seals.hashes(FIRST) == (set(LEAVES), [])
    assert seals.hashes(FIRST + 1) == (set(), [])
    assert (seals.seals(), list(seals.sealed(FIRST))) == ([made], LEAVES)
    assert (seals.first_day(), seals.altered()) == (FIRST, [])


def test_every_write_says_that_nothing_may_be_there(seals: LedgerBucket) -> None:
    said: list[Any] = []
    with hooked("before-parameter-build.s3.PutObject", lambda params, **_: said.append(params)):
        seals.add(FIRST, LEAVES)
        seals.gather(FIRST, LEAVES)
        seals.seal(make_seal(FIRST, "", LEAVES))
    assert [one["IfNoneMatch"] for one in said] == ["*"] * 3
    assert [one["ChecksumAlgorithm"] for one in said] == ["SHA256"] * 3


def test_leaves_that_an_attempt_kept_before_it_died_stand_and_the_rest_comes_later(
    seals: LedgerBucket,
) -> None:
    seals.add(FIRST, LEAVES[:2])
    assert seals.gather(FIRST, LEAVES[:2]) == LEAVES[:2]  # and then the function was killed
    seals.add(FIRST, LEAVES[2:])

    one, two = seal_days(seals, FIRST + 2)

    assert (one.count, two.count) == (2, 1)
    assert [*seals.sealed(FIRST), *seals.sealed(FIRST + 1)] == LEAVES
    assert seal_days(seals, FIRST + 2) == []


def test_another_seal_of_a_day_is_refused(seals: LedgerBucket) -> None:
    seals.gather(FIRST, LEAVES)
    seals.seal(make_seal(FIRST, "", LEAVES))
    with pytest.raises(UnreadableRecord):
        seals.seal(make_seal(FIRST, "", LEAVES[:1]))


def test_a_write_that_conflicts_with_another_is_not_known_to_be_done(seals: LedgerBucket) -> None:
    def conflict(**_: Any) -> Any:
        content = b"<Error><Code>ConditionalRequestConflict</Code></Error>"
        return SimpleNamespace(status_code=409, headers={}, content=content)

    with hooked("before-send.s3.PutObject", conflict), pytest.raises(StoreUnavailable):
        seals.add(FIRST, LEAVES)
    seals.add(FIRST, LEAVES)


@pytest.mark.threat(
    "W8",
    "A seal is written a second time under its name, which Object Lock does not prevent.",
    "The bucket denies it; readers keep to the first version, and `heed ledger verify` names the second.",
)
@pytest.mark.parametrize("bucket", ["versioned"], indirect=True)
@pytest.mark.parametrize("name", [f"seals/{DATE}.json", f"leaves/{DATE}"])
@pytest.mark.parametrize("way", ["over it", "behind a mark of deletion", "a mark alone"])
def test_a_second_version_of_what_is_sealed_is_not_read_and_is_named(
    seals: LedgerBucket, name: str, way: str
) -> None:
    ledger, one = MemoryLedger(), entry(1, 1)
    ledger.enter(one, "{}")
    seals.add(FIRST, [one.leaf])
    (made,) = seal_days(seals, FIRST + 1)
    assert verify_ledger(export_ledger(ledger, seals, NOW), ExternalSorter).fault is None
    if way != "over it":
        parts().client("s3").delete_object(Bucket="ledger", Key=name)
    if way != "a mark alone":
        put(name, b'{"forged":true}' * 32)

    how = Alteration.REWRITTEN if way == "over it" else Alteration.DELETED
    assert seals.altered() == [AlteredObject(name, how)]
    assert (seals.seals(), list(seals.sealed(FIRST))) == ([made], [one.leaf])
    verdict = verify_ledger(export_ledger(ledger, seals, NOW), ExternalSorter)
    assert (verdict.roots, verdict.entries) == ({FIRST: made.root}, 1)
    assert str(verdict.fault).startswith(f"{name}: ")
    assert [one.day for one in seal_days(seals, FIRST + 2)] == [FIRST + 1], "sealing goes on"


@pytest.mark.parametrize("bucket", ["versioned"], indirect=True)
def test_versions_are_found_however_many_there_are(seals: LedgerBucket) -> None:
    for day in range(FIRST, FIRST + 4):
        seals.gather(day, LEAVES)
    for _ in range(5):
        put(f"leaves/{DATE}", b"junk")
    with hooked(LISTED, small_pages):
        assert seals.altered() == [AlteredObject(f"leaves/{DATE}", Alteration.REWRITTEN)]
        assert list(seals.sealed(FIRST)) == LEAVES


def test_a_version_that_ends_a_page_and_begins_the_next_is_one(seals: LedgerBucket) -> None:
    for day in range(FIRST, FIRST + 4):
        seals.gather(day, LEAVES)
    last: list[Any] = []
    twice: list[Any] = []

    def again(parsed: dict[str, Any], **_: Any) -> None:
        if parsed["KeyMarker"]:
            twice.extend(last)
            parsed["Versions"] = [*last, *parsed["Versions"]]
        last[:] = parsed.get("Versions", [])[-1:]

    with hooked(LISTED, small_pages), hooked("after-call.s3.ListObjectVersions", again):
        assert seals.altered() == []
    assert twice


@pytest.mark.threat(
    "W9",
    "An object of hashes is put under a name that is not the hash of its content.",
    "Readers hold the content against the name and leave the object out; verify and an alarm name it.",
)
@pytest.mark.parametrize("content", [b"", b"x", b"x" * 32, b"x" * 33])
def test_an_object_of_hashes_that_is_not_what_its_name_says_is_left_out_and_named(
    seals: LedgerBucket, content: bytes
) -> None:
    ledger, one = MemoryLedger(), entry(1, 1)
    ledger.enter(one, "{}")
    seals.add(FIRST, [one.leaf])
    name = f"hashes/{DATE}/{sha256(b'another').hexdigest()}"
    put(name, content)

    assert seals.hashes(FIRST) == ({one.leaf}, [AlteredObject(name, Alteration.MISNAMED)])
    assert str(verify_ledger(export_ledger(ledger, seals, NOW), ExternalSorter).fault).startswith(f"{name}: ")
    with pytest.raises(UnreadableRecord):
        seal_days(seals, FIRST + 2)
    assert [made.count for made in seals.seals()] == [1, 0], "the others are sealed all the same"
    assert list(seals.sealed(FIRST)) == [one.leaf]


@pytest.mark.parametrize("bucket", ["versioned"], indirect=True)
def test_hashes_that_were_written_over_are_sealed_by_their_first_version(
    seals: LedgerBucket,
) -> None:
    seals.add(FIRST, LEAVES)
    name = f"hashes/{DATE}/{sha256(b''.join(LEAVES)).hexdigest()}"
    put(name, b"y" * 32)
    assert seals.hashes(FIRST) == (set(LEAVES), [AlteredObject(name, Alteration.REWRITTEN)])


@pytest.mark.parametrize("content", [b"", b"{}", b"[" * 100_000, b'{"day":1}', b"\xff", b"NaN", b"9" * 5_000])
def test_a_seal_that_nobody_can_read_is_said_to_be_so(seals: LedgerBucket, content: bytes) -> None:
    put(f"seals/{DATE}.json", content)
    with pytest.raises(UnreadableRecord):
        seals.seals()


def test_a_seal_under_the_name_of_another_day_is_none(seals: LedgerBucket) -> None:
    seals.gather(FIRST, LEAVES)
    seals.seal(make_seal(FIRST, "", LEAVES))
    content = parts().client("s3").get_object(Bucket="ledger", Key=f"seals/{DATE}.json")["Body"].read()
    put("seals/2030-01-01.json", content)
    with pytest.raises(UnreadableRecord):
        seals.seals()


def test_leaves_that_are_not_there_are_not_taken_for_none(seals: LedgerBucket) -> None:
    with pytest.raises(UnreadableRecord):
        list(seals.sealed(FIRST))


@pytest.mark.threat(
    "W9",
    "Junk is put beside the hashes, the leaves or the seals, so that sealing stops for good.",
    "What has no name or no length of Heed's is passed over and named; sealing and verify go on.",
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
def test_junk_beside_what_is_sealed_stops_nothing_and_is_named(seals: LedgerBucket, name: str) -> None:
    ledger, one = MemoryLedger(), entry(1, 1)
    ledger.enter(one, "{}")
    seals.add(FIRST, [one.leaf])
    put(name, b"x")

    with suppress(UnreadableRecord):  # said behind the last day, of hashes alone
        seal_days(seals, FIRST + 2)

    assert [made.count for made in seals.seals()] == [1, 0]
    assert prove_entry(export_ledger(ledger, seals, NOW), one.id)["sealed"]
    verdict = verify_ledger(export_ledger(ledger, seals, NOW), ExternalSorter)
    assert (verdict.entries, len(verdict.roots)) == (1, 2)
    assert verdict.fault == f"{name}: no name or no length that Heed writes; it was left out"


@pytest.mark.parametrize("junk", ["0001-01-01", "2024", "2024-10-03T00:00:00Z", "a", ""])
def test_the_first_day_is_that_of_the_first_name_of_our_form(seals: LedgerBucket, junk: str) -> None:
    put(f"hashes/{junk}/{sha256(b'').hexdigest()}", b"")
    put("hashes/0", b"")
    assert seals.first_day() is None
    seals.add(FIRST, LEAVES)
    with hooked(LISTED, small_pages):
        assert seals.first_day() == FIRST


@pytest.mark.parametrize("content", [b"x", LEAVES[0] + b"x"])
def test_leaves_of_a_wrong_length_laid_out_beforehand_stand_for_the_whole_hashes_in_them(
    seals: LedgerBucket, content: bytes
) -> None:
    seals.add(FIRST, LEAVES)
    put(f"leaves/{DATE}", content)

    one, two = seal_days(seals, FIRST + 2)

    assert (one.count, two.count) == (len(content) // 32, 3 - len(content) // 32)
    assert [*seals.sealed(FIRST), *seals.sealed(FIRST + 1)] == LEAVES
    assert seals.altered() == [AlteredObject(f"leaves/{DATE}", Alteration.MALFORMED)]


def test_leaves_are_read_whole_however_the_network_cuts_them(
    seals: LedgerBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    seals.gather(FIRST, LEAVES)
    monkeypatch.setattr(s3, "_CHUNK_SIZE", 7)
    assert list(seals.sealed(FIRST)) == LEAVES
