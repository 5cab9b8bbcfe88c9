"""A lift ends a suppression of an address, so that the mistake of an agent can be corrected.

A lift deletes nothing. It has a register of its own, and the later of suppression and lift counts. Only the
lift of a minor is an erasure, and it needs two keys of different owners.
"""

from __future__ import annotations

from dataclasses import dataclass

from heed.domain.milliseconds import Millis
from heed.domain.preferences.evidence import make_evidence
from heed.domain.preferences.register import DAY_MS

SECOND_SIGNATURE_WITHIN = DAY_MS  # milliseconds


@dataclass(frozen=True, slots=True)
class Signature:
    """One of the two requests for the lift of a minor.

    Attributes:
        key: the id of the API key.
        owner: the owner of the key. The two owners must differ.
        at: the time of the request, milliseconds.
        reason: the reason for the lift.
        reference: the place of the proof of age.
    """

    key: str
    owner: str
    at: Millis
    reason: str
    reference: str


def evidence_of_two_signatures(first: Signature, second: Signature) -> str:
    """Returns the evidence of the lift of a minor."""
    return make_evidence(
        lifted="minor",
        key=first.key,
        reason=first.reason,
        reference=first.reference,
        second_key=second.key,
        second_reason=second.reason,
        second_reference=second.reference,
    )
