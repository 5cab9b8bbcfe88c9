"""Erasures, purges, lifts, disclosures and retention periods."""
