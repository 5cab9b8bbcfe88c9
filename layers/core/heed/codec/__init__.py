"""Converts items of the table `Preferences` to domain values and back, for the adapters and the stream."""
