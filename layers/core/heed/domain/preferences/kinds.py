"""The kinds of registers. The ledger uses the value of each kind as its name."""

from __future__ import annotations

from enum import StrEnum


class ChoiceKind(StrEnum):
    """A person's choice at a scope."""

    OUT = "out"
    IN = "in"
    PAUSE = "pause"
    CONFIRMED = "confirmed"  # a double opt-in
    UNDOABLE = (
        "undoable"  # an opt-out or a pause by a press that an Undo can take back (see Change.recorded_kind)
    )
    UNDONE = "undone"  # such a press was taken back


class SuppressionKind(StrEnum):
    """A suppression of all mail to the address. Each kind has a row in `heed.domain.preferences.reasons`."""

    MINOR = "minor"
    HOLD = "hold"
    UNDELIVERABLE = "undeliverable"


class LiftKind(StrEnum):
    """A lift: it ends the suppression of the same name."""

    HOLD = "hold-lifted"
    UNDELIVERABLE = "undeliverable-lifted"

    @property
    def suppression(self) -> SuppressionKind:
        """The suppression that this kind lifts."""
        return SuppressionKind[self.name]


class OtherKind(StrEnum):
    """Other facts about an address."""

    COMPLAINT = "complaint"  # stops marketing until a confirmed opt-in
    ACKNOWLEDGED = "policy-acknowledged"  # the person noted a version of the privacy policy
    SOFT_BOUNCE = "soft-bounce"  # a record stores the days of soft bounces as a set, without entries


class ImportKind(StrEnum):
    """A stop that an import recorded. It counts as the kind in STOP_KINDS, until it is taken back."""

    OUT = "imported-out"
    COMPLAINT = "imported-complaint"
    UNDELIVERABLE = "imported-undeliverable"


class TakenBackKind(StrEnum):
    """The stop of an import, of the same name, was taken back."""

    OUT = "out-taken-back"
    COMPLAINT = "complaint-taken-back"
    UNDELIVERABLE = "undeliverable-taken-back"


RegisterKind = ChoiceKind | SuppressionKind | LiftKind | OtherKind | ImportKind | TakenBackKind

KINDS = (*ChoiceKind, *SuppressionKind, *LiftKind, *OtherKind, *ImportKind, *TakenBackKind)
STOP_KINDS: dict[ImportKind, RegisterKind] = {
    ImportKind.OUT: ChoiceKind.OUT,
    ImportKind.COMPLAINT: OtherKind.COMPLAINT,
    ImportKind.UNDELIVERABLE: SuppressionKind.UNDELIVERABLE,
}
"""The kind that each kind of an import counts as."""
IMPORT_KINDS = {stop: kind for kind, stop in STOP_KINDS.items()}
"""The kind under which an import records a stop of each kind that it can record."""
