"""Counts of changes by day, topic, source and campaign, never by person."""
