"""Undo: one press of a browser is taken back, and nothing else.

A link only stops. So that a press by mistake can be taken back all the same, a press that stopped
something sendable is written to a register of its own (`undoable`), and its answer carries an Undo token
for an hour. The token names that press exactly; used, it writes the register `undone`, after which the
press does not count. It is no yes: every other stop, before or after it, known or not yet, stands as it
stood.

    head     version and purpose (1 byte) · key id (1) · recipient (16) · at, milliseconds (8)
             · digest of the entry (16) · number of scopes (2)
    scopes   2 bytes each
    tag      HMAC-SHA256 of all that under the undo key, cut to 16 bytes
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from heed.domain.errors import InvalidToken
from heed.domain.links.link_token import TokenPurpose, sign_payload, verified_payload
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.decision import decide
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import (
    DAY_MS,
    Change,
    Entry,
    ScopeNumber,
    confirmed,
    opted_in,
    opted_out,
    paused,
    undo_entry,
    undoable,
    undone,
)
from heed.domain.recipients import recipient as recipients

UNDO_LIFETIME = 60 * 60 * 1000  # milliseconds from the press
MAX_UNDO_LENGTH = 4_096  # characters; a press of 500 topics makes under 1,500

MAX_UNDO_REGISTERS = 400
"""That a press may write beside those before it, a privacy signal's among them: one update takes 4 KB."""

_FIRST = 1 << 4 | TokenPurpose.UNDO
_HEAD = struct.Struct(">BB16sQ16sH")


@dataclass(frozen=True, slots=True)
class UndoToken:
    """What an Undo token says: which press it takes back.

    Attributes:
        recipient: recipient id.
        scopes: numbers of the scopes at which the press was written.
        at: when it was pressed, milliseconds.
        digest: of its entry (`Entry.digest`), which is the same at each scope.
    """

    recipient: str
    scopes: tuple[ScopeNumber, ...]
    at: int
    digest: str

    def is_expired(self, now: int) -> bool:
        """Whether its hour has passed."""
        return now >= self.at + UNDO_LIFETIME

    def is_current(self, record: Record) -> bool:
        """Whether the press is on record, at any of its scopes, and was not taken back."""
        held = (record.pressed(scope) for scope in self.scopes)
        return any(e is not None and (e.at, e.digest) == (self.at, self.digest) for e in held)

    def changes(self) -> list[Change]:
        """The registers that take the press back; the same at every delivery."""
        entry = undo_entry(self.at, self.digest)
        return [Change(undone(scope), entry) for scope in self.scopes]


def stop_changes(
    record: Record, catalogue: Catalogue, press: Mapping[ScopeNumber, Entry], now: int
) -> Iterator[Change]:
    """What the stops of a browser's press, by scope, change in this very record.

    Whoever writes it does so on the condition that the record is still this one: so of two presses at
    once only one can be taken back.
    """
    can = {s for s, entry in press.items() if _can_be_undone(record, catalogue, s, entry, now)}
    # A press before that was not taken back, and no longer can be, keeps its place.
    before = {s: held for s in can if (held := record.pressed(s)) and held != press[s]}
    if before and len(press) + len(before) + len(catalogue.signals()) > MAX_UNDO_REGISTERS:
        # No Undo at all: one of a part would look as if it were of the whole.
        can, before = set(), {}
    for scope, entry in press.items():
        yield Change(undoable(scope), entry) if scope in can else plain_stop(scope, entry)
        if scope in before:
            yield plain_stop(scope, before[scope])


def plain_stop(scope: ScopeNumber, entry: Entry) -> Change:
    """A stop, or a pause if it has an end, for which no Undo is offered."""
    return Change((opted_out if entry.until is None else paused)(scope), entry)


def _can_be_undone(record: Record, catalogue: Catalogue, scope: ScopeNumber, entry: Entry, now: int) -> bool:
    """Whether an Undo is offered.

    It is where the press stops something, where none was offered within a day, and where no stop stands
    at the scope itself (and where there is room for it: see `stops`).
    """
    held = record.get(undoable(scope))
    if held == entry:
        return True  # our own write, whose answer was lost
    if held is not None and (held.rank > entry.rank or entry.at - held.at < DAY_MS):
        return False
    return not _stands(record, scope, now) and any(
        decide(record, topic, now).sendable for topic in catalogue.governed(scope)
    )


def _stands(record: Record, scope: ScopeNumber, now: int) -> bool:
    """Whether a stop stands at a scope itself, whatever a yes below it lets through."""
    given = max(record.at(opted_in(scope)), record.at(confirmed(scope)))
    paused = record.pause(scope)
    is_paused = paused is not None and paused.at >= given and (paused.until or 0) > now
    return is_paused or any(entry.at >= given for entry in record.outs(scope))


def undo_for(recipient: str, press: Mapping[ScopeNumber, Entry], record: Record) -> UndoToken | None:
    """The Undo of a press, of what of it is on record as one that can be taken back; None: nothing is."""
    scopes = tuple(s for s, entry in press.items() if record.get(undoable(s)) == entry)
    if not scopes:
        return None
    entry = press[scopes[0]]
    return UndoToken(recipient, scopes, entry.at, entry.digest)


def mint_undo_token(said: UndoToken, key_id: int, key: bytes) -> str:
    """The text of an Undo token; `key_id` says which link key signs it."""
    head = _HEAD.pack(
        _FIRST,
        key_id,
        recipients.recipient_to_bytes(said.recipient),
        said.at,
        bytes.fromhex(said.digest),
        len(said.scopes),
    )
    payload = head + struct.pack(f">{len(said.scopes)}H", *said.scopes)
    return sign_payload(payload, key)


def verify_undo_token(text: str, key_for: Callable[[TokenPurpose, int], bytes]) -> UndoToken:
    """What an Undo token says, once its tag is proved; whether it is over is for the caller to ask.

    Raises:
        InvalidToken: altered, cut short, of another purpose, or signed with a key never ours.
    """
    if len(text) > MAX_UNDO_LENGTH:
        raise InvalidToken("too long")
    payload = verified_payload(text, _FIRST, _HEAD.size, partial(key_for, TokenPurpose.UNDO))
    _, _, recipient, at, digest, count = _HEAD.unpack_from(payload)
    scopes = struct.unpack_from(f">{count}H", payload, _HEAD.size)
    return UndoToken(recipients.recipient_from_bytes(recipient), scopes, at, digest.hex())
