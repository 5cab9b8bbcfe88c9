"""Adapters for Amazon SQS."""
