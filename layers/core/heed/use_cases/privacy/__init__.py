"""Erasing, holding, lifting, purging, and looking up what is on record."""
