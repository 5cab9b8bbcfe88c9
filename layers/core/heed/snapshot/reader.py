"""Opens a snapshot, and answers from it whether a mail may be sent."""

from __future__ import annotations

import mmap
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from heed.clock import now
from heed.domain.errors import InvalidSnapshot
from heed.domain.milliseconds import Millis
from heed.domain.preferences.catalogue import ALL_NAME
from heed.domain.preferences.register import ALL_SCOPES
from heed.domain.recipients.recipient import snapshot_key
from heed.domain.snapshots.file_format import SnapshotManifest, split_snapshot
from heed.snapshot.filters import SnapshotFilter
from heed.snapshot.signing_keys import Jwks, fetch_jwks, verify_manifest

if TYPE_CHECKING:
    from numpy import bool_, uint64
    from numpy.typing import NDArray

Answer = Literal["yes", "ask", "no"]
_MILLISECOND = timedelta(milliseconds=1)
_DAY = timedelta(days=1)


class Snapshot:
    """Who gets no mail, as of an instant. `Snapshot.open` makes it of a file.

    Attributes:
        manifest: what the snapshot says about itself.
    """

    def __init__(self, data: memoryview, jwks: Jwks, max_age: timedelta = _DAY) -> None:
        parts = split_snapshot(data)
        verify_manifest(parts.jws, parts.manifest, jwks)
        self.manifest = SnapshotManifest.from_json(parts.manifest)
        if self.manifest.size_of_shards != len(parts.shards):
            raise InvalidSnapshot("the snapshot is cut")
        filters = {
            topic: SnapshotFilter(shards, parts.shards)
            for topic, shards in self.manifest.shards_by_topic().items()
        }
        self._everything = filters.pop(ALL_SCOPES)
        self._topics = {
            name: filters[number] for name, number in self.manifest.topics.items() if name != ALL_NAME
        }
        self._changed: set[int] = set()
        self._max_age = max_age // _MILLISECOND
        self._current_at = self.manifest.as_of

    @classmethod
    def open(
        cls,
        path: str | Path,
        keys: Jwks | str,
        *,
        max_age: timedelta = _DAY,
        not_before: datetime | None = None,
    ) -> Snapshot:
        """Opens a file. Each part of it is read and verified when it is first used.

        Replace a file by renaming another one, never by writing into it.

        Args:
            path: of the file.
            keys: the JWKS of the deployment, or its HTTPS URL, `/.well-known/heed-keys.json`.
            max_age: after this time from `as_of`, "yes" becomes "ask".
            not_before: refuses an older file, which somebody may have put back.

        Raises:
            InvalidSnapshot: the file is damaged, not signed by one of the keys, expired, or older than
                `not_before`.
            OSError: the file cannot be read, or the URL does not answer.
        """
        if sys.byteorder != "little":
            raise InvalidSnapshot("this machine has another order of bytes than the file")
        jwks = fetch_jwks(keys) if isinstance(keys, str) else keys
        with Path(path).open("rb") as file:
            try:
                data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
            except ValueError as error:
                raise InvalidSnapshot("the file is empty") from error
        snapshot = cls(data, jwks, max_age)
        manifest = snapshot.manifest
        if not manifest.as_of <= now() < manifest.expires_at:
            raise InvalidSnapshot("the snapshot is expired, or the clock of this machine is wrong")
        if not_before is not None and manifest.as_of < _to_millis(not_before):
            raise InvalidSnapshot("the snapshot is older than allowed")
        return snapshot

    def verify(self) -> None:
        """Verifies the whole file now. Otherwise each part of it is verified when it is first used.

        Raises:
            InvalidSnapshot: a part of the file is damaged.
        """
        for keys in (self._everything, *self._topics.values()):
            keys.open_all()

    def may_send(self, recipient: str, topic: str) -> Answer:
        """Answers for one recipient id and one topic, as of `as_of`, or of the last `follow`.

        Returns:
            "no": the topic is stopped. That is wrong for one of 32,768 people who are not stopped.
            "ask": use `/v1/check`. The topic has no filter, the person has changed something since, or the
                snapshot is too old.
            "yes": the topic may be sent.

        Raises:
            InvalidRecipient: the text is not a recipient id in base32.
            InvalidSnapshot: the part of the file with this recipient is damaged.
        """
        key = snapshot_key(recipient)
        own = self._topics.get(topic)
        if own is None or key in self._changed:
            return "ask"
        if key in self._everything or key in own:
            return "no"
        return "yes" if self._is_current() else "ask"

    def may_send_each(self, keys: NDArray[uint64], topic: str) -> NDArray[bool_]:
        """Answers for many people at once, with numpy.

        Args:
            keys: the first 8 bytes of each recipient id as a big-endian number, see `snapshot_key`.
            topic: the name of the topic.

        Returns:
            True where `may_send` answers "yes".

        Raises:
            InvalidSnapshot: a part of the file is damaged.
        """
        import numpy as np

        own = self._topics.get(topic)
        if own is None or not self._is_current():
            return np.zeros(len(keys), bool)
        changed = np.fromiter(self._changed, np.uint64, len(self._changed))
        stopped = self._everything.contains_each(keys) | own.contains_each(keys)
        return ~(stopped | np.isin(keys, changed))

    def follow(self, pages: Iterable[Mapping[str, Any]], started_at: datetime) -> None:
        """Brings the snapshot forward by the answers of `GET /v1/suppressions`, without a filter.

        The first pass begins with `since`, the `as_of` of the manifest. Each other pass begins with the last
        cursor of the pass before. About the people in it, the snapshot answers "ask".

        Args:
            pages: the answers of a pass, in order.
            started_at: the time of its first request. If the pass ended, the age of the snapshot counts from
                there.
        """
        for page in pages:
            self._changed.update(snapshot_key(entry["recipient"]) for entry in page["suppressions"])
            if page["end"]:
                self._current_at = max(self._current_at, _to_millis(started_at))

    def _is_current(self) -> bool:
        end = min(self.manifest.expires_at, self._current_at + self._max_age)
        return now() < end


def _to_millis(time: datetime) -> Millis:
    return Millis((time - datetime(1970, 1, 1, tzinfo=UTC)) // _MILLISECOND)
