"""Adapters for Amazon SES: mail, and the SES list (the account's suppression list)."""
