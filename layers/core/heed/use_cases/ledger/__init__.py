"""Writing the ledger, sealing it, and checking it."""
