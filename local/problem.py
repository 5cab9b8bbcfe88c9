"""A problem that stops the local stack, in words for the person who started it."""

from __future__ import annotations


class LocalProblem(Exception):
    """A problem with its summary and its remedy."""

    def __init__(self, summary: str, remedy: str) -> None:
        super().__init__(summary)
        self.summary = summary
        self.remedy = remedy
