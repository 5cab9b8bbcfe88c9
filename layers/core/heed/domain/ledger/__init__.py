"""The evidence: entries, seals, proofs, events for other systems, and deadlines."""
