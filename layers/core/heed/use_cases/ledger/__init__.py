"""Writes, seals, exports and verifies the ledger."""
