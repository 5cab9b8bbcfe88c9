"""Imports: which vendor's file it is, and what each of its rows says about a person."""
