"""The ledger: entries, seals, proofs, events for other systems, and deadlines."""
