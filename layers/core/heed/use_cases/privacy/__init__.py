"""Erases, holds, lifts, purges, restores, and looks up the data of a person."""
