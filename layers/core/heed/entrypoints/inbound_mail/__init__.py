"""Parses mail that arrives: the notice of SES, and the mail itself."""
