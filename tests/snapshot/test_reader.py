"""`heed.Snapshot`, on files in a folder."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

import heed
from heed.domain.errors import InvalidRecipient, InvalidSnapshot
from heed.domain.recipients.recipient import recipient_from_bytes
from heed.domain.snapshots.file_format import SnapshotManifest, snapshot_head, split_snapshot
from heed.snapshot.reader import Snapshot
from tests.support.full import examples
from tests.support.snapshots import JWKS, make_parts, make_snapshot, sign

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
SOON = AS_OF + timedelta(hours=1)
HOUR = timedelta(hours=1)


def person(number: int) -> str:
    """Returns a recipient id. Its key has the number in the leading bits."""
    return recipient_from_bytes(number.to_bytes(2, "big") + bytes(14))


def key(number: int) -> int:
    return number << 48


FILTERS = {
    "*": (0, map(key, range(0, 40_000, 100))),
    "offers": (2, map(key, range(1, 40_000, 100))),
    "aurora/offers": (11, list[int]()),
}
FILE = make_snapshot({name: (number, list(keys)) for name, (number, keys) in FILTERS.items()}, shard_bits=2)


@pytest.fixture(autouse=True)
def _soon() -> Iterator[None]:
    with time_machine.travel(SOON, tick=False):
        yield


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "today.snapshot"
    file.write_bytes(FILE)
    return file


def test_a_snapshot_answers_for_each_person_and_topic(path: Path) -> None:
    snapshot = heed.Snapshot.open(path, JWKS)
    assert snapshot.may_send(person(100), "offers") == "no", "stopped for everything"
    assert snapshot.may_send(person(101), "offers") == "no", "stopped for this topic"
    assert snapshot.may_send(person(101), "aurora/offers") == "yes", "stopped for another topic"
    assert snapshot.may_send(person(102), "offers") == "yes"


def test_a_topic_without_a_filter_is_for_the_check(path: Path) -> None:
    snapshot = Snapshot.open(path, JWKS)
    for topic in ("service", "*", "", "offers "):
        assert snapshot.may_send(person(100), topic) == snapshot.may_send(person(102), topic) == "ask"


def test_other_ids_are_refused(path: Path) -> None:
    with pytest.raises(InvalidRecipient):
        Snapshot.open(path, JWKS).may_send("someone", "offers")


def test_a_batch_has_the_answers_of_one_by_one(path: Path) -> None:
    snapshot = Snapshot.open(path, JWKS)
    numbers = range(0, 40_000, 9)
    keys = np.array([key(number) for number in numbers], np.uint64)
    for topic in ("offers", "aurora/offers", "service"):
        expected = [snapshot.may_send(person(number), topic) == "yes" for number in numbers]
        assert snapshot.may_send_each(keys, topic).tolist() == expected
    assert snapshot.may_send_each(keys[:0], "offers").tolist() == []


def test_a_batch_reads_shards_of_different_sizes() -> None:
    stopped = [key(number) for number in (*range(5_000), 20_000, *range(33_000, 33_100))]
    snapshot = Snapshot(memoryview(make_snapshot({"*": (0, stopped), "news": (3, [])}, shard_bits=2)), JWKS)
    numbers = range(0, 65_536, 7)
    keys = np.array([key(number) for number in numbers], np.uint64)
    expected = [snapshot.may_send(person(number), "news") == "yes" for number in numbers]
    assert snapshot.may_send_each(keys, "news").tolist() == expected


def test_one_by_one_needs_no_numpy(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numpy", None)
    assert Snapshot.open(path, JWKS).may_send(person(102), "offers") == "yes"


def test_no_batch_of_random_keys_permits_a_stopped_person() -> None:
    random = np.random.default_rng(1)
    stopped = random.integers(0, 1 << 64, 50_000, np.uint64)
    data = make_snapshot({"*": (0, stopped[::2].tolist()), "news": (3, stopped[1::2].tolist())}, shard_bits=3)
    snapshot = Snapshot(memoryview(data), JWKS)
    assert not snapshot.may_send_each(stopped, "news").any()
    others = random.integers(0, 1 << 64, 50_000, np.uint64)
    assert snapshot.may_send_each(others, "news").sum() > 49_950


def test_a_yes_becomes_ask_when_the_snapshot_is_too_old(path: Path) -> None:
    usual, patient = Snapshot.open(path, JWKS), Snapshot.open(path, JWKS, max_age=timedelta(days=30))
    keys = np.array([key(102)], np.uint64)
    for age, answers in (
        (timedelta(days=1) - timedelta(milliseconds=1), ("yes", "yes")),
        (timedelta(days=1), ("ask", "yes")),
        (timedelta(days=7) - timedelta(milliseconds=1), ("ask", "yes")),
        (timedelta(days=7), ("ask", "ask")),
    ):
        with time_machine.travel(AS_OF + age, tick=False):
            opened = (usual, patient)
            assert tuple(snapshot.may_send(person(102), "offers") for snapshot in opened) == answers
            each = [snapshot.may_send_each(keys, "offers").all() for snapshot in opened]
            assert each == [answer == "yes" for answer in answers]
            assert usual.may_send(person(100), "offers") == "no"


@pytest.mark.threat(
    "T37",
    "Somebody puts back an old snapshot, so that people who left since get mail.",
    "A snapshot expires. After `max_age` it permits nothing. The reader refuses what is before `not_before`.",
)
def test_an_old_snapshot_is_refused(path: Path) -> None:
    Snapshot.open(path, JWKS, not_before=AS_OF)
    with pytest.raises(InvalidSnapshot, match="older than allowed"):
        Snapshot.open(path, JWKS, not_before=AS_OF + timedelta(milliseconds=1))
    with (
        time_machine.travel(AS_OF + timedelta(days=7), tick=False),
        pytest.raises(InvalidSnapshot, match="expired"),
    ):
        Snapshot.open(path, JWKS)


def test_a_clock_that_is_behind_makes_no_snapshot_valid(path: Path) -> None:
    with (
        time_machine.travel(AS_OF - timedelta(milliseconds=1), tick=False),
        pytest.raises(InvalidSnapshot, match="clock"),
    ):
        Snapshot.open(path, JWKS)


def _page(*numbers: int, end: bool) -> dict[str, Any]:
    return {"suppressions": [{"recipient": person(n)} for n in numbers], "cursor": "", "end": end}


def test_the_feed_brings_a_snapshot_forward(path: Path) -> None:
    snapshot = Snapshot.open(path, JWKS)
    with time_machine.travel(AS_OF + timedelta(days=2), tick=False):
        snapshot.follow([_page(102, end=False), _page(100, end=True)], datetime.now(UTC) - HOUR)
        answers = {number: snapshot.may_send(person(number), "offers") for number in (100, 101, 102, 103)}
        keys = np.array([key(number) for number in answers], np.uint64)
        each = snapshot.may_send_each(keys, "offers").tolist()

    assert answers == {100: "ask", 101: "no", 102: "ask", 103: "yes"}
    assert each == [False, False, False, True]


def test_a_feed_that_did_not_end_only_adds_its_changes(path: Path) -> None:
    snapshot = Snapshot.open(path, JWKS)
    snapshot.follow([_page(102, end=False)], SOON)
    assert snapshot.may_send(person(102), "offers") == "ask"
    with time_machine.travel(AS_OF + timedelta(days=1), tick=False):
        assert snapshot.may_send(person(103), "offers") == "ask"


def test_a_late_pass_of_the_feed_makes_a_snapshot_no_older(path: Path) -> None:
    snapshot = Snapshot.open(path, JWKS)
    snapshot.follow([_page(end=True)], AS_OF - timedelta(days=1))
    assert snapshot.may_send(person(103), "offers") == "yes"


def _resigned(change: Callable[[dict[str, Any]], object]) -> bytes:
    """Returns the file with another manifest, and the signature of a key that is not in the JWKS."""
    parts = split_snapshot(memoryview(FILE))
    document = json.loads(parts.manifest)
    change(document)
    text = json.dumps(document).encode()
    return snapshot_head(text, sign(text, ec.generate_private_key(ec.SECP256R1()))) + bytes(parts.shards)


def test_a_snapshot_of_another_key_is_refused(path: Path) -> None:
    path.write_bytes(_resigned(lambda manifest: manifest.update(expires_at="2027-01-01T00:00:00Z")))
    with pytest.raises(InvalidSnapshot, match="signature"):
        Snapshot.open(path, JWKS)


def test_a_jwks_with_no_point_of_the_curve_is_refused(path: Path) -> None:
    jwks = {"keys": [{**JWKS["keys"][0], "x": "AQ"}]}
    with pytest.raises(InvalidSnapshot, match="signature"):
        Snapshot.open(path, jwks)


def test_a_file_with_more_or_less_than_its_manifest_names_is_refused(path: Path) -> None:
    for data in (b"", FILE[:-1], FILE[:-8], FILE + b"\0", FILE + bytes(8)):
        path.write_bytes(data)
        with pytest.raises(InvalidSnapshot):
            Snapshot.open(path, JWKS)


def test_a_signed_manifest_of_a_cut_file_is_refused() -> None:
    manifest, shards = make_parts({"*": (0, [1])})
    text = manifest.to_json()
    whole = snapshot_head(text, sign(text)) + shards
    assert SnapshotManifest.from_json(text) == manifest
    with pytest.raises(InvalidSnapshot, match="cut"):
        Snapshot(memoryview(whole)[:-8], JWKS)


def test_a_shard_is_verified_before_its_first_use(path: Path) -> None:
    path.write_bytes(FILE[:-100] + bytes(100))
    snapshot = Snapshot.open(path, JWKS)
    assert snapshot.may_send(person(102), "offers") == "yes"
    with pytest.raises(InvalidSnapshot, match="damaged"):
        snapshot.may_send(person(65_535), "aurora/offers")
    with pytest.raises(InvalidSnapshot, match="damaged"):
        snapshot.may_send_each(np.array([key(102)], np.uint64), "aurora/offers")


def _answers(data: bytes) -> list[str]:
    snapshot = Snapshot(memoryview(data), JWKS)
    return [
        snapshot.may_send(person(number), topic)
        for topic in ("offers", "aurora/offers")
        for number in (100, 101, 102, 20_000, 20_001, 39_900, 65_535)
    ]


RIGHT = ["no", "no", "yes", "no", "no", "no", "yes", "no", "yes", "yes", "no", "yes", "no", "yes"]


@examples(400)
@given(st.data())
def test_no_altered_file_changes_an_answer(data: st.DataObject) -> None:
    """A damaged file is refused, unless the damage is where nobody reads."""
    assert _answers(FILE) == RIGHT
    head = len(FILE) - len(split_snapshot(memoryview(FILE)).shards)
    at = data.draw(st.one_of(st.integers(0, 24), st.integers(0, head), st.integers(0, len(FILE) - 1)))
    cut = data.draw(st.one_of(st.just(at), st.integers(at, min(at + 9, len(FILE)))))
    altered = FILE[:at] + data.draw(st.binary(max_size=9)) + FILE[cut:]
    try:
        assert _answers(altered) == RIGHT
    except InvalidSnapshot:
        assert altered != FILE


@given(st.integers(0, len(FILE) - 1))
def test_each_cut_file_is_refused(size: int) -> None:
    with pytest.raises(InvalidSnapshot):
        Snapshot(memoryview(FILE[:size]), JWKS)


def test_a_machine_with_another_order_of_bytes_is_refused(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "byteorder", "big")
    with pytest.raises(InvalidSnapshot, match="order of bytes"):
        Snapshot.open(path, JWKS)


@contextmanager
def served(body: bytes, location: str | None = None) -> Iterator[str]:
    """Serves one document, or one redirect, on this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302 if location else 200)
            if location:
                self.send_header("Location", location)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/.well-known/heed-keys.json"
        finally:
            server.shutdown()
            thread.join()


def test_the_keys_may_be_a_url(path: Path) -> None:
    with served(json.dumps(JWKS).encode()) as url:
        assert Snapshot.open(path, url).may_send(person(100), "offers") == "no"


@pytest.mark.parametrize("body", [b"", b"[]", b"[" * 60_000, b"{" + b" " * 70_000 + b"}"])
def test_an_answer_that_is_no_jwks_is_refused(path: Path, body: bytes) -> None:
    with served(body) as url, pytest.raises(InvalidSnapshot):
        Snapshot.open(path, url)


def test_the_keys_are_not_fetched_in_the_clear(path: Path) -> None:
    for url in ("http://example.com/keys", "ftp://127.0.0.1/keys", "file:///etc/passwd", str(path)):
        with pytest.raises(InvalidSnapshot, match="HTTPS"):
            Snapshot.open(path, url)


def test_no_redirect_to_other_keys_is_followed(path: Path) -> None:
    with (
        served(json.dumps(JWKS).encode()) as keys,
        served(b"", location=keys) as url,
        pytest.raises(OSError, match="302"),
    ):
        Snapshot.open(path, url)


def test_the_package_names_nothing_else_by_itself() -> None:
    with pytest.raises(AttributeError):
        heed.Snapshots  # noqa: B018
