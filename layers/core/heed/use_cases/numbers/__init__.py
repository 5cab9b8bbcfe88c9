"""Counts changes by day, topic, source and campaign, and lists the counts."""
