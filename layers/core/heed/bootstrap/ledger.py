"""Parts of the ledger: its entries, its seals, and the comparison of records with entries."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from heed.bootstrap.shared import SharedParts, queue_at

if TYPE_CHECKING:
    from heed.adapters.dynamodb.ledger import LedgerTable
    from heed.adapters.dynamodb.recipient_pages import RecipientPagesTable
    from heed.adapters.s3 import LedgerBucket
    from heed.use_cases.ledger.enter_transition import EnterTransition, FinishBatch
    from heed.use_cases.ledger.reconcile import Reconcile
    from heed.use_cases.ledger.walk_recipients import WalkRecipients


class LedgerParts(SharedParts):
    """Parts of the ledger."""

    @cached_property
    def ledger(self) -> LedgerTable:
        """The ledger entries."""
        from heed.adapters.dynamodb.ledger import LedgerTable

        return LedgerTable(self.client("dynamodb"), self.config.ledger_table)

    @cached_property
    def ledger_seals(self) -> LedgerBucket:
        """The leaf hashes and the seals."""
        from heed.adapters.s3 import LedgerBucket

        return LedgerBucket(self.client("s3"), self.config.ledger_bucket)

    @cached_property
    def enter_transition(self) -> EnterTransition:
        """Enters the changes of one write in the ledger."""
        from heed.use_cases.ledger.enter_transition import EnterTransition

        return EnterTransition(self.ledger, self.catalogue)

    @cached_property
    def finish_batch(self) -> FinishBatch:
        """Finishes a batch of entries: it stores leaf hashes, publishes events and settles late changes."""
        from heed.use_cases.ledger.enter_transition import FinishBatch

        return FinishBatch(self.preferences, self.ledger_seals, self.event_bus)

    ledger_dead_letters = queue_at(lambda config: config.ledger_dlq_url)
    """The dead-letter queue for the positions of stream records that cannot be parsed."""

    @cached_property
    def recipient_pages(self) -> RecipientPagesTable:
        """The walk of all recipients, and its checkpoint."""
        from heed.adapters.dynamodb.recipient_pages import RecipientPagesTable

        tables = self.config.preferences_table, self.config.control_table
        return RecipientPagesTable(self.client("dynamodb"), *tables)

    @cached_property
    def reconcile(self) -> Reconcile:
        """Compares the record of one recipient with its ledger entries and repairs missing entries."""
        from heed.use_cases.ledger.reconcile import Reconcile

        return Reconcile(self.ledger, self.ledger_seals, self.preferences)

    @cached_property
    def walk_recipients(self) -> WalkRecipients:
        """Reconciles a part of all recipients, from the checkpoint on."""
        from heed.use_cases.ledger.walk_recipients import WalkRecipients

        return WalkRecipients(self.recipient_pages, self.reconcile)
