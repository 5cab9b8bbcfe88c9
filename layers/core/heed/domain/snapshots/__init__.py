"""Snapshots: who gets no mail, as one signed file for the sender's own machine."""
