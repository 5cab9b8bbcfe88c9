"""Undoing by a person what stands against an address: an agent's mistake has an inverse.

Nothing is erased by it: a lift is a register like any other, and the later one counts. Only that somebody
is a child is lifted by a new epoch, and by two keys of different owners.
"""

from __future__ import annotations

from dataclasses import dataclass

from heed.domain.preferences.evidence import evidence
from heed.domain.preferences.register import DAY_MS

SECOND_SIGNATURE_WITHIN = DAY_MS


@dataclass(frozen=True, slots=True)
class Signature:
    """Who asks for the lift of a minor.

    Attributes:
        key: id of the API key.
        owner: of the key; the two must be different people.
        at: when it was asked for, milliseconds.
        reason: why.
        reference: where the proof of age lies.
    """

    key: str
    owner: str
    at: int
    reason: str
    reference: str

    def is_open_at(self, now: int) -> bool:
        """Whether another signature may still join it."""
        return now < self.at + SECOND_SIGNATURE_WITHIN


def evidence_of_both(first: Signature, second: Signature) -> str:
    """What proves the lift of a minor."""
    return evidence(
        lifted="minor",
        key=first.key,
        reason=first.reason,
        reference=first.reference,
        second_key=second.key,
        second_reason=second.reason,
        second_reference=second.reference,
    )
