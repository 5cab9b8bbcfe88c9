"""Checking, saving and listing preferences."""
