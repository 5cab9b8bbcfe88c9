"""Undo: a person takes back one press in a browser.

A link can only stop mail. A person may press it by mistake. So a press that stops sendable mail is stored
in a register of its own (`undoable`), and the response contains an Undo token, valid for an hour. The token
identifies exactly that press. Its use writes the register `undone`, and the press no longer counts. An Undo
is not an opt-in. All other suppressions stay active: earlier ones, later ones, and those that arrive late.

    head     version and purpose (1 byte) · key id (1) · recipient (16) · time, milliseconds (8)
             · digest of the entry (16) · number of scopes (2)
    scopes   2 bytes each
    tag      HMAC-SHA256 of all of this, with the undo key, cut to 16 bytes
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from heed.domain.errors import InvalidToken
from heed.domain.links.link_token import TokenPurpose, sign_payload, verify_payload
from heed.domain.milliseconds import Millis
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.decision import decide
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import (
    DAY_MS,
    Change,
    Entry,
    ScopeNumber,
    confirmed_register,
    opt_in_register,
    opt_out_register,
    pause_register,
    undo_entry,
    undoable_register,
    undone_register,
)
from heed.domain.recipients import recipient as recipients

UNDO_LIFETIME = 60 * 60 * 1000  # milliseconds from the press
_UNDO_INTERVAL = DAY_MS  # milliseconds between two presses at one scope that offer an Undo
MAX_UNDO_LENGTH = 4_096  # characters; a press of 500 topics needs fewer than 1,500

MAX_CHANGES_PER_UPDATE = 400
"""The maximum number of registers that a press and its privacy signal may write.

It includes the earlier presses that are stored again, now without an Undo. One update takes at most 4 KB.
"""

_FIRST_BYTE = 1 << 4 | TokenPurpose.UNDO
_HEAD = struct.Struct(">BB16sQ16sH")


@dataclass(frozen=True, slots=True)
class UndoToken:
    """The content of an Undo token. It identifies the press to take back.

    Attributes:
        recipient: the recipient id.
        scopes: numbers of the scopes at which the press was stored.
        at: the time of the press, milliseconds.
        digest: the digest of its entry (`Entry.digest`), the same at each scope.
    """

    recipient: str
    scopes: tuple[ScopeNumber, ...]
    at: Millis
    digest: str

    def is_expired(self, now: Millis) -> bool:
        """Whether UNDO_LIFETIME has passed since the press. `now` is in milliseconds."""
        return now >= self.at + UNDO_LIFETIME

    def is_current(self, record: Record) -> bool:
        """Whether the record has the press at any of its scopes, and it was not taken back."""
        presses = (record.undoable_press(scope) for scope in self.scopes)
        return any(e is not None and (e.at, e.digest) == (self.at, self.digest) for e in presses)

    def is_undone(self, record: Record) -> bool:
        """Whether the record says, at any of its scopes, that the press was taken back."""
        return any(record.get(undone.register) == undone.entry for undone in self.changes())

    def changes(self) -> list[Change]:
        """Returns the changes that take the press back. They are the same at every delivery."""
        entry = undo_entry(self.at, self.digest)
        return [Change(undone_register(scope), entry) for scope in self.scopes]


def changes_for_press(
    record: Record, catalogue: Catalogue, entries_by_scope: Mapping[ScopeNumber, Entry], now: Millis
) -> Iterator[Change]:
    """Yields the changes that a press in a browser makes, for this state of the record.

    The caller must write them on the condition that the record has not changed since. So if two presses
    arrive at once, only one of them can be taken back.

    Args:
        record: the record before the press.
        catalogue: the catalogue.
        entries_by_scope: the entry that the press writes at each scope.
        now: milliseconds.
    """
    undoable_scopes = {
        s for s, entry in entries_by_scope.items() if _can_be_undone(record, catalogue, s, entry, now)
    }
    # An earlier press that was not taken back can no longer be taken back. It becomes a change without Undo.
    earlier = {
        s: old for s in undoable_scopes if (old := record.undoable_press(s)) and old != entries_by_scope[s]
    }
    if (
        earlier
        and len(entries_by_scope) + len(earlier) + len(catalogue.signal_topics()) > MAX_CHANGES_PER_UPDATE
    ):
        # No Undo is offered, because an Undo of some scopes would look like an Undo of all.
        undoable_scopes, earlier = set(), {}
    for scope, entry in entries_by_scope.items():
        yield (
            Change(undoable_register(scope), entry)
            if scope in undoable_scopes
            else change_without_undo(scope, entry)
        )
        if scope in earlier:
            yield change_without_undo(scope, earlier[scope])


def change_without_undo(scope: ScopeNumber, entry: Entry) -> Change:
    """Returns an opt-out that cannot be undone, or such a pause if the entry has an end."""
    return Change((opt_out_register if entry.until is None else pause_register)(scope), entry)


def _can_be_undone(
    record: Record, catalogue: Catalogue, scope: ScopeNumber, entry: Entry, now: Millis
) -> bool:
    """Whether to offer an Undo.

    An Undo is offered if the press stops sendable mail, no Undo was offered within the last day, and no
    suppression is active at the scope itself. `changes_for_press` also checks the number of registers.
    """
    current = record.get(undoable_register(scope))
    if current == entry:
        return True  # a retry: this press is stored already
    if current is not None and (current.rank > entry.rank or entry.at - current.at < _UNDO_INTERVAL):
        return False
    return not _has_active_suppression(record, scope, now) and any(
        decide(record, topic, now).sendable for topic in catalogue.governed_topics(scope)
    )


def _has_active_suppression(record: Record, scope: ScopeNumber, now: Millis) -> bool:
    """Whether a suppression at this scope is active, even if an opt-in below it excepts some topics."""
    opted_in_at = max(record.time_of(opt_in_register(scope)), record.time_of(confirmed_register(scope)))
    pause = record.pause(scope)
    is_paused = pause is not None and pause.at >= opted_in_at and (pause.until or 0) > now
    return is_paused or any(entry.at >= opted_in_at for entry in record.opt_outs(scope))


def undo_token_for(
    recipient: str, entries_by_scope: Mapping[ScopeNumber, Entry], record: Record
) -> UndoToken | None:
    """Returns the Undo token of a press, or None.

    It covers the scopes where the record has the press as undoable. The result is None if there are none.
    """
    scopes = tuple(s for s, entry in entries_by_scope.items() if record.get(undoable_register(s)) == entry)
    if not scopes:
        return None
    entry = entries_by_scope[scopes[0]]
    return UndoToken(recipient, scopes, entry.at, entry.digest)


def mint_undo_token(token: UndoToken, key_id: int, key: bytes) -> str:
    """Returns the text of an Undo token. `key_id` identifies the link key that signs it."""
    head = _HEAD.pack(
        _FIRST_BYTE,
        key_id,
        recipients.recipient_to_bytes(token.recipient),
        token.at,
        bytes.fromhex(token.digest),
        len(token.scopes),
    )
    payload = head + struct.pack(f">{len(token.scopes)}H", *token.scopes)
    return sign_payload(payload, key)


def verify_undo_token(text: str, key_for: Callable[[TokenPurpose, int], bytes]) -> UndoToken:
    """Verifies the tag of an Undo token and returns the content. The caller checks whether it is expired.

    Raises:
        InvalidToken: the token is altered, truncated, for another purpose, or signed with an unknown key.
    """
    if len(text) > MAX_UNDO_LENGTH:
        raise InvalidToken("too long")
    payload = verify_payload(text, _FIRST_BYTE, _HEAD.size, partial(key_for, TokenPurpose.UNDO))
    _, _, recipient, at, digest, count = _HEAD.unpack_from(payload)
    scopes = struct.unpack_from(f">{count}H", payload, _HEAD.size)
    return UndoToken(recipients.recipient_from_bytes(recipient), scopes, at, digest.hex())
