"""Mails that people send: what the sender composed, and what the sender wants."""
