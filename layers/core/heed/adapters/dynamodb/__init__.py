"""The tables `Preferences`, `Control` and `Ledger` in DynamoDB."""
