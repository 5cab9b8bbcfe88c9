"""Reads files of many rows from their bytes in any encoding and dialect, and writes them back."""
