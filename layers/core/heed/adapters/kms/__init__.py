"""Adapters for AWS KMS: derived keys, and the encryption of addresses."""
