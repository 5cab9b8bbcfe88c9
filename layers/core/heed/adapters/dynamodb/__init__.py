"""Adapters for the DynamoDB tables `Preferences`, `Control` and `Ledger`."""
