"""Checks, saves and lists preferences."""
